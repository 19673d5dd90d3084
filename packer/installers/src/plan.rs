//! Installers that can be made: everything that does not depend on the executables is checked before those are built.

use terms::{
    Target,
    target::{Cpu, Os},
};

use crate::{
    Build, Fault, File, Kind, Meta, brew, check, known::Known, meta::Key, npm, pep440, pypi, scoop, script,
};

/// Installers to make.
#[derive(Clone, Debug)]
pub struct Plan {
    kinds: Vec<Kind>,
    notes: Vec<String>,
    targets: Vec<Target>,
    known: Known,
}

impl Plan {
    /// The installers of `kinds` for builds of `targets`. Those that would have nothing to install are left out, and told.
    ///
    /// # Errors
    /// If something is missing in `meta`, or cannot be used.
    pub fn new(meta: &Meta, kinds: &[Kind], targets: &[Target]) -> Result<Plan, Fault> {
        let mut notes = Vec::new();
        let mut wanted: Vec<Kind> = Vec::new();
        for kind in kinds {
            match installs(*kind, targets) {
                true if !wanted.contains(kind) => wanted.push(*kind),
                true => {}
                false => notes.push(format!(
                    "there is no installer of the kind {}: none of the builds is for its systems",
                    kind.name()
                )),
            }
        }
        wanted.sort_unstable();
        let mut targets = targets.to_vec();
        targets.sort_unstable();
        targets.dedup();
        // Mistakes are told before missing values.
        let command = check::command(meta)?.to_owned();
        meta.check(&wanted)?;
        let has = |kind| wanted.contains(&kind);
        let mut known = Known {
            command,
            description: check::line(meta.description.as_deref()),
            homepage: check::line(meta.homepage.as_deref()),
            license: check::line(meta.license.as_deref()),
            author: check::line(meta.author.as_deref()),
            ..Known::default()
        };
        if wanted.is_empty() {
            return Ok(Plan { kinds: wanted, notes, targets, known });
        }
        known.version = check::version(meta)?.to_owned();
        if wanted.iter().any(|kind| !matches!(kind, Kind::Npm | Kind::Pypi)) {
            known.url = check::download_url(meta)?;
        }
        if has(Kind::Npm) {
            check::npm_version(meta)?;
            known.npm = check::npm_name(meta)?.0.to_owned();
        }
        if has(Kind::Pypi) {
            known.wheel = check::pypi_name(meta)?;
            let wrong = |why| Key::Version.fault(format!("{:?}: {why}", known.version));
            known.python = pep440::version(&known.version).map_err(wrong)?;
        }
        if has(Kind::Brew) {
            brew::class(&known.command.to_ascii_lowercase()).map_err(|why| Key::Name.fault(why))?;
        }
        Ok(Plan { kinds: wanted, notes, targets, known })
    }

    /// The same plan, whose packages have these files, such as licenses, changed at `time`, in seconds since 1970.
    ///
    /// # Errors
    /// For a file that a package has already.
    pub fn with(mut self, extra: &[(String, Vec<u8>)], time: Option<u64>) -> Result<Plan, Fault> {
        for (name, _) in extra {
            let is_own = ["package.json", "bin"].iter().any(|own| name.eq_ignore_ascii_case(own));
            if is_own && self.kinds.contains(&Kind::Npm) {
                return Err(Fault::Unusable {
                    key: "include",
                    why: format!("packages for npm have a {name} of their own"),
                });
            }
        }
        self.known.extra = extra.to_vec();
        self.known.time = time;
        Ok(self)
    }

    /// Notes on installers that are not made.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Whether builds are needed with their bytes.
    pub fn needs_bytes(&self) -> bool {
        self.kinds.iter().any(|kind| matches!(kind, Kind::Npm | Kind::Pypi))
    }

    /// The paths of the files that are made, as in [`Plan::files`].
    pub fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        for kind in &self.kinds {
            match kind {
                Kind::Sh => names.push("install.sh".to_owned()),
                Kind::Ps1 => names.push("install.ps1".to_owned()),
                Kind::Npm => names.extend(npm::names(&self.known, &self.targets)),
                Kind::Pypi => names.extend(pypi::names(&self.known, &self.targets)),
                Kind::Brew => names.push(format!("{}.rb", self.known.command.to_ascii_lowercase())),
                Kind::Scoop => names.push(format!("{}.json", self.known.command)),
            }
        }
        names
    }

    /// The files, of `builds` for all targets of the plan.
    ///
    /// # Errors
    /// For a name that cannot be in an archive.
    ///
    /// # Panics
    /// If a target has no build.
    pub fn files(&self, builds: &[Build]) -> std::io::Result<Vec<File>> {
        let of = |target: &Target| builds.iter().find(|build| build.target == *target).copied();
        let builds: Vec<Build> =
            self.targets.iter().map(|target| of(target).expect("each target has a build")).collect();
        let mut files = Vec::new();
        for kind in &self.kinds {
            match kind {
                Kind::Sh => files.push(script::sh(&self.known, &builds)),
                Kind::Ps1 => files.extend(script::ps1(&self.known, &builds)),
                Kind::Npm => files.extend(npm::files(&self.known, &builds)?),
                Kind::Pypi => files.extend(pypi::files(&self.known, &builds)?),
                Kind::Brew => files.extend(brew::file(&self.known, &builds)),
                Kind::Scoop => files.extend(scoop::file(&self.known, &builds)),
            }
        }
        Ok(files)
    }
}

/// Whether an installer of this kind would have something to install.
fn installs(kind: Kind, targets: &[Target]) -> bool {
    targets.iter().any(|target| match kind {
        Kind::Sh => target.os() != Os::Windows,
        Kind::Ps1 | Kind::Scoop => target.os() == Os::Windows,
        Kind::Npm | Kind::Pypi => true,
        // Homebrew has no RISC-V.
        Kind::Brew => target.os() != Os::Windows && target.cpu() != Cpu::Riscv64,
    })
}

//! From `--target`, OUT and `--name` to the executables to write: which targets, and where each goes.

use std::path::{Path, PathBuf};

use payload::Target;

use crate::{
    archive,
    pack::{Place, stem},
    targets::{self, name},
};

/// A value of `--target`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Every target there is.
    All,
    One(Target),
}

/// Reads one value of `--target`.
///
/// # Errors
/// As [`targets::parse`].
pub(super) fn wanted(text: &str) -> Result<Wanted, String> {
    if text.eq_ignore_ascii_case("all") {
        return Ok(Wanted::All);
    }
    targets::parse(text, Target::host()).map(Wanted::One)
}

/// Where everything goes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Places {
    pub(super) outputs: Vec<Place>,
    /// The folder that several go to.
    pub(super) folder: Option<PathBuf>,
    /// The app's name.
    pub(super) app: String,
}

/// What was said about the outputs.
pub(super) struct Order<'a> {
    pub(super) input: &'a Path,
    /// OUT, if it was given.
    pub(super) output: Option<&'a Path>,
    pub(super) targets: &'a [Wanted],
    /// What the app is called, where that is said.
    pub(super) name: Option<&'a str>,
    /// Whether archives are written.
    pub(super) archive: bool,
    /// The app's version, for the names of archives.
    pub(super) version: Option<&'a str>,
}

impl Order<'_> {
    /// The files to write, on a machine that is `host`.
    ///
    /// # Errors
    /// When OUT's name names no one target, or another than what is wanted; without OUT where it must be a folder.
    pub(super) fn places(&self, host: Option<Target>) -> Result<Places, String> {
        let targets = self.wanted();
        let is_folder = self.output.is_some_and(|output| {
            let last = output.as_os_str().as_encoded_bytes().last();
            output.is_dir() || last.is_some_and(|last| std::path::is_separator(char::from(*last)))
        });
        if targets.len() > 1 || self.archive || is_folder {
            return self.in_folder(targets, host);
        }
        if self.output == Some(Path::new("-")) {
            return Err("an executable cannot be written to standard output; name a file".to_owned());
        }
        let Some(output) = self.output else { return self.here(targets.first().copied(), host) };
        let name = output.file_name().unwrap_or_default().to_string_lossy();
        let target = match targets.first() {
            Some(target) if name::said(&name).allows(*target) => *target,
            Some(target) => {
                let target = target.name();
                return Err(format!(
                    "the output's name {name} says another target than --target {target}: rename the output, or leave --target out"
                ));
            }
            None => {
                name::target(&name, host).map_err(|why| format!("{why}; name the target with --target"))?
            }
        };
        Ok(Places {
            outputs: vec![Place { target, file: output.to_owned() }],
            folder: None,
            app: name::app(&name).to_owned(),
        })
    }

    /// Files of one folder, called by the app's name and their targets.
    fn in_folder(&self, mut targets: Vec<Target>, host: Option<Target>) -> Result<Places, String> {
        let folder = self.output.ok_or("name the folder to write to with -o, such as -o dist/")?;
        let app = self.app();
        let is_said = !targets.is_empty();
        if !is_said {
            targets.push(this_machine(host)?);
        }
        let file = |target| match (self.archive, is_said) {
            (true, _) => archive::name(&app, target, self.version),
            (false, true) => name::of(&app, target),
            // Nobody asked for a name that tells it from others.
            (false, false) => name::bare(&app, target),
        };
        let outputs =
            targets.into_iter().map(|target| Place { target, file: folder.join(file(target)) }).collect();
        Ok(Places { outputs, folder: Some(folder.to_owned()), app })
    }

    /// One executable in the current folder, under the app's name.
    fn here(&self, target: Option<Target>, host: Option<Target>) -> Result<Places, String> {
        let target = target.map_or_else(|| this_machine(host), Ok)?;
        let app = self.app();
        let file = match host == Some(target) {
            true => name::bare(&app, target),
            false => name::of(&app, target),
        };
        Ok(Places { outputs: vec![Place { target, file: file.into() }], folder: None, app })
    }

    /// What was wanted, each target once.
    fn wanted(&self) -> Vec<Target> {
        let mut targets = Vec::new();
        for target in self.targets.iter().flat_map(|wanted| match wanted {
            Wanted::All => Target::ALL.to_vec(),
            Wanted::One(target) => vec![*target],
        }) {
            if !targets.contains(&target) {
                targets.push(target);
            }
        }
        targets
    }

    /// The app's name: what it is called, else the input's, which may be an executable's and say a target.
    fn app(&self) -> String {
        // The name of a program is the last part of whatever path it is called by.
        match Path::new(self.name.unwrap_or_default()).file_name() {
            Some(name) => name.to_string_lossy().into_owned(),
            None => name::app(&stem(self.input)).to_owned(),
        }
    }
}

fn this_machine(host: Option<Target>) -> Result<Target, String> {
    host.ok_or_else(|| "this machine is not a target of wasmpack; name one with --target".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: Option<Target> = Some(Target::LinuxX86_64);

    fn of(output: &str, wanted: &[Wanted], argv0: Option<&str>) -> Result<Places, String> {
        order(Some(output.as_ref()), wanted, argv0).places(HOST)
    }

    fn order<'a>(output: Option<&'a Path>, targets: &'a [Wanted], name: Option<&'a str>) -> Order<'a> {
        let input = "in/tool.wasm".as_ref();
        Order { input, output, targets, name, archive: false, version: None }
    }

    #[test]
    fn without_out_it_is_the_programs_name_here() {
        let places = order(None, &[], None).places(HOST).unwrap();
        assert_eq!((files(&places), places.app.as_str()), (vec!["tool".to_owned()], "tool"));
        let windows = [Wanted::One(Target::WindowsX86_64)];
        assert_eq!(files(&order(None, &windows, None).places(HOST).unwrap()), ["tool-windows-x86_64.exe"]);
        assert!(order(None, &[Wanted::All], None).places(HOST).unwrap_err().contains("-o dist/"));
    }

    #[test]
    fn archives_go_to_a_folder_and_carry_the_version() {
        let order = |targets| Order {
            archive: true,
            version: Some("1.2"),
            ..order(Some("d".as_ref()), targets, None)
        };
        assert_eq!(files(&order(&[]).places(HOST).unwrap()), ["d/tool-linux-x86_64-1.2.tar.gz"]);
        let windows = [Wanted::One(Target::WindowsX86_64)];
        assert_eq!(files(&order(&windows).places(HOST).unwrap()), ["d/tool-windows-x86_64-1.2.zip"]);
    }

    fn files(places: &Places) -> Vec<String> {
        places.outputs.iter().map(|place| place.file.to_string_lossy().replace('\\', "/")).collect()
    }

    #[test]
    fn one_file_is_for_what_its_name_says() {
        let place = of("dist/app-linux-arm64", &[], None).unwrap();
        assert_eq!((place.outputs[0].target, place.app.as_str()), (Target::LinuxArm64, "app"));
        let place = of("app", &[Wanted::One(Target::MacosArm64)], None).unwrap();
        assert_eq!((place.outputs[0].target, place.folder), (Target::MacosArm64, None));
        assert_eq!(of("linux-arm64/app", &[], None).unwrap().outputs[0].target, Target::LinuxX86_64);
    }

    #[test]
    fn a_contradiction_names_both() {
        let error = of("app-windows.exe", &[Wanted::One(Target::LinuxArm64)], None).unwrap_err();
        assert!(error.contains("app-windows.exe") && error.contains("--target linux-arm64"), "{error}");
        assert!(of("app-macos", &[], None).unwrap_err().ends_with("name the target with --target"));
        assert!(of("app-macos", &[Wanted::One(Target::MacosX86_64)], None).is_ok());
    }

    #[test]
    fn several_go_to_a_folder_under_the_apps_name() {
        let two = [
            Wanted::One(Target::LinuxArm64),
            Wanted::One(Target::WindowsX86_64),
            Wanted::One(Target::LinuxArm64),
        ];
        let places = of("dist", &two, None).unwrap();
        assert_eq!(files(&places), ["dist/tool-linux-arm64", "dist/tool-windows-x86_64.exe"]);
        assert_eq!(places.folder.as_deref(), Some(Path::new("dist")));
        let places = of("dist/", &[Wanted::All], Some("/usr/bin/named")).unwrap();
        assert_eq!((places.outputs.len(), places.app.as_str()), (6, "named"));
        assert_eq!(files(&places)[0], "dist/named-linux-x86_64");
        assert_eq!(files(&of("dist/", &[], None).unwrap()), ["dist/tool"]);
        let places = of("dist/", &two[..1], None).unwrap();
        assert_eq!(files(&places), ["dist/tool-linux-arm64"]);
    }
}

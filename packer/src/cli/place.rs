//! Chooses targets and output files from `--target`, OUT and `--name`.

use std::path::{Path, PathBuf};

use payload::Target;

use super::{
    called,
    unfit::Unfit,
    wanted::{self, Wanted},
};
use crate::{
    output::{STANDARD, archive},
    pack::{Place, stem},
    targets::{name, part, platform::Platform},
};

/// The output files.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Places {
    pub(super) outputs: Vec<Place>,
    /// The folder of several output files.
    pub(super) folder: Option<PathBuf>,
    /// The app's name.
    pub(super) app: String,
    /// Whether the one executable goes to standard output.
    pub(super) to_stdout: bool,
}

/// The options that decide about outputs.
pub(super) struct Order<'a> {
    pub(super) input: &'a Path,
    /// Whether the input has a file name.
    pub(super) has_a_name: bool,
    /// OUT, if it was given.
    pub(super) output: Option<&'a Path>,
    pub(super) targets: &'a [Wanted],
    /// The app's name, if it was given.
    pub(super) name: Option<&'a str>,
    /// The app's name in an executable that is packed again; it cannot be trusted.
    pub(super) carried: Option<&'a str>,
    /// Whether archives are written.
    pub(super) archive: bool,
    /// The app's version, for the names of archives.
    pub(super) version: Option<&'a str>,
}

impl Order<'_> {
    /// The files to write, on a machine that is `host`.
    ///
    /// # Errors
    /// If OUT's name does not name one target, or contradicts `--target`; if OUT is missing where a folder is needed.
    pub(super) fn places(&self, host: Option<Target>) -> Result<Places, Unfit> {
        let targets = wanted::platforms(self.targets);
        if self.output.is_some_and(|output| output.as_os_str() == STANDARD) {
            return self.standard(&targets, host);
        }
        let is_folder = self.output.is_some_and(|output| {
            let last = output.as_os_str().as_encoded_bytes().last();
            output.is_dir() || last.is_some_and(|last| std::path::is_separator(char::from(*last)))
        });
        if targets.len() > 1 || self.archive || is_folder {
            return self.in_folder(targets, host);
        }
        let Some(output) = self.output else { return self.here(targets.first().copied(), host) };
        let name = output.file_name().unwrap_or_default().to_string_lossy();
        called::check(output)?;
        let target = match targets.first() {
            Some(target) if name::said(&name).allows(*target) => *target,
            Some(target) => {
                let target = target.name();
                let reason = format!(
                    "the output's name {name} contradicts --target {target}: rename the output, or leave --target out"
                );
                return Err(Unfit::new(reason).of(&["output", "target"]));
            }
            None => {
                let unsaid =
                    |why: String| Unfit::new(format!("{why}; name the target with --target")).of(&["output"]);
                name::target(&name, host).map_err(unsaid)?
            }
        };
        Ok(Places {
            outputs: vec![Place { target, file: called::runnable(output, target)? }],
            folder: None,
            app: name::app(&name).to_owned(),
            to_stdout: false,
        })
    }

    /// Standard output, for one executable.
    fn standard(&self, targets: &[Platform], host: Option<Target>) -> Result<Places, Unfit> {
        if self.archive || targets.len() > 1 {
            let reason =
                "only one executable can go to standard output; name a folder with -o, such as -o dist/";
            return Err(Unfit::new(reason).of(&["output"]).of(&[self.several()]));
        }
        let target = targets.first().map_or_else(|| this_machine(host), |target| Ok(*target))?;
        let outputs = vec![Place { target, file: "standard output".into() }];
        Ok(Places { outputs, folder: None, app: self.app()?, to_stdout: true })
    }

    /// Files of one folder, called by the app's name and their targets.
    fn in_folder(&self, mut targets: Vec<Platform>, host: Option<Target>) -> Result<Places, Unfit> {
        let unsaid = || {
            Unfit::new("name the folder to write to with -o, such as -o dist/ (in a wasmpack.toml: output = \"dist\")").of(&[self.several()])
        };
        let folder = self.output.ok_or_else(unsaid)?;
        let app = self.app()?;
        let is_said = !targets.is_empty();
        if !is_said {
            targets.push(this_machine(host)?);
        }
        targets.iter().try_for_each(|target| self.fits(&app, *target))?;
        if let (true, Some(version)) = (self.archive, self.version) {
            let fits = |target: &Platform| target.targets().try_for_each(|one| part::check(version, one));
            targets
                .iter()
                .try_for_each(fits)
                .map_err(|why| Unfit::new(format!("the version {why}; choose another with --app-version")))
                .map_err(|unfit| unfit.of(&["app-version"]))?;
        }
        let is_of_pair =
            |target| self.targets.contains(&Wanted::Universal) && Platform::UNIVERSAL.contains(&target);
        let file = |target| match (self.archive, is_said) {
            (true, _) => archive::name(&app, target, self.version),
            // What finds one by its name finds the other.
            (false, true) if is_of_pair(target) => name::bare(&app, target),
            (false, true) => name::of(&app, target),
            // Nobody asked for a name that tells it from others.
            (false, false) => name::bare(&app, target),
        };
        let outputs =
            targets.into_iter().map(|target| Place { target, file: folder.join(file(target)) }).collect();
        Ok(Places { outputs, folder: Some(folder.to_owned()), app, to_stdout: false })
    }

    /// One executable in the current folder, under the name that was said, or the input's: what an executable calls itself
    /// chooses no file here.
    fn here(&self, target: Option<Platform>, host: Option<Target>) -> Result<Places, Unfit> {
        let target = target.map_or_else(|| this_machine(host), Ok)?;
        let own = Order { carried: None, ..*self }.app()?;
        self.fits(&own, target)?;
        let file = match host.is_some_and(|host| target == host) {
            true => name::bare(&own, target),
            false => name::of(&own, target),
        };
        Ok(Places {
            outputs: vec![Place { target, file: file.into() }],
            folder: None,
            app: self.app()?,
            to_stdout: false,
        })
    }

    /// The app's name: what it is called, else the input's, which may be an executable's and say a target.
    ///
    /// # Errors
    /// If the app has no name, because the input is a pipe or the like.
    fn app(&self) -> Result<String, Unfit> {
        // The name of a program is the last part of whatever path it is called by.
        let said = self.name.or(self.carried).and_then(|name| Path::new(name).file_name());
        match said {
            Some(name) => Ok(name.to_string_lossy().into_owned()),
            None if self.has_a_name => Ok(name::app(&stem(self.input)).to_owned()),
            None => {
                let reason = "the program has no name, because it does not come from a file: name it with --name, or name the output with -o";
                Err(Unfit::new(reason).of(&["module"]))
            }
        }
    }

    /// Checks that the app's name can be the name of a file for `target`.
    fn fits(&self, app: &str, target: Platform) -> Result<(), Unfit> {
        let is_of = if self.name.is_some() { "name" } else { "module" };
        let check = |one| part::check_first(app, one);
        target.targets().try_for_each(check).map_err(|why| Unfit::of_name(&why, is_of))
    }

    /// The option by which there are several files.
    fn several(&self) -> &'static str {
        if self.archive { "archive" } else { "target" }
    }
}

fn this_machine(host: Option<Target>) -> Result<Platform, Unfit> {
    host.map(Platform::One)
        .ok_or_else(|| Unfit::new("this machine is not a target of wasmpack; name one with --target"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: Option<Target> = Some(Target::LinuxX86_64);

    fn of(output: &str, wanted: &[Wanted], argv0: Option<&str>) -> Result<Places, Unfit> {
        order(Some(output.as_ref()), wanted, argv0).places(HOST)
    }

    fn order<'a>(output: Option<&'a Path>, targets: &'a [Wanted], name: Option<&'a str>) -> Order<'a> {
        let input = "in/tool.wasm".as_ref();
        let (has_a_name, carried) = (true, None);
        Order { input, has_a_name, output, targets, name, carried, archive: false, version: None }
    }

    #[test]
    fn what_an_executable_calls_itself_chooses_no_file_here() {
        let here = |carried| Order { carried: Some(carried), ..order(None, &[], None) }.places(HOST).unwrap();
        for carried in ["ls", "../ls", "a\x1bb", "..", "-rf"] {
            assert_eq!(files(&here(carried)), ["tool"], "{carried:?}");
        }
        let folder: &Path = "d/".as_ref();
        let there =
            |carried, name| Order { carried: Some(carried), ..order(Some(folder), &[], name) }.places(HOST);
        assert_eq!(files(&there("ls", None).unwrap()), ["d/ls"]);
        assert_eq!(files(&there("../ls", None).unwrap()), ["d/ls"], "the last part of it");
        assert!(there("a\nb", None).unwrap_err().reason.contains("U+000A"));
        assert!(there("-rf", None).unwrap_err().reason.contains("an option"));
        assert_eq!(files(&there("a\nb", Some("x")).unwrap()), ["d/x"]);
        let version = |version| {
            let order = Order { archive: true, version: Some(version), ..order(Some(folder), &[], None) };
            order.places(HOST)
        };
        assert!(version("1/../../..").unwrap_err().reason.contains("--app-version"));
        assert!(version("").is_err() && version("1\x1b").is_err());
    }

    #[test]
    fn what_has_no_name_needs_one() {
        let unnamed = |output: Option<&'static str>, name| {
            Order { has_a_name: false, ..order(output.map(Path::new), &[], name) }.places(HOST)
        };
        for output in [None, Some("d/"), Some("-")] {
            assert!(unnamed(output, None).unwrap_err().reason.contains("--name"), "{output:?}");
            assert_eq!(unnamed(output, Some("x")).unwrap().app, "x");
        }
        assert_eq!(unnamed(Some("out"), None).unwrap().app, "out");
    }

    #[test]
    fn standard_output_takes_one_executable() {
        let places = of("-", &[], None).unwrap();
        assert!(places.to_stdout && places.folder.is_none());
        assert_eq!(
            (places.outputs[0].target, places.app.as_str()),
            (Platform::One(Target::LinuxX86_64), "tool")
        );
        assert_eq!(
            of("-", &[Wanted::One(Platform::One(Target::MacosArm64))], None).unwrap().outputs[0].target,
            Target::MacosArm64
        );
        assert!(of("-", &[Wanted::All], None).unwrap_err().reason.contains("one executable"));
        assert!(Order { archive: true, ..order(Some("-".as_ref()), &[], None) }.places(HOST).is_err());
        assert!(!of("./-", &[], None).unwrap().to_stdout);
    }

    #[test]
    fn without_out_it_is_the_programs_name_here() {
        let places = order(None, &[], None).places(HOST).unwrap();
        assert_eq!((files(&places), places.app.as_str()), (vec!["tool".to_owned()], "tool"));
        let windows = [Wanted::One(Platform::One(Target::WindowsX86_64))];
        assert_eq!(files(&order(None, &windows, None).places(HOST).unwrap()), ["tool-windows-x86_64.exe"]);
        assert!(order(None, &[Wanted::All], None).places(HOST).unwrap_err().reason.contains("-o dist/"));
    }

    #[test]
    fn archives_go_to_a_folder_and_carry_the_version() {
        let order = |targets| Order {
            archive: true,
            version: Some("1.2"),
            ..order(Some("d".as_ref()), targets, None)
        };
        assert_eq!(files(&order(&[]).places(HOST).unwrap()), ["d/tool-linux-x86_64-1.2.tar.gz"]);
        let windows = [Wanted::One(Platform::One(Target::WindowsX86_64))];
        assert_eq!(files(&order(&windows).places(HOST).unwrap()), ["d/tool-windows-x86_64-1.2.zip"]);
    }

    fn files(places: &Places) -> Vec<String> {
        places.outputs.iter().map(|place| place.file.to_string_lossy().replace('\\', "/")).collect()
    }

    #[test]
    fn one_file_is_for_what_its_name_says() {
        let place = of("dist/app-linux-arm64", &[], None).unwrap();
        assert_eq!((place.outputs[0].target, place.app.as_str()), (Platform::One(Target::LinuxArm64), "app"));
        let place = of("app", &[Wanted::One(Platform::One(Target::MacosArm64))], None).unwrap();
        assert_eq!((place.outputs[0].target, place.folder), (Platform::One(Target::MacosArm64), None));
        for (output, file) in [
            ("d.e/app", "d.e/app.exe"),
            ("app-1.2", "app-1.2.exe"),
            ("app.EXE", "app.EXE"),
            ("app.bin", "app.bin"),
            ("/dev/null", "/dev/null"),
            ("/dev/stdout", "/dev/stdout"),
            ("none/..", "none/.."),
        ] {
            let place = of(output, &[Wanted::One(Platform::One(Target::WindowsX86_64))], None).unwrap();
            assert!(cfg!(windows) || files(&place) == [file], "{output}");
        }
        assert_eq!(of("linux-arm64/app", &[], None).unwrap().outputs[0].target, Target::LinuxX86_64);
    }

    #[test]
    fn a_file_for_unix_has_the_name_of_the_one_for_windows_beside_it() {
        let unix = [Wanted::One(Platform::Unix)];
        assert_eq!(of("app", &unix, None).unwrap().outputs[0].target, Platform::Unix);
        assert_eq!(of("app-unix", &[], None).unwrap().outputs[0].target, Platform::Unix);
        assert_eq!(of("app-unix", &[], None).unwrap().app, "app");
        assert_eq!(files(&of("d/", &unix, None).unwrap()), ["d/tool-unix"]);
        for contradiction in ["app-linux", "app-macos", "app.exe", "app-x64"] {
            assert!(
                of(contradiction, &unix, None).unwrap_err().reason.contains("contradicts"),
                "{contradiction}"
            );
        }
        let linux = [Wanted::One(Platform::One(Target::LinuxX86_64))];
        assert!(of("app-unix", &linux, None).unwrap_err().reason.contains("contradicts"));
        let pair = [wanted::parse("Universal").unwrap()];
        assert_eq!(files(&of("d", &pair, None).unwrap()), ["d/tool", "d/tool.exe"]);
        let more = [Wanted::Universal, Wanted::One(Platform::Macos)];
        assert_eq!(files(&of("d", &more, None).unwrap()), ["d/tool", "d/tool.exe", "d/tool-macos"]);
        assert!(order(None, &pair, None).places(HOST).unwrap_err().reason.contains("-o dist/"));
        let archives =
            Order { archive: true, ..order(Some("d".as_ref()), &pair, None) }.places(HOST).unwrap();
        assert_eq!(files(&archives), ["d/tool-unix.tar.gz", "d/tool-windows-x86_64.zip"]);
    }

    #[test]
    fn a_contradiction_names_both() {
        let error = of("app-windows.exe", &[Wanted::One(Platform::One(Target::LinuxArm64))], None)
            .unwrap_err()
            .reason;
        assert!(error.contains("app-windows.exe") && error.contains("--target linux-arm64"), "{error}");
        assert!(
            of("app-arm64-x64", &[], None).unwrap_err().reason.ends_with("name the target with --target")
        );
        assert!(of("app-macos", &[Wanted::One(Platform::One(Target::MacosX86_64))], None).is_ok());
    }

    #[test]
    fn both_macs_are_one_file() {
        let both = [Wanted::One(Platform::Macos)];
        for (output, targets) in [("app-macos", &[][..]), ("app", &both), ("app-macos", &both)] {
            let places = of(output, targets, None).unwrap();
            assert_eq!((places.outputs.len(), places.outputs[0].target), (1, Platform::Macos));
            assert_eq!((files(&places), places.app.as_str()), (vec![output.to_owned()], "app"));
        }
        assert!(
            of("app-macos-arm64", &both, None).unwrap_err().reason.contains("contradicts --target macos:")
        );
        assert_eq!(files(&order(None, &both, None).places(HOST).unwrap()), ["tool-macos"]);
        assert_eq!(files(&of("d/", &both, None).unwrap()), ["d/tool-macos"]);
        let more = [Wanted::One(Target::LinuxArm64.into()), both[0].clone(), both[0].clone()];
        assert_eq!(files(&of("d", &more, None).unwrap()), ["d/tool-linux-arm64", "d/tool-macos"]);
        let archive = Order { archive: true, version: Some("1.2"), ..order(Some("d".as_ref()), &both, None) };
        assert_eq!(files(&archive.places(HOST).unwrap()), ["d/tool-macos-1.2.tar.gz"]);
    }

    #[test]
    fn several_go_to_a_folder_under_the_apps_name() {
        let two = [
            Wanted::One(Platform::One(Target::LinuxArm64)),
            Wanted::One(Platform::One(Target::WindowsX86_64)),
            Wanted::One(Platform::One(Target::LinuxArm64)),
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

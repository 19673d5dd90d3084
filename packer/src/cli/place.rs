//! From `--target`, OUT and `--name` to the executables to write: which targets, and where each goes.

use std::path::{Path, PathBuf};

use payload::Target;

use crate::{
    pack::Place,
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

/// The executables to write. `argv0` is `--name`, `host` this machine.
///
/// # Errors
/// When OUT's name names no one target, or another than `wanted`.
pub(super) fn places(
    input: &Path,
    output: &Path,
    wanted: &[Wanted],
    argv0: Option<&str>,
    host: Option<Target>,
) -> Result<Places, String> {
    let mut wanted_targets = Vec::new();
    for target in wanted.iter().flat_map(|wanted| match wanted {
        Wanted::All => Target::ALL.to_vec(),
        Wanted::One(target) => vec![*target],
    }) {
        if !wanted_targets.contains(&target) {
            wanted_targets.push(target);
        }
    }
    let is_folder = output
        .as_os_str()
        .as_encoded_bytes()
        .last()
        .is_some_and(|last| std::path::is_separator(char::from(*last)));
    if wanted_targets.len() > 1 || is_folder && !wanted_targets.is_empty() {
        // The name of a program is the last part of whatever path it is called by.
        let named = Path::new(argv0.unwrap_or_default()).file_name().or(input.file_stem());
        let app = named.map_or_else(|| "app".to_owned(), |name| name.to_string_lossy().into_owned());
        let place = |target| Place { target, file: output.join(name::of(&app, target)) };
        let outputs = wanted_targets.into_iter().map(place).collect();
        return Ok(Places { outputs, folder: Some(output.to_owned()), app });
    }
    let name = output.file_name().unwrap_or_default().to_string_lossy();
    let target = match wanted_targets.first() {
        Some(target) if name::said(&name).allows(*target) => *target,
        Some(target) => {
            let target = target.name();
            return Err(format!(
                "the output's name {name} says another target than --target {target}: rename the output, or leave --target out"
            ));
        }
        None => name::target(&name, host).map_err(|why| format!("{why}; name the target with --target"))?,
    };
    Ok(Places {
        outputs: vec![Place { target, file: output.to_owned() }],
        folder: None,
        app: name::app(&name).to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: Option<Target> = Some(Target::LinuxX86_64);

    fn of(output: &str, wanted: &[Wanted], argv0: Option<&str>) -> Result<Places, String> {
        places("in/tool.wasm".as_ref(), output.as_ref(), wanted, argv0, HOST)
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
        let places = of("dist/", &two[..1], None).unwrap();
        assert_eq!(files(&places), ["dist/tool-linux-arm64"]);
    }
}

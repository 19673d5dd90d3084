//! Makes a [`Pack`] of the options and the program. The program is opened here, once.

use std::{path::PathBuf, sync::Arc};

use payload::{Compiler, DirGrant, GuestName, Manifest, Target};

use super::{
    folder, password,
    place::{Order, Places},
    project::Lines,
    typed::Typed,
    unfit::Unfit,
    wanted,
};
use crate::{
    Pack,
    cache::Keep,
    container::pe::PeOptions,
    pack::{Grant, Opened},
    read,
    release::Installers,
    store::{
        Storage,
        compress::{DEFAULT_LEVEL, FAST_LEVEL},
    },
    targets::{self, platform::Platform},
    trial::Trial,
};

/// The grants of directories and files, which are one list.
const GRANTS: &[&str] = &["dir", "dir-ro", "files", "files-rw"];

/// The pack that `typed` asks for, of the program in `input`. What of it is `described` may be for other builds than this one.
///
/// # Errors
/// If target and OUT contradict each other; if no target is given and this machine is not one; if an option is for none of the
/// targets, or for one target and there are several; if grants contradict each other. Errors of the program itself are reported
/// when it is packed.
pub(super) fn pack(typed: Typed, input: PathBuf, described: Option<&Lines>) -> Result<Pack, Unfit> {
    let host = Target::host();
    check_release(&typed, described).map_err(Unfit::new)?;
    // Asked before it is read: a pipe may be gone then.
    let has_a_name = read::has_a_name(&input);
    let opened = Opened::read(&input).map(Arc::new);
    // An executable knows its name and version.
    let carried = opened.as_ref().ok().and_then(|opened| opened.manifest());
    let places = places(&typed, &input, has_a_name, carried, host)?;
    check_targets(&typed, &places, described, host)?;
    check_names(&typed.grants, typed.told.cwd.as_deref(), typed.told.tmp.as_ref(), carried.is_some())?;
    let compiler = typed.compiler.unwrap_or(Compiler::Cranelift);
    let sign = typed.sign.filter(|_| typed.archive).as_deref().map(password::key).transpose();
    Ok(Pack {
        opened: Some(opened),
        outputs: places.outputs,
        to_stdout: places.to_stdout,
        folder: places.folder,
        force: typed.force,
        app: Some(places.app),
        version: typed.version,
        about: typed.about,
        cpu: typed.cpu.unwrap_or_default(),
        compiler,
        storage: match (typed.no_compress, typed.level, compiler) {
            (true, ..) => Storage::Raw,
            (false, Some(level), _) => Storage::Compressed { level },
            (false, None, Compiler::Cranelift) => Storage::Compressed { level: DEFAULT_LEVEL },
            (false, None, Compiler::Singlepass) => Storage::Compressed { level: FAST_LEVEL },
        },
        trial: match typed.profile {
            Some(args) => Trial::With(args),
            None if !typed.use_profile.is_empty() => Trial::Saved(typed.use_profile),
            None if typed.no_trial => Trial::None,
            None => Trial::Bare,
        },
        save_profile: typed.save_profile,
        cache: match typed.cache {
            Some(folder) => Keep::InFolder(folder),
            None if typed.no_cache => Keep::Nothing,
            None => Keep::OfUser,
        },
        stub: typed.stub,
        argv0: typed.name,
        told: typed.told,
        grants: typed.grants,
        with: typed.with,
        choice: typed.choice,
        strict: typed.strict,
        max_memory: typed.max_memory,
        keep_module: typed.keep_module,
        archive: typed.archive.then_some(typed.include),
        description: typed.description,
        sign: sign.map_err(|reason| Unfit::new(reason).of(&["sign"]).of_file())?,
        installers: (typed.archive && !typed.installers.is_empty())
            .then_some(Installers { kinds: typed.installers, ..typed.release }),
        shown: PeOptions { gui: typed.gui, version_info: typed.version_info, ..PeOptions::default() },
        icon: typed.icon,
        ..Pack::new(input)
    })
}

/// The options in `typed` that are for archives where it asks for none, and what each does.
pub(super) fn without_archive(typed: &Typed) -> impl Iterator<Item = (&'static str, &'static str)> {
    let given = [
        ("include", "puts files into archives", !typed.include.is_empty()),
        ("installers", "is for archives", !typed.installers.is_empty()),
        ("sign", "is for archives", typed.sign.is_some()),
    ];
    let archive = typed.archive;
    given
        .into_iter()
        .filter(move |(.., is_given)| *is_given && !archive)
        .map(|(option, does, _)| (option, does))
}

/// The error for one of those, if it was typed.
pub(super) fn needs_archive((option, does): (&str, &str)) -> String {
    format!("--{option} {does}; add --archive")
}

/// Checks that what goes beside archives has archives to go beside, and that what installers need is for installers.
fn check_release(typed: &Typed, described: Option<&Lines>) -> Result<(), String> {
    let is_typed = |option: &str| !described.is_some_and(|lines| lines.has(option));
    if let Some(option) = without_archive(typed).find(|(option, _)| is_typed(option)) {
        return Err(needs_archive(option));
    }
    let Installers { download_url, npm_name, pypi_name, .. } = &typed.release;
    let only = [("download-url", download_url), ("npm-name", npm_name), ("pypi-name", pypi_name)];
    let mut lost = only.iter().filter(|(option, value)| value.is_some() && is_typed(option));
    match lost.next().filter(|_| typed.installers.is_empty()) {
        Some((option, _)) => Err(format!("--{option} is for installers; add --installers")),
        None => Ok(()),
    }
}

/// Where everything goes.
fn places(
    typed: &Typed,
    input: &std::path::Path,
    has_a_name: bool,
    carried: Option<&Manifest>,
    host: Option<Target>,
) -> Result<Places, Unfit> {
    let files = match typed.archive {
        true => Some("archives"),
        false => (wanted::platforms(&typed.targets).len() > 1).then_some("executables"),
    };
    if let (Some(output), Some(files)) = (&typed.output, files) {
        folder::check(output, files)?;
    }
    let carried_name = carried.map(|manifest| manifest.argv0.as_ref().unwrap_or(&manifest.app));
    let carried_version = carried.and_then(|manifest| manifest.version.as_ref());
    let wanted = Order {
        input,
        has_a_name,
        output: typed.output.as_deref(),
        targets: &typed.targets,
        name: typed.name.as_deref(),
        carried: carried_name.map(String::as_str),
        archive: typed.archive,
        version: typed.version.as_ref().or(carried_version).map(String::as_str),
    };
    wanted.places(host)
}

/// The options for Windows, of those that were given.
fn for_windows(gui: bool, has_icon: bool, has_version_info: bool) -> impl Iterator<Item = &'static str> {
    let given = [("gui", gui), ("icon", has_icon), ("version-info", has_version_info)];
    given.into_iter().filter(|(_, is_given)| *is_given).map(|(option, _)| option)
}

/// Notes on what `pack` has for Windows, if nothing of it is.
pub(super) fn without_windows(pack: &Pack) -> impl Iterator<Item = String> {
    let targets: Vec<Target> = pack.outputs.iter().flat_map(|place| place.target.targets()).collect();
    let is_lost = !targets.contains(&Target::WindowsX86_64);
    let PeOptions { gui, version_info, .. } = &pack.shown;
    let given = for_windows(*gui, pack.icon.is_some(), !version_info.is_empty());
    given.filter(move |_| is_lost).map(move |option| {
        format!("{option} changes nothing: it is for Windows, and the target is {}", targets::list(&targets))
    })
}

/// Checks that the options can be used for the targets.
fn check_targets(
    typed: &Typed,
    places: &Places,
    described: Option<&Lines>,
    host: Option<Target>,
) -> Result<(), Unfit> {
    let targets: Vec<Target> = places.outputs.iter().flat_map(|place| place.target.targets()).collect();
    let has_windows = targets.contains(&Target::WindowsX86_64);
    let mut given = for_windows(typed.gui, typed.icon.is_some(), !typed.version_info.is_empty());
    // A description that leaves the targets to each build is for one of these.
    let is_for_others =
        |option: &str| described.is_some_and(|lines| lines.has(option) && !lines.has("target"));
    if let Some(option) = given.find(|option| !has_windows && !is_for_others(option)) {
        let names = targets::list(&targets);
        let reason = format!("--gui, --icon and --version-info are for Windows; the target is {names}");
        return Err(Unfit::new(reason).of(&[option]));
    }
    let drive = typed.grants.iter().enumerate().find_map(|(number, grant)| match grant {
        Grant::Dir(dir) => Some((number, dir)).filter(|(_, dir)| dir.is_a_drive() && !has_windows),
        Grant::Files(_) => None,
    });
    if let Some((number, dir)) = drive {
        let option = if dir.read_only { "--dir-ro" } else { "--dir" };
        let reason = format!("{option} {}: {}", dir.host, payload::grant::no_drive(&dir.host));
        return Err(Unfit::new(reason).of_value(GRANTS, number));
    }
    // In a file for all Unix targets it is that of the target that it is for.
    let is_unix = matches!(&places.outputs[..], [place] if place.target == Platform::Unix);
    if typed.stub.is_some() && targets.len() > 1 && !is_unix {
        let reason = format!("--stub is a launcher for one target, not for {}", targets::list(&targets));
        return Err(Unfit::new(reason).of(&["stub"]));
    }
    let of_cpu = |reason: String| Unfit::new(reason).of(&["cpu"]);
    typed.cpu.map_or(Ok(()), |raise| raise.check(&targets, host)).map_err(of_cpu)
}

/// Checks the guest names: each directory must have its own, and the working directory must lie in a grant. An executable that
/// is packed again (`carried`) may have more grants.
///
/// # Errors
/// The sentence to say.
fn check_names(
    grants: &[Grant],
    cwd: Option<&str>,
    tmp: Option<&GuestName>,
    carried: bool,
) -> Result<(), Unfit> {
    let dirs: Vec<(usize, &DirGrant)> = grants
        .iter()
        .enumerate()
        .filter_map(|(number, grant)| match grant {
            Grant::Dir(grant) => Some((number, grant)),
            Grant::Files(_) => None,
        })
        .collect();
    for (at, (number, grant)) in dirs.iter().enumerate() {
        let of_dirs = |reason: String| Unfit::new(reason).of_value(GRANTS, *number);
        let is_other_way = |(_, other): &&(usize, &DirGrant)| {
            other.guest == grant.guest && other.is_of(&grant.host) && other.read_only != grant.read_only
        };
        if let Some((_, earlier)) = dirs[..at].iter().find(is_other_way) {
            let host = &earlier.host;
            return Err(of_dirs(format!(
                "the directory {host} is granted to be changed (--dir) and to be read only (--dir-ro); leave one out"
            )));
        }
        let earlier = dirs[..at].iter().find(|(_, other)| other.guest == grant.guest);
        // `.` is where the user stands, and `/` is below it.
        if let Some((_, earlier)) = earlier.filter(|_| !grant.guest.is_root()) {
            return Err(of_dirs(format!(
                "the directories {} and {} are both granted as {}; give them two names, HOST::GUEST",
                earlier.host, grant.host, grant.guest
            )));
        }
    }
    if let Some((_, dir)) = dirs.iter().find(|(_, dir)| Some(&dir.guest) == tmp) {
        let reason = format!(
            "{} is a granted directory and one in memory (--tmp); leave one out, or name another: --tmp=GUEST",
            dir.guest
        );
        return Err(Unfit::new(reason).of(&["tmp"]).of(&["dir", "dir-ro"]));
    }
    let Some(cwd) = cwd else { return Ok(()) };
    // These names are known only when the executable starts.
    let is_open = |text: &str| text.starts_with('~') || text.contains('$');
    let stands = GuestName::from(cwd);
    let mut names = grants.iter().map(Grant::guest);
    let holds = |name: &GuestName| is_open(name.as_str()) || name.below(&stands).is_some();
    if carried || is_open(cwd) || stands.is_root() || names.any(holds) {
        return Ok(());
    }
    let reason = format!(
        "the working directory {cwd} lies in none of the directories that are granted or carried; grant one, such as \
         --dir HOST::{cwd}"
    );
    Err(Unfit::new(reason).of(&["cwd"]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{cli::option, release::Installer};

    #[test]
    fn every_option_changes_what_is_packed() {
        let meant = |typed: Typed| {
            let pack = pack(typed, PathBuf::from("other.wasm"), Some(&Lines::default()));
            format!("{:?}", pack.map_err(|unfit| unfit.reason))
        };
        // These are for the command alone.
        for row in option::all().filter(|row| !["quiet", "verbose", "json"].contains(&row.name)) {
            // With what some are for.
            let base = || Typed {
                archive: row.name != "archive",
                installers: Vec::from_iter((row.name != "installers").then_some(Installer::Npm)),
                output: Some("dist/".into()),
                ..Typed::default()
            };
            let mut typed = base();
            (row.set)(&mut typed, row.example.into()).unwrap();
            assert_ne!(meant(typed), meant(base()), "--{} is lost in this file", row.name);
        }
    }
}

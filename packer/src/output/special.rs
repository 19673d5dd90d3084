//! Names that stand for something open or for a device, and not for a file that lies there: `/dev/stdout`, `/dev/fd/3`, a
//! link to one of them.

use std::path::{Path, PathBuf};

/// As many links as systems follow.
const MOST_LINKS: usize = 40;

/// Whether `path`, or a link on the way from it, lies among the system's devices or processes. Replacing such a link would
/// take it from all others, and what it leads to is another thing for every process.
pub(crate) fn is_special(path: &Path) -> bool {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        let folder = folder(&path);
        if is_systems(&folder) {
            return true;
        }
        let Some(name) = path.file_name() else { return false };
        let Ok(target) = folder.join(name).read_link() else { return false };
        path = folder.join(target);
    }
    false
}

/// The folder that `path` lies in, by the name that it really has, as far as it is there.
fn folder(path: &Path) -> PathBuf {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let there = folder.ancestors().find_map(|above| Some((above, above.canonicalize().ok()?)));
    match there {
        Some((above, real)) => real.join(folder.strip_prefix(above).unwrap_or(Path::new(""))),
        None => folder.to_owned(),
    }
}

/// Whether `folder` is one of those in which a system lists devices, processes and what is open. Not what lies below
/// `/dev`: files may be there, such as in `/dev/shm`.
fn is_systems(folder: &Path) -> bool {
    if cfg!(windows) {
        return false;
    }
    ["/dev", "/dev/fd"].iter().any(|system| folder == Path::new(system))
        || folder.starts_with("/proc")
        || is_proc(folder)
}

/// Whether `folder` is of the file system of processes, wherever that is.
#[cfg(target_os = "linux")]
fn is_proc(folder: &Path) -> bool {
    const PROC: u64 = 0x9fa0;
    rustix::fs::statfs(folder).is_ok_and(|system| system.f_type as u64 == PROC)
}

#[cfg(not(target_os = "linux"))]
fn is_proc(_folder: &Path) -> bool {
    false
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn links_to_what_is_open_are_told_from_links_to_files() {
        let dir = tempfile::tempdir().unwrap();
        let link = |target: &str, name: &str| {
            let path = dir.path().join(name);
            symlink(target, &path).unwrap();
            path
        };
        for (target, name) in [
            ("/dev/stdout", "device"),
            ("/dev/fd/1", "fd"),
            ("/proc/self/fd/1", "process"),
            ("/proc/self/nothing/there", "dangling"),
            ("device", "link"),
            ("./link", "further"),
        ] {
            let known = Path::new("/proc/self").exists() || !target.starts_with("/proc");
            assert!(!known || is_special(&link(target, name)), "{target}");
        }
        for (target, name) in
            [("file", "plain"), ("none/there", "nowhere"), ("circle", "circle"), ("..", "up")]
        {
            assert!(!is_special(&link(target, name)), "{target}");
        }
        for path in ["/dev/stdout", "/dev/null", "/dev/new"] {
            assert!(is_special(path.as_ref()), "{path}");
        }
        for path in ["file", "/tmp/file", "", "/", "none/file", "/dev/shm/file"] {
            assert!(!is_special(path.as_ref()), "{path:?}");
        }
    }
}

//! The folder that entries lie in.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    time::SystemTime,
};

/// Where the system keeps what can be made again for a user.
pub(super) fn of_user() -> Option<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    if cfg!(windows) {
        folder("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        folder("HOME").map(|home| home.join("Library/Caches"))
    } else {
        folder("XDG_CACHE_HOME").or_else(|| folder("HOME").map(|home| home.join(".cache")))
    }
}

/// Makes the folder, for this user alone, with those above it.
pub(super) fn make(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Whether others may put entries into it.
#[cfg(unix)]
pub(super) fn is_open_to_others(folder: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(folder).is_ok_and(|there| there.permissions().mode() & 0o022 != 0)
}

#[cfg(not(unix))]
pub(super) fn is_open_to_others(_folder: &Path) -> bool {
    false
}

/// Writes a file of these parts: whole, or not at all.
pub(super) fn write(folder: &Path, file: &Path, parts: &[&[u8]]) -> io::Result<()> {
    let mut temporary = tempfile::Builder::new().prefix(PREFIX).tempfile_in(folder)?;
    for part in parts {
        temporary.write_all(part)?;
    }
    // Windows does not rename over a file that is open somewhere: then that one is as good.
    temporary.persist(file).map(drop).map_err(|error| error.error)
}

/// How files are called that are not entries yet.
const PREFIX: &str = ".new-";
/// After so long nobody is writing one any more.
const FORGOTTEN: u64 = 24 * 60 * 60;

/// Removes what was not used for the longest time, until no more than `most` bytes are left, and what a packer left behind that
/// was killed while it wrote.
pub(super) fn trim(folder: &Path, most: u64) -> io::Result<()> {
    let (mut entries, mut all) = (Vec::new(), 0);
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        // It may be gone: another packer trims as well.
        let Ok(there) = entry.metadata() else { continue };
        let used = there.modified().unwrap_or(SystemTime::UNIX_EPOCH);
        if entry.file_name().to_string_lossy().starts_with(PREFIX) {
            if used.elapsed().is_ok_and(|since| since.as_secs() > FORGOTTEN) {
                let _ = fs::remove_file(entry.path());
            }
        } else if there.is_file() && is_name(&entry.file_name().to_string_lossy()) {
            all += there.len();
            entries.push((used, there.len(), entry.path()));
        }
    }
    entries.sort_unstable();
    for (_, len, path) in entries {
        if all <= most {
            break;
        }
        let _ = fs::remove_file(path);
        all -= len;
    }
    Ok(())
}

/// Whether an entry may be called so: nothing else in the folder is touched.
fn is_name(name: &str) -> bool {
    name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_longest_unused_go_first_and_nothing_else_goes() {
        let dir = tempfile::tempdir().unwrap();
        let name = |digit: char| dir.path().join(String::from(digit).repeat(64));
        for (digit, age) in [('a', 30), ('b', 10), ('c', 20)] {
            write(dir.path(), &name(digit), &[&[0; 60], &[1; 40]]).unwrap();
            let file = fs::File::options().append(true).open(name(digit)).unwrap();
            file.set_modified(SystemTime::now() - Duration::from_secs(age)).unwrap();
        }
        fs::write(dir.path().join("notes"), [0; 500]).unwrap();
        trim(dir.path(), 300).unwrap();
        assert!(name('a').exists());
        trim(dir.path(), 200).unwrap();
        assert!(!name('a').exists() && name('b').exists() && name('c').exists());
        trim(dir.path(), 150).unwrap();
        assert!(name('b').exists() && !name('c').exists() && dir.path().join("notes").exists());
    }
}

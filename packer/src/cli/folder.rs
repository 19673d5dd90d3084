//! What `-o` names where several files are written: a folder.

use std::path::Path;

use payload::info::printable;

use super::{called::is_archive, unfit::Unfit};

/// Checks that `output` can be meant as a folder for `files`, which have names of their own.
///
/// # Errors
/// If it is called as an archive or a program for Windows is, and no such folder is there. A slash at its end makes it a folder.
pub(super) fn check(output: &Path, files: &str) -> Result<(), Unfit> {
    let text = output.to_string_lossy();
    // The name of a file would come behind the slash.
    if output.is_dir() || text.ends_with(std::path::is_separator) || !(is_archive(&text) || is_exe(&text)) {
        return Ok(());
    }
    let folder = output.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.map_or_else(|| "dist".into(), Path::to_string_lossy);
    Err(Unfit::new(format!(
        "-o names the folder for {files}, which have names of their own, and {} is called as a file is: name a folder, such as -o {}/",
        printable(&text),
        printable(folder.trim_end_matches('/'))
    ))
    .of(&["output"]))
}

fn is_exe(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("exe"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_called_like_a_file_is_no_folder() {
        for name in ["q.tar.gz", "d/q.ZIP", "app.exe", "a.tgz"] {
            assert!(check(name.as_ref(), "archives").unwrap_err().reason.contains(name), "{name}");
        }
        for name in ["q", "dist/", "dist-1.2", "q.zip/", ".", "build.d", "zip"] {
            assert!(check(name.as_ref(), "archives").is_ok(), "{name}");
        }
        assert!(check("d/q.zip".as_ref(), "archives").unwrap_err().reason.ends_with("such as -o d/"));
    }
}

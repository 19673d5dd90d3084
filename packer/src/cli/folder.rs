//! What `-o` names where several files are written: a folder.

use std::path::Path;

use payload::info::printable;

use super::unfit::Unfit;

/// Endings of what is written into the folder: a name with one is meant as that of a file.
const OF_FILES: [&str; 9] =
    [".tar.gz", ".tgz", ".tar", ".tar.xz", ".tar.zst", ".tar.bz2", ".zip", ".exe", ".gz"];

/// Checks that `output` can be meant as a folder for `files`, which have names of their own.
///
/// # Errors
/// If it is called as a file of these is, and no such folder is there. A slash at its end makes it a folder.
pub(super) fn check(output: &Path, files: &str) -> Result<(), Unfit> {
    let text = output.to_string_lossy();
    let lower = text.to_ascii_lowercase();
    let Some(ending) = OF_FILES.iter().find(|ending| lower.ends_with(*ending)) else { return Ok(()) };
    if output.is_dir() || lower.ends_with(&format!("/{ending}")) {
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

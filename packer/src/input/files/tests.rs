use std::{fs, path::Path};

use payload::tree::Entry;

use super::{choice::Choice, own::Own, *};
use crate::{Error, Kind};

fn plain(host: &Path) -> Result<Entry, Error> {
    chosen(host, &Choice::default(), &Own::default()).map(|(entry, _)| entry)
}

fn chosen(host: &Path, choice: &Choice, own: &Own) -> Result<(Entry, Noticed), Error> {
    let mut out = Noticed::default();
    let entry = folder(&mut Files::default(), host, choice, own, &mut out)?;
    Ok((entry, out))
}

/// The paths of all files and links in an entry.
fn paths(entry: &Entry) -> Vec<String> {
    match entry {
        Entry::Dir(children) => children
            .iter()
            .flat_map(|(name, child)| match child {
                Entry::Dir(_) => {
                    paths(child).into_iter().map(|path| format!("{name}/{path}")).collect::<Vec<_>>()
                }
                _ => vec![name.clone()],
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// A folder with these files.
fn with(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    dir
}

#[test]
fn a_folder_becomes_a_sorted_tree_that_shares_content() {
    let dir = with(&[("z", "same"), ("b/c", "other"), ("a", "same")]);
    let mut files = Files::default();
    let (choice, own) = (Choice::default(), Own::default());
    let root = folder(&mut files, dir.path(), &choice, &own, &mut Noticed::default()).unwrap();
    let same = Entry::File { start: 0, len: 4 };
    let other = Entry::Dir(vec![("c".to_owned(), Entry::File { start: 4, len: 5 })]);
    let children = vec![("a".to_owned(), same.clone()), ("b".to_owned(), other), ("z".to_owned(), same)];
    assert_eq!(root, Entry::Dir(children));
    assert_eq!(files.content, b"sameother", "in the order of names");
}

#[test]
fn what_is_missing_is_told() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(plain(&dir.path().join("none")).unwrap_err().kind, Kind::Files);
}

#[test]
fn globs_leave_out_as_in_a_gitignore() {
    let files = [
        ("a.log", ""),
        ("keep.log", ""),
        ("x/b.log", ""),
        ("x/tmp/c", ""),
        ("tmp/d", ""),
        ("e", ""),
        (".env", ""),
        (".wasmpackignore", "*.log\n!keep.log\n"),
        ("x/.wasmpackignore", "!b.log\n"),
        (".gitignore", "e\n"),
    ];
    let dir = with(&files);
    let left = |exclude: &[&str], gitignore| {
        let choice = Choice { exclude: exclude.iter().map(|glob| (*glob).to_owned()).collect(), gitignore };
        let (entry, out) = chosen(dir.path(), &choice, &Own::default()).unwrap();
        (paths(&entry), out.globs.into_iter().collect::<Vec<_>>())
    };
    assert_eq!(
        left(&[], false).0,
        [".env", ".gitignore", "e", "keep.log", "tmp/d", "x/b.log", "x/tmp/c"],
        "the ignore files are not carried, and git's is not asked"
    );
    assert_eq!(left(&["/tmp/", ".*"], false).0, ["e", "keep.log", "x/b.log", "x/tmp/c"]);
    assert_eq!(left(&["tmp/", "none"], false).1, ["tmp/"], "the other found nothing");
    assert!(left(&["!a.log"], false).0.contains(&"a.log".to_owned()), "what is typed wins");
    let git = left(&[], true).0;
    assert!(!git.contains(&"e".to_owned()) && git.contains(&".env".to_owned()), "{git:?}");
}

#[test]
fn rules_of_git_above_the_folder_hold_up_to_the_repository() {
    let files =
        [(".gitignore", "secret\nrepo/x/out\n"), ("repo/.git/HEAD", ""), ("repo/.gitignore", "/x/built\n")];
    let dir = with(&files);
    for name in ["secret", "built", "out", "kept"] {
        fs::create_dir_all(dir.path().join("repo/x")).unwrap();
        fs::write(dir.path().join("repo/x").join(name), "").unwrap();
    }
    let choice = Choice { gitignore: true, ..Choice::default() };
    let (entry, _) = chosen(&dir.path().join("repo/x"), &choice, &Own::default()).unwrap();
    assert_eq!(paths(&entry), ["kept", "out", "secret"]);
    let (entry, _) = chosen(&dir.path().join("repo"), &choice, &Own::default()).unwrap();
    assert_eq!(paths(&entry), [".gitignore", "x/kept", "x/out", "x/secret"], "and not git's own folder");
}

#[test]
fn a_line_that_is_no_glob_is_named() {
    let dir = with(&[(".wasmpackignore", "ok\n[z-a]\n")]);
    let error = plain(dir.path()).unwrap_err().to_string();
    assert!(error.contains(".wasmpackignore: line 2: ") && error.contains("[z-a]"), "{error}");
    let choice = Choice { exclude: vec!["[z-a]".to_owned()], ..Choice::default() };
    let error = chosen(with(&[]).path(), &choice, &Own::default()).unwrap_err().to_string();
    assert!(error.contains("--exclude [z-a]"), "{error}");
}

#[test]
fn what_the_pack_writes_is_never_carried() {
    let dir = with(&[("data", "x"), ("app", "out"), ("dist/old", "y"), (".wasmpack-ab12.tmp", "z")]);
    let own = Own {
        files: vec![dir.path().join("dist/../app"), dir.path().join("missing")],
        folder: Some(dir.path().join("./dist/")),
        ..Own::default()
    };
    #[cfg(unix)]
    fs::hard_link(dir.path().join("app"), dir.path().join("hard")).unwrap();
    let (entry, out) = chosen(dir.path(), &Choice::default(), &own).unwrap();
    assert_eq!(paths(&entry), ["data"]);
    assert_eq!(out.folders, [dir.path().join("dist")]);
    // The folder that is carried is not left out as a whole.
    let own = Own { folder: Some(dir.path().to_owned()), ..own };
    let (entry, _) = chosen(dir.path(), &Choice::default(), &own).unwrap();
    assert_eq!(paths(&entry), ["data", "dist/old"]);
    let single = Files::default().single(&dir.path().join("app"), &own).unwrap_err();
    assert_eq!(single.kind, Kind::OutputIsInput);
}

#[test]
fn contents_are_counted_and_what_is_hidden_is_named() {
    let dir =
        with(&[("a", "12"), (".env", "345"), (".git/.x", ""), (".git/y", "6"), ("s/.z", "7"), (".keep", "")]);
    let grant = payload::FilesGrant { guest: "/d".into(), writable: false };
    let contents = contents::Contents::of(&grant, &plain(dir.path()).unwrap());
    assert_eq!((contents.files, contents.bytes), (6, 7));
    assert_eq!(contents.hidden, [".env", ".git", "s/.z"]);
}

#[cfg(unix)]
#[test]
fn links_stay_in_their_folder() {
    use std::os::unix::fs::symlink;
    let kept = |target: &str| {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("sub")).unwrap();
        symlink(target, dir.path().join("sub/link")).unwrap();
        plain(dir.path())
    };
    let tree = |text: &str| {
        let link = vec![("link".to_owned(), Entry::Link(text.to_owned()))];
        Entry::Dir(vec![("sub".to_owned(), Entry::Dir(link))])
    };
    assert_eq!(kept("../sub/./x").unwrap(), tree("../sub/x"));
    assert_eq!(kept(".").unwrap(), tree("."));
    for target in ["../../x", "/etc/passwd", "../sub/../../x"] {
        let error = kept(target).unwrap_err().to_string();
        assert!(error.contains("link to") && error.contains("copy"), "{error}");
    }
}

//! The same again is the same to the byte, and names no host but the one that was given.

use installers::Kind;

use crate::common::{ALL, Release, meta};

#[test]
fn the_same_again_is_the_same() {
    let make = || Release::new(&meta("https://a.example"), &Kind::ALL, &ALL).files;
    let files = make();
    assert_eq!(files, make());
    for file in files.iter().filter(|file| !file.name.ends_with(".tgz") && !file.name.ends_with(".whl")) {
        let text = String::from_utf8_lossy(&file.bytes).into_owned();
        for host in
            text.split("://").skip(1).map(|rest| rest.split(['/', '"', '\'', '*', ' ', '}']).next().unwrap())
        {
            assert!(["a.example", "notes.example", ""].contains(&host), "{}: {host}", file.name);
        }
    }
}

//! What a native program made below the root, by names that may be relative: it may change that, and nothing else.

use sandbox::spec::*;

use crate::common::*;
use crate::unconfined::{EITHER, native};

#[test]
fn what_a_program_made_for_a_time_it_may_rename_link_and_remove() {
    let mut guest = native(&[]);
    guest.dir("root/tmp");
    guest.file("root/tmp/theirs", "");
    let part = guest.open(EITHER, "tmp/f.part", WRITE.oflags(OFLAGS_CREAT)).unwrap();
    guest.fd_close(part).unwrap();
    assert_eq!(guest.path_rename((EITHER, "tmp/f.part"), (EITHER, "tmp/f")), Ok(()), "an atomic write");
    assert_eq!(guest.path_link((EITHER, 0, "tmp/f"), (EITHER, "tmp/g")), Ok(()));
    assert_eq!(guest.path_symlink("f", EITHER, "tmp/l"), Ok(()));
    for made in ["tmp/f", "tmp/g", "tmp/l"] {
        assert_eq!(guest.path_unlink_file(EITHER, made), Ok(()), "{made}");
    }
    guest.file("root/work/mine", "");
    assert_eq!(guest.path_rename((EITHER, "mine"), (EITHER, "tmp/theirs")), Err(ERRNO_NOTCAPABLE));
}

#[test]
fn however_many_files_a_program_makes_where_it_stands_it_is_known_what_it_made_below_the_root() {
    let mut guest = native(&[]);
    guest.dir("root/tmp");
    guest.path_create_directory(EITHER, "d").unwrap();
    for number in 0..5000 {
        let fd = guest.open(EITHER, format!("d/{number}"), WRITE.oflags(OFLAGS_CREAT)).unwrap();
        guest.fd_close(fd).unwrap();
    }
    assert_eq!(guest.path_create_directory(EITHER, "tmp/own"), Ok(()));
    assert_eq!(guest.path_create_directory(EITHER, "tmp/own/b"), Ok(()));
}

#[test]
fn what_a_program_made_in_a_directory_that_it_opened_it_may_change_there() {
    let mut guest = native(&[]);
    guest.dir("root/tmp");
    let tmp = guest.open(EITHER, "tmp", DIRECTORY).unwrap();
    let fd = guest.open(tmp, "own", WRITE.oflags(OFLAGS_CREAT)).unwrap();
    guest.fd_close(fd).unwrap();
    assert_eq!(guest.path_unlink_file(tmp, "own"), Ok(()));
}

#[test]
fn what_is_nowhere_is_missing_and_directories_are_made_one_by_one() {
    let mut guest = native(&[]);
    guest.dir("root/tmp");
    guest.dir("root/srv");
    assert_eq!(guest.path_unlink_file(EITHER, "srv/none"), Err(ERRNO_NOENT));
    assert_eq!(guest.path_create_directory(EITHER, "srv/none/x"), Err(ERRNO_NOENT));
    assert_eq!(guest.path_create_directory(EITHER, "tmp/app/cache"), Err(ERRNO_NOENT));
    assert_eq!(guest.path_create_directory(EITHER, "tmp/app"), Ok(()));
    assert_eq!(guest.path_create_directory(EITHER, "tmp/app/cache"), Ok(()));
    assert!(guest.stands("root/tmp/app/cache"));
}

#[test]
fn a_link_that_a_program_made_leads_it_nowhere_else() {
    let mut guest = native(&[]);
    guest.dir("root/tmp");
    guest.dir("root/srv");
    guest.file("root/srv/f", "theirs");
    guest.path_symlink("../srv", EITHER, "tmp/l").unwrap();
    for answer in [
        guest.open(EITHER, "tmp/l/f", WRITE.oflags(OFLAGS_TRUNC)).map(drop),
        guest.path_unlink_file(EITHER, "tmp/l/f"),
        guest.path_rename((EITHER, "tmp/l/f"), (EITHER, "f")),
    ] {
        assert_eq!(answer, Err(ERRNO_NOTCAPABLE));
    }
    assert_eq!(guest.content("root/srv/f"), b"theirs");
    assert_eq!(guest.path_unlink_file(EITHER, "tmp/l"), Ok(()), "the link itself");
}

#[test]
fn a_directory_that_was_opened_is_not_what_came_to_stand_at_its_path() {
    let mut guest = native(&[]);
    guest.dir("root/tmp");
    guest.dir("root/srv/sub");
    guest.file("root/srv/f", "theirs");
    guest.path_symlink("../srv", EITHER, "tmp/l").unwrap();
    let dir = guest.open(EITHER, "tmp/l", DIRECTORY).unwrap();
    guest.path_unlink_file(EITHER, "tmp/l").unwrap();
    guest.path_create_directory(EITHER, "tmp/l").unwrap();
    assert_eq!(guest.path_unlink_file(dir, "f"), Err(ERRNO_NOTCAPABLE));
    assert_eq!(guest.path_create_directory(dir, "new"), Err(ERRNO_NOTCAPABLE));
    assert!(guest.stands("root/srv/f") && !guest.stands("root/srv/new"));
}

#[test]
fn what_was_made_and_is_gone_speaks_for_nothing_that_follows() {
    type Away = fn(&mut Guest) -> Answer;
    let ways: [Away; 2] = [
        |g| {
            g.path_remove_directory(EITHER, "tmp/a/b")?;
            g.path_remove_directory(EITHER, "tmp/a")
        },
        |g| g.path_rename((EITHER, "tmp/a"), (EITHER, "tmp/other")),
    ];
    for away in ways {
        let mut guest = native(&[]);
        guest.dir("root/tmp");
        guest.dir("root/srv/b");
        guest.file("root/srv/b/x", "theirs");
        guest.path_create_directory(EITHER, "tmp/a").unwrap();
        guest.path_create_directory(EITHER, "tmp/a/b").unwrap();
        away(&mut guest).unwrap();
        guest.path_symlink("../srv", EITHER, "tmp/a").unwrap();
        assert_eq!(guest.path_unlink_file(EITHER, "tmp/a/b/x"), Err(ERRNO_NOTCAPABLE));
        assert!(guest.stands("root/srv/b/x"));
    }
}

#[test]
fn however_many_directories_a_program_opens_its_own_below_the_root_are_known() {
    let mut guest = native(&[]);
    guest.dir("root/tmp");
    for number in 0..4200 {
        guest.dir(&format!("root/work/d{number}"));
        let fd = guest.open(EITHER, format!("d{number}"), DIRECTORY).unwrap();
        guest.fd_close(fd).unwrap();
    }
    assert_eq!(guest.path_create_directory(EITHER, "tmp/own"), Ok(()));
    assert_eq!(guest.path_create_directory(EITHER, "tmp/own/b"), Ok(()));
    assert_eq!(guest.path_remove_directory(EITHER, "tmp/own/b"), Ok(()));
}

//! `proc_exit`, `proc_raise`, and the four `sock_` calls.

use sandbox::Exit;
use sandbox::calls::proc::{Raised, proc_exit, proc_raise};
use sandbox::spec::*;

use crate::common::*;

#[test]
fn exit_carries_the_code() {
    for code in [0, 1, 255, 256, u32::MAX] {
        assert_eq!(proc_exit(code), Exit(code));
    }
}

#[test]
fn a_signal_does_what_the_specification_says() {
    use Raised::*;
    let stop = Failed(ERRNO_NOTSUP);
    // Which of them ends a program with which status: a shell's, which is Linux's number and 128.
    let table = [
        (SIGNAL_NONE, Ignored),
        (SIGNAL_HUP, Ended(Exit(129))),
        (SIGNAL_INT, Ended(Exit(130))),
        (SIGNAL_QUIT, Ended(Exit(131))),
        (SIGNAL_ILL, Ended(Exit(132))),
        (SIGNAL_TRAP, Ended(Exit(133))),
        (SIGNAL_ABRT, Ended(Exit(134))),
        (SIGNAL_BUS, Ended(Exit(135))),
        (SIGNAL_FPE, Ended(Exit(136))),
        (SIGNAL_KILL, Ended(Exit(137))),
        (SIGNAL_USR1, Ended(Exit(138))),
        (SIGNAL_SEGV, Ended(Exit(139))),
        (SIGNAL_USR2, Ended(Exit(140))),
        (SIGNAL_PIPE, Ignored),
        (SIGNAL_ALRM, Ended(Exit(142))),
        (SIGNAL_TERM, Ended(Exit(143))),
        (SIGNAL_CHLD, Ignored),
        (SIGNAL_CONT, Ignored),
        (SIGNAL_STOP, stop),
        (SIGNAL_TSTP, stop),
        (SIGNAL_TTIN, stop),
        (SIGNAL_TTOU, stop),
        (SIGNAL_URG, Ignored),
        (SIGNAL_XCPU, Ended(Exit(128 + 24))),
        (SIGNAL_XFSZ, Ended(Exit(128 + 25))),
        (SIGNAL_VTALRM, Ended(Exit(128 + 26))),
        (SIGNAL_PROF, Ended(Exit(128 + 27))),
        (SIGNAL_WINCH, Ignored),
        (SIGNAL_POLL, Ended(Exit(128 + 29))),
        (SIGNAL_PWR, Ended(Exit(128 + 30))),
        (SIGNAL_SYS, Ended(Exit(128 + 31))),
    ];
    for (i, (signal, outcome)) in table.into_iter().enumerate() {
        assert_eq!(i, usize::from(signal.raw()), "one row for each");
        assert_eq!(proc_raise(signal.raw().into()), outcome, "{signal:?}");
    }
    for none in [31, 64, 256, 256 + 6, u32::MAX] {
        assert_eq!(proc_raise(none), Failed(ERRNO_INVAL), "{none}");
    }
}

#[test]
fn nothing_is_a_socket() {
    let mut guest = Guest::new();
    let file = guest.open(ROOT, "file", CREATE).unwrap();
    for fd in [0, 1, 2, ROOT, RO, file] {
        assert_eq!(guest.sock_accept(fd), Err(ERRNO_NOTSOCK), "{fd}");
        assert_eq!(guest.sock_recv(fd, &[8]), Err(ERRNO_NOTSOCK), "{fd}");
        assert_eq!(guest.sock_send(fd, &[b"data"]), Err(ERRNO_NOTSOCK), "{fd}");
        assert_eq!(guest.sock_shutdown(fd), Err(ERRNO_NOTSOCK), "{fd}");
    }
    assert_eq!(guest.content("root/file"), b"", "sending to a file does not write to it");
}

#[test]
fn a_socket_that_is_not_open_is_badf() {
    let mut guest = Guest::new();
    for fd in [FIRST, CLOSED, u32::MAX] {
        assert_eq!(guest.sock_accept(fd), Err(ERRNO_BADF));
        assert_eq!(guest.sock_recv(fd, &[8]), Err(ERRNO_BADF));
        assert_eq!(guest.sock_send(fd, &[b"data"]), Err(ERRNO_BADF));
        assert_eq!(guest.sock_shutdown(fd), Err(ERRNO_BADF));
    }
}

//! Where a program stands, its terminal, and its signals.

use super::super::grants::{printed, run_in};
use super::{program, with_threads};
use crate::common::{Dir, complains, prints};

#[test]
fn it_goes_where_there_is_a_directory_and_is_told_where_it_stands() {
    // 3000: names. `$go` goes to the one of so many bytes at an address.
    let text = program(
        r#"(data (i32.const 3000) "work/in../a.txt/nothing")
        (func $go (param $at i32) (param $len i32) (result i32) (call $chdir (local.get $at) (local.get $len)))
        (func $stands (param $number i32) (param $len i32)
            (i32.store (i32.const 8) (i32.const 64))
            (call $is (local.get $number) (call $getcwd (i32.const 64) (i32.const 8)) (i32.const 0))
            (call $is (local.get $number) (i32.load (i32.const 8)) (local.get $len)))
        (func (export "_start")
            (call $stands (i32.const 1) (i32.const 1))
            (call $is (i32.const 2) (call $go (i32.const 3000) (i32.const 7)) (i32.const 0))
            (call $stands (i32.const 3) (i32.const 8))
            (call $is (i32.const 4) (i32.load (i32.const 64)) (i32.const 0x726f772f))
            (call $is (i32.const 5) (i32.load (i32.const 68)) (i32.const 0x6e692f6b))
            (call $is (i32.const 6) (call $go (i32.const 3007) (i32.const 2)) (i32.const 0))
            (call $stands (i32.const 7) (i32.const 5))
            (call $is (i32.const 8) (call $go (i32.const 3010) (i32.const 5)) (i32.const 54))
            (call $is (i32.const 9) (call $go (i32.const 3016) (i32.const 7)) (i32.const 44))
            (call $is (i32.const 10) (call $go (i32.const 3000) (i32.const 0)) (i32.const 44))
            (call $is (i32.const 11) (call $go (i32.const 65530) (i32.const 8)) (i32.const 21))
            (call $stands (i32.const 12) (i32.const 5))
            (call $is (i32.const 13) (call $go (i32.const 3007) (i32.const 2)) (i32.const 0))
            (call $is (i32.const 14) (call $go (i32.const 3007) (i32.const 2)) (i32.const 0))
            (call $stands (i32.const 15) (i32.const 1))
            ;; An absolute name.
            (call $is (i32.const 16) (call $go (i32.const 3000) (i32.const 4)) (i32.const 0))
            (i32.store8 (i32.const 2999) (i32.const 47))
            (call $is (i32.const 17) (call $go (i32.const 2999) (i32.const 8)) (i32.const 0))
            (call $stands (i32.const 18) (i32.const 8))
            ;; A descriptor's paths begin where they did.
            (call $is (i32.const 19) (call $open (i32.const 3) (i32.const 0) (i32.const 3000) (i32.const 7) (i32.const 2)
                (i64.const 0) (i64.const 0) (i32.const 0) (i32.const 1) (i32.const 16)) (i32.const 0))
            (call $is (i32.const 20) (call $flags_get (i32.load (i32.const 16)) (i32.const 24)) (i32.const 0))
            (call $is (i32.const 21) (i32.load16_u (i32.const 24)) (i32.const 1))
            (call $is (i32.const 22) (call $open (i32.const 3) (i32.const 0) (i32.const 3000) (i32.const 7) (i32.const 2)
                (i64.const 0) (i64.const 0) (i32.const 0) (i32.const 4) (i32.const 16)) (i32.const 28))
            (call $exit (i32.const 77)))"#,
    );
    let dir = Dir::new();
    dir.write("granted/in/file", "");
    dir.write("granted/a.txt", "");
    let grant = format!("{}::/work", dir.join("granted").display());
    prints(&dir.pack_text("goes", &text, &["--dir", &grant]), &[], 77);
}

#[test]
fn whatever_is_granted_is_found_from_the_root_the_one_directory_that_is_told() {
    // It does as its C library: it asks for names from 3 on until there are none, and makes all paths absolute. 3000: a name below
    // the root; 3100: where it stands.
    let text = |below: &str, stands: usize| {
        program(&format!(
            r#"(data (i32.const 3000) "{below}")
            (func (export "_start")
                (call $is (i32.const 1) (call $prestat (i32.const 3) (i32.const 16)) (i32.const 0))
                (call $is (i32.const 2) (i32.load (i32.const 20)) (i32.const 1))
                (call $is (i32.const 3) (call $name (i32.const 3) (i32.const 24) (i32.const 1)) (i32.const 0))
                (call $is (i32.const 4) (i32.load8_u (i32.const 24)) (i32.const 47))
                (call $is (i32.const 5) (call $prestat (i32.const 4) (i32.const 16)) (i32.const 8))
                (call $is (i32.const 6) (call $prestat (i32.const 5) (i32.const 16)) (i32.const 8))
                (call $is (i32.const 7) (call $open (i32.const 3) (i32.const 0) (i32.const 3000) (i32.const {}) (i32.const 9)
                    (i64.const 0x40) (i64.const 0) (i32.const 0) (i32.const 0) (i32.const 16)) (i32.const 0))
                (i32.store (i32.const 8) (i32.const 4096))
                (call $is (i32.const 8) (call $getcwd (i32.const 3100) (i32.const 8)) (i32.const 0))
                (call $is (i32.const 9) (i32.load (i32.const 8)) (i32.const {stands}))
                (call $exit (i32.const 77)))"#,
            below.len()
        ))
    };
    let dir = Dir::new();
    dir.write("granted/there", "");
    let granted = dir.join("granted").display().to_string();
    let under = |guest: &str| format!("{granted}::{guest}");
    let check = |name: &str, below: &str, stands: &str, options: &[&str]| {
        prints(&dir.pack_text(name, &text(below, stands.len()), options), &[], 77);
        let made = dir.join("granted/new");
        assert!(made.exists(), "{name}");
        std::fs::remove_file(made).unwrap();
    };
    check("named", "public/new", "/", &["--dir", &under("/public")]);
    check("relative", "public/new", "/", &["--dir", &under("public")]);
    check("root", "new", "/", &["--dir", &under("/")]);
    check("dot", "new", "/", &["--dir", &under(".")]);
    check("cwd", "public/new", "/public", &["--dir", &under("/public"), "--cwd", "/public"]);
}

#[test]
fn paths_lead_from_the_root_whatever_its_number_stands_for_later() {
    let open = r#"(call $open (i32.const 3) (i32.const 0) (i32.const 3000) (i32.const 9) (i32.const 0)
        (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 0) (i32.const 16))"#;
    let text = program(&format!(
        r#"(data (i32.const 3000) "data/file")
        (func (export "_start")
            (call $is (i32.const 1) (call $close (i32.const 3)) (i32.const 0))
            ;; As it does for a shell: a file gets the number.
            (call $is (i32.const 2) {open} (i32.const 0))
            (call $is (i32.const 3) (i32.load (i32.const 16)) (i32.const 3))
            (call $is (i32.const 4) {open} (i32.const 0))
            (call $is (i32.const 5) (call $chdir (i32.const 3000) (i32.const 4)) (i32.const 0))
            ;; What it hands on, of which its C library takes the rights to open with.
            (call $is (i32.const 9) (call $fdstat (i32.const 3) (i32.const 64)) (i32.const 0))
            (call $is (i32.const 10) (i32.load8_u (i32.const 64)) (i32.const 4))
            (call $is (i32.const 11) (i32.and (i32.load (i32.const 80)) (i32.const 0x42)) (i32.const 0x42))
            (call $is (i32.const 6) (call $prestat (i32.const 3) (i32.const 16)) (i32.const 0))
            (call $is (i32.const 7) (call $r (i32.const 3) (i32.const 9)) (i32.const 0))
            (call $is (i32.const 8) (i32.load (i32.const 1032)) (i32.const 4))
            (call $exit (i32.const 77)))"#
    ));
    let dir = Dir::new();
    dir.write("granted/file", "text");
    let granted = format!("{}::/data", dir.join("granted").display());
    prints(&dir.pack_text("number", &text, &["--dir", &granted]), &[], 77);
}

#[test]
fn natively_it_stands_where_its_user_does() {
    // It makes a file below where it stands, as its C library names it, and prints where that is.
    let text = program(
        r#"(func (export "_start")
            (i32.store (i32.const 8) (i32.const 4096))
            (call $is (i32.const 1) (call $getcwd (i32.const 3000) (i32.const 8)) (i32.const 0))
            (i32.store (i32.const 16) (i32.const 3000)) (i32.store (i32.const 20) (i32.load (i32.const 8)))
            (call $is (i32.const 2) (call $fd_write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 24)) (i32.const 0))
            (i32.store (i32.add (i32.const 3000) (i32.load (i32.const 8))) (i32.const 0x77656e2f))
            (call $is (i32.const 3) (call $open (i32.const 3) (i32.const 0) (i32.const 3001)
                (i32.add (i32.load (i32.const 8)) (i32.const 3)) (i32.const 9)
                (i64.const 0x40) (i64.const 0) (i32.const 0) (i32.const 0) (i32.const 16)) (i32.const 0)))"#,
    );
    let (dir, here) = (Dir::new(), Dir::new());
    let program = dir.pack_text("native", &text, &["--native"]);
    let stands = printed(&run_in(here.path(), &program, &[], &[]));
    assert_eq!(stands, here.path().canonicalize().unwrap().to_str().unwrap());
    assert!(here.join("new").exists());
}

#[test]
fn there_are_a_null_device_and_its_own_streams_unless_something_else_has_these_names() {
    // 3000: names. `$get` opens the one of so many bytes at an address, with flags and rights.
    let text = program(
        r#"(data (i32.const 3000) "dev/nulldev/stdoutdev/fd/1dev/fd/77dev/ttyhello")
        (func $get (param $at i32) (param $len i32) (param $oflags i32) (param $rights i64) (result i32)
            (call $open (i32.const 3) (i32.const 1) (local.get $at) (local.get $len) (local.get $oflags)
                (local.get $rights) (i64.const 0) (i32.const 0) (i32.const 1) (i32.const 16)))
        (func $look (param $at i32) (param $len i32) (result i32)
            (call $stat (i32.const 3) (i32.const 1) (local.get $at) (local.get $len) (i32.const 64)))
        (func (export "_start") (local $fd i32)
            (call $is (i32.const 1) (call $look (i32.const 3000) (i32.const 8)) (i32.const 0))
            (call $is (i32.const 2) (i32.load8_u (i32.const 80)) (i32.const 2))
            ;; As a shell does for `>/dev/null`: made if it is not there, and emptied.
            (call $is (i32.const 3) (call $get (i32.const 3000) (i32.const 8) (i32.const 9) (i64.const 0x42)) (i32.const 0))
            (local.set $fd (i32.load (i32.const 16)))
            (call $is (i32.const 4) (call $w (local.get $fd) (i32.const 100)) (i32.const 0))
            (call $is (i32.const 5) (i32.load (i32.const 1032)) (i32.const 100))
            (call $is (i32.const 6) (call $r (local.get $fd) (i32.const 100)) (i32.const 0))
            (call $is (i32.const 7) (i32.load (i32.const 1032)) (i32.const 0))
            (call $is (i32.const 8) (call $flags_get (local.get $fd) (i32.const 24)) (i32.const 0))
            (call $is (i32.const 9) (i32.load16_u (i32.const 24)) (i32.const 1))
            (call $is (i32.const 10) (call $get (i32.const 3000) (i32.const 8) (i32.const 5) (i64.const 2)) (i32.const 20))
            (call $is (i32.const 11) (call $get (i32.const 3000) (i32.const 8) (i32.const 2) (i64.const 2)) (i32.const 54))
            ;; What is not asked for is not allowed.
            (call $is (i32.const 12) (call $get (i32.const 3000) (i32.const 8) (i32.const 0) (i64.const 2)) (i32.const 0))
            (call $is (i32.const 13) (call $w (i32.load (i32.const 16)) (i32.const 1)) (i32.const 76))
            ;; Its output, by two names.
            (i64.store (i32.const 1040) (i64.const 0x6f6c6c6568))
            (call $is (i32.const 14) (call $get (i32.const 3008) (i32.const 10) (i32.const 8) (i64.const 0x40)) (i32.const 0))
            (call $is (i32.const 15) (call $w (i32.load (i32.const 16)) (i32.const 5)) (i32.const 0))
            (call $is (i32.const 16) (call $get (i32.const 3018) (i32.const 8) (i32.const 0) (i64.const 0x40)) (i32.const 0))
            (call $is (i32.const 17) (call $w (i32.load (i32.const 16)) (i32.const 5)) (i32.const 0))
            (call $is (i32.const 18) (call $look (i32.const 3018) (i32.const 8)) (i32.const 0))
            ;; One that is not open, and another device.
            (call $is (i32.const 19) (call $get (i32.const 3026) (i32.const 9) (i32.const 0) (i64.const 2)) (i32.const 44))
            (call $is (i32.const 20) (call $look (i32.const 3026) (i32.const 9)) (i32.const 44))
            (call $is (i32.const 21) (call $look (i32.const 3035) (i32.const 7)) (i32.const 44))
            (call $exit (i32.const 77)))"#,
    );
    let dir = Dir::new();
    let program = dir.pack_text("devices", &text, &[]);
    assert_eq!(prints(&program, &[], 77), "hellohello");
    // With a root that is granted as well, where they stand in for nothing.
    dir.write("granted/file", "");
    let granted = dir.join("granted").display().to_string();
    let program = dir.pack_text("root", &text, &["--dir", &format!("{granted}::/")]);
    assert_eq!(prints(&program, &[], 77), "hellohello");
    assert!(!dir.join("granted/dev").exists());
    // A granted file of that name comes first.
    dir.write("dev/null", "text");
    let reads = super::program(
        r#"(data (i32.const 3000) "dev/null")
        (func (export "_start")
            (call $is (i32.const 1) (call $open (i32.const 3) (i32.const 1) (i32.const 3000) (i32.const 8) (i32.const 0)
                (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 0) (i32.const 16)) (i32.const 0))
            (call $is (i32.const 2) (call $r (i32.load (i32.const 16)) (i32.const 9)) (i32.const 0))
            (call $exit (i32.load (i32.const 1032))))"#,
    );
    let granted = format!("{}::/dev", dir.join("dev").display());
    prints(&dir.pack_text("own", &reads, &["--dir", &granted]), &[], 4);
}

#[test]
fn clocks_are_not_set_and_there_is_no_terminal_without_one() {
    prints(
        &Dir::new().pack_text(
            "clocks",
            &program(
                r#"(func (export "_start")
                (call $is (i32.const 1) (call $clock_set (i32.const 0) (i64.const 1)) (i32.const 63))
                (call $is (i32.const 2) (call $clock_set (i32.const 9) (i64.const 1)) (i32.const 28))
                (call $is (i32.const 3) (call $tty_get (i32.const 8)) (i32.const 59))
                (call $is (i32.const 4) (call $tty_set (i32.const 8)) (i32.const 59))
                (call $exit (i32.const 77)))"#,
            ),
            &[],
        ),
        &[],
        77,
    );
}

/// A program that sends itself signals; `handles` says that it has a function for them.
fn signals(handles: &str, fields: &str) -> String {
    program(&format!(
        r#"(global $seen (mut i32) (i32.const 0))
        (func (export "__wasm_signal") (param i32) (global.set $seen (local.get 0)))
        (func (export "_start") {handles} {fields} (call $exit (i32.const 77)))"#
    ))
}

#[test]
fn a_signal_that_a_program_sends_itself_is_handled_or_does_what_it_does() {
    let handles = "(call $callback_signal (i32.const 0) (i32.const 0))";
    let dir = Dir::new();
    let to_itself = r#"
        (call $is (i32.const 1) (call $thread_signal (i32.const 1) (i32.const 15)) (i32.const 0))
        (call $is (i32.const 2) (global.get $seen) (i32.const 15))
        (call $is (i32.const 3) (call $proc_signal (i32.const 1) (i32.const 1)) (i32.const 0))
        (call $is (i32.const 4) (global.get $seen) (i32.const 1))
        ;; That it is there is all that 0 asks.
        (call $is (i32.const 5) (call $thread_signal (i32.const 1) (i32.const 0)) (i32.const 0))
        (call $is (i32.const 6) (global.get $seen) (i32.const 1))
        (call $is (i32.const 7) (call $thread_signal (i32.const 9) (i32.const 15)) (i32.const 71))
        (call $is (i32.const 8) (call $proc_signal (i32.const 2) (i32.const 15)) (i32.const 71))
        (call $is (i32.const 9) (call $thread_signal (i32.const 1) (i32.const 99)) (i32.const 28))"#;
    prints(&dir.pack_text("handled", &signals(handles, to_itself), &[]), &[], 77);
    let term = "(drop (call $proc_signal (i32.const 1) (i32.const 15)))";
    prints(&dir.pack_text("ends", &signals("", term), &[]), &[], 143);
    let kill = "(drop (call $thread_signal (i32.const 1) (i32.const 9)))";
    prints(&dir.pack_text("killed", &signals(handles, kill), &[]), &[], 137);
}

#[test]
fn a_handler_of_signals_has_a_stack_of_its_own_and_what_it_does_wrong_is_told() {
    let dir = Dir::new();
    let handler = |body: &str, call: &str| {
        format!(
            r#"(global $depth (mut i32) (i32.const 0))
            (func $raise (drop (call $proc_signal (i32.const 1) (i32.const 15))))
            (func (export "__wasm_signal") (param i32) (global.set $depth (i32.add (global.get $depth) (i32.const 1))) {body})
            (func (export "_start") (call $callback_signal (i32.const 0) (i32.const 0)) {call} (call $exit (i32.const 77)))"#
        )
    };
    // Calls into the engine find room there, and afterwards on the stack before.
    let large = r#"(if (i32.lt_u (global.get $depth) (i32.const 8)) (then (call $raise)))
        (if (i32.lt_s (memory.grow (i32.const 1)) (i32.const 1)) (then (call $exit (i32.const 1))))
        (memory.fill (i32.const 65536) (i32.const 7) (i32.const 65536))"#;
    let after = r#"(call $raise) (memory.copy (i32.const 65536) (i32.const 65537) (i32.const 65535))
        (if (i32.ne (memory.grow (i32.const 1)) (i32.const 9)) (then (call $exit (i32.const 2))))"#;
    for (name, module) in
        [("own", program(&handler(large, after))), ("shared", with_threads(&handler(large, after)))]
    {
        let module = module.replace("(memory 1 1 shared)", "(memory 1 20 shared)");
        prints(&dir.pack_text(name, &module, &[]), &[], 77);
    }
    for (name, body, told) in [
        ("traps", "(unreachable)", "trap: unreachable"),
        ("overflows", "(call $raise2) (drop (i32.const 0))", "trap: call stack exhausted"),
        ("without-end", "(call $raise)", "trap: too many calls within one another"),
    ] {
        let fields = handler(body, "(call $raise)") + "(func $raise2 (call $raise2) (call $raise2))";
        for (threads, module) in [("", program(&fields)), ("-threads", with_threads(&fields))] {
            let program = dir.pack_text(&format!("{name}{threads}"), &module, &[]);
            let said = complains(&program, &[], 134);
            assert!(said.contains(told), "{said}");
        }
    }
}

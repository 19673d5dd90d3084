//! A program becomes another one that it carries.

use super::{FUNCTIONS, IMPORTS, has_no_copies, program};
use crate::common::{self, Dir, complains, prints, text};

/// The imports with which a program becomes another one, and functions on them. What is behind 1024 is free but for 2000 to 2999,
/// where `$exec` builds the list of two arguments, the second one at 2016. `$find` returns the errno of becoming what is called so.
const EXEC: &str = r#"
    (import "wasix_32v1" "proc_exec" (func $exec1 (param i32 i32 i32 i32)))
    (import "wasix_32v1" "proc_exec2" (func $exec2 (param i32 i32 i32 i32 i32 i32)))
    (import "wasix_32v1" "proc_exec3" (func $exec3 (param i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
    (import "wasix_32v1" "proc_exec4" (func $exec4 (param i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))"#;

/// A program of one thread that may become others.
fn becomes(fields: &str) -> String {
    importing("", fields)
}

/// The same, with imports of its own.
pub(super) fn importing(imports: &str, fields: &str) -> String {
    program(&format!(
        r#"(func $exec (param $name i32) (param $len i32) (result i32)
            (i32.store (i32.const 2000) (local.get $name)) (i32.store (i32.const 2004) (i32.const 2016))
            (call $exec4 (local.get $name) (local.get $len) (i32.const 2000) (i32.const 2)
                (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))
        {fields}"#
    ))
    .replacen("(module", &format!("(module {EXEC} {imports}"), 1)
}

/// Says all arguments and then all variables, as WASI hands them over: a zero behind each. Ends with 9.
const TELLS: &str = r#"(module
    (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "environ_get" (func $environ (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (func $say
        (i32.store (i32.const 0) (i32.const 1024))
        (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))
    (func (export "_start")
        (drop (call $args_sizes (i32.const 8) (i32.const 4))) (drop (call $args (i32.const 16) (i32.const 1024))) (call $say)
        (drop (call $environ_sizes (i32.const 8) (i32.const 4))) (drop (call $environ (i32.const 16) (i32.const 1024))) (call $say)
        (call $exit (i32.const 9))))"#;

/// The option that carries `text` under `names`.
pub(super) fn with(dir: &Dir, names: &str, text: &str) -> String {
    let file = dir.write(&format!("{}.wat", names.replace(',', "-")), text);
    format!("--with={names}={}", file.display())
}

#[test]
fn each_form_of_the_call_hands_on_arguments_and_variables() {
    let dir = Dir::new();
    let tells = with(&dir, "tells,other", TELLS);
    // At 3000 text, at 3100 lists of pointers to parts of it, and places to look at.
    let data = r#"(data (i32.const 3000) "/bin/tells\nx y\n\nlast\n") (data (i32.const 3040) "A=1\nB=\n") (data (i32.const 3060) "tells")
        (data (i32.const 3070) "/nowhere::/bin") (data (i32.const 3090) "one\00two\nlines\00\00C=3\00")
        (data (i32.const 3200) "\12\0c\00\00\16\0c\00\00\20\0c\00\00\21\0c\00\00")"#;
    let list = "one\0two\nlines\0\0";
    let text = "/bin/tells\0x y\0\0last\0";
    for (name, call, said) in [
        // The variables stay: one of the packer's, and where programs are.
        ("exec", "(call $exec1 (i32.const 3000) (i32.const 10) (i32.const 3000) (i32.const 21))", format!("{text}MODE=fast\0PATH=/bin\0")),
        // By the name alone, which its variable leads to.
        ("found", "(call $exec1 (i32.const 3060) (i32.const 5) (i32.const 3000) (i32.const 20))", format!("{text}MODE=fast\0PATH=/bin\0")),
        (
            "exec2",
            "(call $exec2 (i32.const 3000) (i32.const 10) (i32.const 3000) (i32.const 21) (i32.const 3040) (i32.const 7))",
            format!("{text}A=1\0B=\0"),
        ),
        (
            "exec3",
            "(drop (call $exec3 (i32.const 3060) (i32.const 5) (i32.const 3000) (i32.const 21) (i32.const 3040) (i32.const 7)
                (i32.const 1) (i32.const 3070) (i32.const 14)))",
            format!("{text}A=1\0B=\0"),
        ),
        (
            "none",
            "(drop (call $exec3 (i32.const 3060) (i32.const 5) (i32.const 3000) (i32.const 0) (i32.const 3040) (i32.const 0)
                (i32.const 1) (i32.const 0) (i32.const 0)))",
            String::new(),
        ),
        (
            "exec4",
            "(drop (call $exec4 (i32.const 3000) (i32.const 10) (i32.const 3200) (i32.const 3) (i32.const 3212) (i32.const 1)
                (i32.const 0) (i32.const 0) (i32.const 0)))",
            format!("{list}C=3\0"),
        ),
    ] {
        let main = becomes(&format!(r#"{data} (func (export "_start") {call} (call $exit (i32.const 1)))"#));
        let program = dir.pack_text(name, &main, &["--env", "MODE=fast", &tells]);
        assert_eq!(prints(&program, &[], 9), said, "{name}");
    }
}

#[test]
fn what_is_no_program_is_told_apart_and_nothing_of_the_host_is_one() {
    let dir = Dir::new();
    let tells = with(&dir, "tells", TELLS);
    let main = becomes(
        r#"(data (i32.const 3000) "/bin/tells/bin/nothing/bin/bin/real/data/real/data/data/nolink/bin/../../tellstells")
        (func $find (param $from i32) (param $to i32) (result i32)
            (call $exec (i32.add (i32.const 3000) (local.get $from)) (i32.sub (local.get $to) (local.get $from))))
        (func (export "_start")
            (call $is (i32.const 1) (call $find (i32.const 10) (i32.const 22)) (i32.const 44))
            (call $is (i32.const 2) (call $find (i32.const 22) (i32.const 26)) (i32.const 2))
            (call $is (i32.const 3) (call $find (i32.const 26) (i32.const 35)) (i32.const 2))
            (call $is (i32.const 4) (call $find (i32.const 35) (i32.const 45)) (i32.const 2))
            (call $is (i32.const 5) (call $find (i32.const 45) (i32.const 50)) (i32.const 2))
            (call $is (i32.const 6) (call $find (i32.const 0) (i32.const 0)) (i32.const 44))
            ;; A link of the host's that leads out.
            (drop (call $find (i32.const 50) (i32.const 62)))
            (call $is (i32.const 12) (call $find (i32.const 62) (i32.const 78)) (i32.const 44))
            ;; A name is a path here.
            (call $is (i32.const 7) (call $find (i32.const 78) (i32.const 83)) (i32.const 44))
            ;; Two line feeds behind each other are no variable.
            (i32.store8 (i32.const 3500) (i32.const 65))
            (call $is (i32.const 8) (call $exec3 (i32.const 3000) (i32.const 10) (i32.const 3000) (i32.const 5)
                (i32.const 3500) (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0)) (i32.const 28))
            (call $is (i32.const 9) (call $exec3 (i32.const 3000) (i32.const 10) (i32.const -4) (i32.const 8)
                (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)) (i32.const 21))
            (call $is (i32.const 10) (call $exec3 (i32.const 3000) (i32.const 10) (i32.const 0) (i32.const 0x200001)
                (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)) (i32.const 1))
            (i32.store (i32.const 3500) (i32.const -4))
            (call $is (i32.const 11) (call $exec4 (i32.const 3000) (i32.const 10) (i32.const 3500) (i32.const 1)
                (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)) (i32.const 21))
            (call $exit (i32.const 70)))"#,
    );
    // Of the host: a script that could be started, under the name of a program and under one of its own.
    for name in ["bin/real", "bin/tells", "data/real"] {
        let script = dir.write(&format!("host/{name}"), "#!/bin/sh\necho started\n");
        #[cfg(unix)]
        std::fs::set_permissions(script, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    }
    #[cfg(unix)]
    std::os::unix::fs::symlink("/bin/sh", dir.join("host/data/nolink")).unwrap();
    let (bin, data) = (dir.join("host/bin"), dir.join("host/data"));
    let options =
        ["--dir", &format!("{}::/bin", bin.display()), "--dir", &format!("{}::/data", data.display())];
    let program = dir.pack_text("finds", &main, &[&options[..], &[&tells]].concat());
    assert_eq!(prints(&program, &[], 70), "");
    // A program that it carries hides a granted file of the same name.
    let main = becomes(
        r#"(data (i32.const 3000) "/bin/tells") (func (export "_start")
            (call $exit (call $exec (i32.const 3000) (i32.const 10))))"#,
    );
    let program = dir.pack_text("over", &main, &[&options[..], &[&tells]].concat());
    assert!(prints(&program, &[], 9).starts_with("/bin/tells\0"));
    // Who carries none finds none.
    let program = dir.pack_text("none", &main, &options);
    assert_eq!(prints(&program, &[], 44), "");
    let old = becomes(
        r#"(data (i32.const 3000) "/bin/nothing") (func (export "_start")
            (call $exec1 (i32.const 3000) (i32.const 12) (i32.const 3000) (i32.const 12)))"#,
    );
    assert_eq!(prints(&dir.pack_text("old", &old, &[&tells]), &[], 127), "", "it does not return");
}

#[test]
fn the_new_program_has_the_old_ones_descriptors_and_place_and_files() {
    let dir = Dir::new();
    // 6 and 7 are the ends of a pipe; behind the root's two names and /tmp they are the first.
    let other = importing(
        r#"(import "wasix_32v1" "getcwd" (func $getcwd (param i32 i32) (result i32)))
        (import "wasix_32v1" "path_filestat_get" (func $stat (param i32 i32 i32 i32 i32) (result i32)))"#,
        r#"(data (i32.const 4000) "tmp/kept")
        (func (export "_start")
            (i32.store (i32.const 3000) (i32.const 3100)) (i32.store (i32.const 3004) (i32.const 4))
            (call $is (i32.const 2) (call $fd_read (i32.const 6) (i32.const 3000) (i32.const 1) (i32.const 3008)) (i32.const 0))
            (call $is (i32.const 3) (i32.load (i32.const 3100)) (i32.const 0x74706b21))
            ;; One was to be closed, one was not.
            (call $is (i32.const 4) (call $fd_close (i32.const 20)) (i32.const 8))
            (call $is (i32.const 5) (call $fd_close (i32.const 21)) (i32.const 0))
            (i32.store (i32.const 3008) (i32.const 20))
            (call $is (i32.const 6) (call $getcwd (i32.const 3200) (i32.const 3008)) (i32.const 0))
            (call $is (i32.const 7) (i32.load (i32.const 3200)) (i32.const 0x706d742f))
            (call $is (i32.const 8) (call $stat (i32.const 3) (i32.const 0) (i32.const 4000) (i32.const 8) (i32.const 3300)) (i32.const 0))
            ;; Its memory is its own.
            (call $is (i32.const 9) (i32.load (i32.const 3700)) (i32.const 0))
            (call $exit (i32.const 70)))"#,
    );
    let other = with(&dir, "other", &other);
    let main = importing(
        r#"(import "wasix_32v1" "chdir" (func $chdir (param i32 i32) (result i32)))
        (import "wasix_32v1" "fd_dup2" (func $dup2 (param i32 i32 i32 i32) (result i32)))
        (import "wasix_32v1" "path_open" (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))"#,
        r#"(data (i32.const 3000) "/bin/other") (data (i32.const 4000) "tmp/kept") (data (i32.const 4016) "!kpt")
        (func (export "_start")
            (i32.store (i32.const 3700) (i32.const 77))
            (call $is (i32.const 11) (call $fd_pipe (i32.const 8) (i32.const 12)) (i32.const 0))
            (call $is (i32.const 12) (i32.load (i32.const 8)) (i32.const 6))
            (i32.store (i32.const 1056) (i32.const 4016)) (i32.store (i32.const 1060) (i32.const 4))
            (call $is (i32.const 13) (call $fd_write (i32.const 7) (i32.const 1056) (i32.const 1) (i32.const 1064)) (i32.const 0))
            (call $is (i32.const 14) (call $dup2 (i32.const 7) (i32.const 20) (i32.const 1) (i32.const 16)) (i32.const 0))
            (call $is (i32.const 15) (call $dup2 (i32.const 7) (i32.const 21) (i32.const 0) (i32.const 16)) (i32.const 0))
            (call $is (i32.const 16) (call $open (i32.const 3) (i32.const 0) (i32.const 4000) (i32.const 8) (i32.const 1)
                (i64.const 0x40) (i64.const 0) (i32.const 0) (i32.const 16)) (i32.const 0))
            (call $is (i32.const 17) (call $chdir (i32.const 4000) (i32.const 3)) (i32.const 0))
            (call $exit (call $exec (i32.const 3000) (i32.const 10))))"#,
    );
    prints(&dir.pack_text("keeps", &main, &["--tmp", &other]), &[], 70);
}

#[test]
fn a_trap_in_the_new_program_is_told_with_its_own_names() {
    let dir = Dir::new();
    let grows = "(memory.fill (i32.const 65530) (i32.const 0) (i32.const 100))";
    for (name, memory, body) in [
        ("divides", "", "(drop (i32.div_u (i32.const 1) (i32.const 0)))"),
        ("stops", "", "(unreachable)"),
        // By the engine: of a program without threads, and of one that may have some.
        ("fills", "(memory 1)", grows),
        ("shares", r#"(import "env" "memory" (memory 1 1 shared))"#, grows),
    ] {
        let other = format!(
            r#"(module {memory} (func $padding (export "padding") (nop)) (func $inner {body}) (func $outer (export "_start") (call $inner)))"#
        );
        let other = with(&dir, "other", &other);
        let main = becomes(
            r#"(data (i32.const 3000) "/bin/other")
            (func $before (memory.fill (i32.const 4000) (i32.const 1) (i32.const 5000)) (call $exit (call $exec (i32.const 3000) (i32.const 10)))) (func (export "_start") (call $before))"#,
        );
        // Of shared memory Singlepass knows nothing on some.
        let compilers =
            if name == "shares" { super::super::threads::compilers() } else { &["cranelift", "singlepass"] };
        for compiler in compilers {
            let program = dir.pack_text(name, &main, &["--compiler", compiler, &other]);
            let said = complains(&program, &[], 134);
            assert!(
                said.contains("trap: ") && said.contains("at inner (") && said.contains("at outer ("),
                "{said}"
            );
            assert!(!said.contains("before") && !said.contains("padding"), "{said}");
        }
    }
}

#[test]
fn a_program_with_other_threads_becomes_none_and_its_copy_does() {
    let dir = Dir::new();
    let tells = with(&dir, "tells", TELLS);
    // Threads by argument: 1 waits without end, 2 makes a copy that becomes another program.
    let main = format!(
        r#"(module {EXEC} {IMPORTS}
        (import "env" "memory" (memory 64 64 shared))
        (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
        (import "wasix_32v1" "thread_join" (func $thread_join (param i32) (result i32)))
        {FUNCTIONS}
        (data (i32.const 3000) "/bin/tells")
        (func $become (result i32)
            (i32.store (i32.const 2000) (i32.const 3000))
            (call $exec4 (i32.const 3000) (i32.const 10) (i32.const 2000) (i32.const 1)
                (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))
        (func (export "wasi_thread_start") (param $tid i32) (param $what i32)
            (if (i32.eq (local.get $what) (i32.const 1))
                (then (loop $ever (drop (call $sleep (i64.const 1000000))) (br $ever))))
            (call $is (i32.const 2) (call $become) (i32.const 10))
            (i32.store (i32.const 3100) (call $fork))
            (if (i32.eqz (i32.load (i32.const 3100))) (then (call $exit (call $become)))))
        (func (export "_start")
            COPIES
            (drop (call $spawn (i32.const 1)))
            (call $is (i32.const 1) (call $become) (i32.const 10))
            (call $exit (i32.const 70))))"#
    );
    let copies = r#"(drop (call $thread_join (call $spawn (i32.const 2))))
            (call $is (i32.const 3) (call $join (i32.load (i32.const 3100))) (i32.const 1009))"#;
    let is_windows = common::on_windows();
    let main = main.replace("COPIES", if is_windows { "" } else { copies });
    let said = prints(&dir.pack_text("threads", &main, &[&tells]), &[], 70);
    assert_eq!(said, if is_windows { "" } else { "/bin/tells\0PATH=/bin\0" });
    // Alone it does, from one with threads to another, and back to one without.
    let alone = |next: &str| {
        format!(
            r#"(module {EXEC} {IMPORTS}
            (import "env" "memory" (memory 64 64 shared))
            (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
            (import "wasix_32v1" "thread_join" (func $thread_join (param i32) (result i32)))
            {FUNCTIONS}
            (data (i32.const 3000) "/bin/{next}")
            (func (export "wasi_thread_start") (param $tid i32) (param $what i32) (i32.store (i32.const 3100) (local.get $what)))
            (func (export "_start")
                (call $is (i32.const 1) (i32.load (i32.const 3100)) (i32.const 0))
                (drop (call $thread_join (call $spawn (i32.const 5))))
                (call $is (i32.const 2) (i32.load (i32.const 3100)) (i32.const 5))
                (i32.store (i32.const 2000) (i32.const 3000))
                (call $exit (call $exec4 (i32.const 3000) (i32.const 10) (i32.const 2000) (i32.const 1)
                    (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))))"#
        )
    };
    let other = with(&dir, "other", &alone("tells"));
    let said = prints(&dir.pack_text("alone", &alone("other"), &[&tells, &other]), &[], 9);
    assert_eq!(said, "/bin/tells\0PATH=/bin\0");
}

#[test]
fn who_waits_for_a_copy_without_memory_goes_on_when_that_becomes_another_program() {
    if has_no_copies() {
        return;
    }
    let dir = Dir::new();
    // It reads what is written only when the other goes on.
    let other = program(
        r#"(func (export "_start")
            (i32.store (i32.const 1056) (i32.const 3000)) (i32.store (i32.const 1060) (i32.const 1))
            (call $is (i32.const 1) (call $fd_read (i32.const 5) (i32.const 1056) (i32.const 1) (i32.const 1064)) (i32.const 0))
            (call $exit (i32.load8_u (i32.const 3000))))"#,
    );
    let other = with(&dir, "other", &other);
    let main = becomes(
        r#"(data (i32.const 3000) "/bin/other")
        (func (export "_start")
            (call $is (i32.const 1) (call $fd_pipe (i32.const 8) (i32.const 12)) (i32.const 0))
            (call $is (i32.const 2) (i32.load (i32.const 8)) (i32.const 5))
            (call $is (i32.const 3) (call $proc_fork (i32.const 0) (i32.const 16)) (i32.const 0))
            (if (i32.eqz (i32.load (i32.const 16))) (then (call $exit (call $exec (i32.const 3000) (i32.const 10)))))
            (i32.store8 (i32.const 3100) (i32.const 42))
            (i32.store (i32.const 1056) (i32.const 3100)) (i32.store (i32.const 1060) (i32.const 1))
            (call $is (i32.const 4) (call $fd_write (i32.const 6) (i32.const 1056) (i32.const 1) (i32.const 1064)) (i32.const 0))
            (call $is (i32.const 5) (call $join (i32.load (i32.const 16))) (i32.const 1042))
            (call $exit (i32.const 70)))"#,
    );
    prints(&dir.pack_text("waits", &main, &[&other]), &[], 70);
}

#[test]
fn the_variable_path_is_that_of_its_programs_unless_another_is_set() {
    let dir = Dir::new();
    let file = dir.write("tells.wat", TELLS);
    let carries = format!("--with=x={}", file.display());
    for (options, start, path) in [
        (&[][..], "", ""),
        (&[&carries[..]], "", "PATH=/bin\0"),
        (&[&carries, "--env", "PATH=/mine:/bin"], "", "PATH=/mine:/bin\0"),
        (&[&carries, "--env", "PATH"], "", "PATH=/usr/bin\0"),
        (&[&carries], "--env PATH=/now", "PATH=/now\0"),
    ] {
        let out = dir.join(&common::file_name("path"));
        common::pack(&file, &out, options);
        let mut command = common::start(&out);
        if !start.is_empty() {
            command.env("WASMPACK_OPTS", start);
        }
        if options.contains(&"PATH") && common::skipped_when_emulated("with a PATH of its own") {
            continue;
        }
        if options.contains(&"PATH") {
            command.env("PATH", "/usr/bin");
        }
        let said = text(&common::output(&mut command).stdout);
        let (_, variables) = said.split_once('\0').unwrap();
        assert_eq!(variables, path, "{options:?} {start}");
    }
}

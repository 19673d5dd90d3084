//! Images: code and memory that are decoded when they are touched, or mapped from the file; both do the same.

use std::io::{Read, Write};
use std::process::Stdio;

use crate::common::{
    self, Dir, complains, fixture, on_windows, prints, says, skipped_when_emulated, start, text,
};

/// Both ways to store a program.
const WAYS: [&[&str]; 2] = [&["--level", "3"], &["--no-compress"]];

/// Data in five chunks of 64 KiB, with gaps; the program hands them to the system without having touched them.
const COLD: &str = r#"(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 8)
  (data (i32.const 0x10000) "\00\00\02\00\06\00\00\00\00\00\03\00\06\00\00\00") ;; two buffers
  (data (i32.const 0x20000) "first ")
  (data (i32.const 0x30000) "second")
  (data (i32.const 0x40000) "\00\00\05\00\08\00\00\00") ;; a buffer to read into
  (data (i32.const 0x50000) "........, kept")
  (data (i32.const 0x60000) "\00\00\05\00\0e\00\00\00")
  (func (export "_start")
    (if (call $write (i32.const 1) (i32.const 0x10000) (i32.const 1) (i32.const 0x70000))
      (then (call $exit (i32.const 1))))
    (if (call $write (i32.const 1) (i32.const 0x10008) (i32.const 1) (i32.const 0x70000))
      (then (call $exit (i32.const 1))))
    (if (call $read (i32.const 0) (i32.const 0x40000) (i32.const 1) (i32.const 0x70000))
      (then (call $exit (i32.const 2))))
    (if (call $write (i32.const 1) (i32.const 0x60000) (i32.const 1) (i32.const 0x70000))
      (then (call $exit (i32.const 3))))
    ;; What nothing initialised is zero, before, between and behind the data.
    (call $exit (i32.or (i32.load (i32.const 0x0fffc)) (i32.or (i32.load (i32.const 0x2fff0))
      (i32.load (i32.const 0x70010)))))))"#;

#[test]
fn the_system_is_handed_memory_that_was_never_touched() {
    let dir = Dir::new();
    for way in WAYS {
        let program = dir.pack_text("cold", COLD, way);
        let mut child = start(&program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(b"eight  !").unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{way:?}: {}", text(&output.stderr));
        assert_eq!(text(&output.stdout), "first secondeight  !, kept", "{way:?}");
    }
}

#[test]
fn data_that_cannot_be_laid_out_beforehand_is_there_as_well() {
    // Passive data, and a later segment over an earlier one.
    let source = r#"(module
      (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      (memory (export "memory") 2)
      (data (i32.const 8) "\01\02\03\04")
      (data (i32.const 10) "\07")
      (data $passive "\10")
      (func (export "_start")
        (memory.init $passive (i32.const 100) (i32.const 0) (i32.const 1))
        (call $exit (i32.add (i32.load8_u (i32.const 100))
          (i32.add (i32.load8_u (i32.const 10)) (i32.load8_u (i32.const 11)))))))"#;
    let dir = Dir::new();
    for way in WAYS {
        prints(&dir.pack_text("data", source, way), &[], 0x10 + 7 + 4);
    }
}

#[test]
fn data_outside_of_the_memory_is_a_trap_before_the_program_starts() {
    let source = r#"(module (memory (export "memory") 1) (data (i32.const 0xfff0) "this is longer than sixteen")
      (func (export "_start") unreachable))"#;
    let dir = Dir::new();
    for way in WAYS {
        let message = complains(&dir.pack_text("outside", source, way), &[], 134);
        assert!(
            message.starts_with(&format!("{}trap: out of bounds memory access", says("outside"))),
            "{message}"
        );
    }
}

#[test]
fn memory_that_was_written_stays_written_when_it_grows() {
    let source = r#"(module
      (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      (memory (export "memory") 2)
      (data (i32.const 0x1fffc) "\05")
      (func (export "_start")
        (i32.store8 (i32.const 0x1fffd) (i32.const 6))
        (drop (memory.grow (i32.const 3)))
        (i32.store8 (i32.const 0x4fff0) (i32.const 7))
        (memory.copy (i32.const 0x30000) (i32.const 0x1fffc) (i32.const 2))
        (call $exit (i32.add (i32.load8_u (i32.const 0x4fff0))
          (i32.add (i32.load8_u (i32.const 0x30000)) (i32.load8_u (i32.const 0x30001)))))))"#;
    let dir = Dir::new();
    for way in WAYS {
        prints(&dir.pack_text("grow", source, way), &[], 18);
    }
}

/// A program of many functions, each of which calls the next one, with some weight so that they fill many chunks.
fn long_chain(count: usize) -> String {
    let mut source = String::from(
        "(module (import \"wasi_snapshot_preview1\" \"proc_exit\" (func $exit (param i32))) (memory (export \"memory\") 1)\n",
    );
    for index in 0..count {
        let work: String = (0..40)
            .map(|step| format!("(i32.store offset={} (local.get 0) (i32.mul (i32.load offset={} (local.get 0)) (i32.const {})))", step * 4, step * 8, index + step))
            .collect();
        let next = (index + 7919) % count;
        source += &format!(
            "(func $f{index} (param i32 i32) (result i32) {work} (if (result i32) (local.get 1) (then (i32.add (i32.const 1) (call $f{next} (local.get 0) (i32.sub (local.get 1) (i32.const 1))))) (else (i32.const 0))))\n"
        );
    }
    source + "(func (export \"_start\") (call $exit (call $f0 (i32.const 0) (i32.const 99)))))"
}

#[test]
fn functions_all_over_a_large_image_find_each_other() {
    let dir = Dir::new();
    let source = long_chain(1500);
    for compiler in ["cranelift", "singlepass"] {
        for way in WAYS {
            let options = [&["--compiler", compiler], way].concat();
            prints(&dir.pack_text("chain", &source, &options), &[], 99);
        }
    }
}

/// What the packer says, and the executable that it writes.
#[cfg(target_os = "linux")]
fn packed_and_told(dir: &Dir, name: &str, source: &str, options: &[&str]) -> (std::path::PathBuf, String) {
    let (source, out) = (dir.write(&format!("{name}.wat"), source), dir.join(&common::file_name(name)));
    let output = common::wasmpack().arg(source).arg("-o").arg(&out).args(options).output().unwrap();
    let told = text(&output.stderr);
    assert!(output.status.success(), "{told}");
    (out, told)
}

#[test]
#[cfg(target_os = "linux")]
fn a_start_is_tried_and_changes_the_order_and_nothing_else() {
    let dir = Dir::new();
    let source = long_chain(1500);
    let (program, told) = packed_and_told(&dir, "tried", &source, &["-v"]);
    // `_start`, and each of the chain's functions that it gets to.
    assert!(told.contains("the 101 functions that a start ran lie together"), "{told}");
    let (untried, told) = packed_and_told(&dir, "untried", &source, &["-v", "--no-trial"]);
    assert!(told.contains("functions lie as they call each other"), "{told}");
    prints(&program, &[], 99);
    prints(&untried, &[], 99);
    let once = std::fs::read(&program).unwrap();
    assert!(once == std::fs::read(packed_and_told(&dir, "tried", &source, &[]).0).unwrap());
}

/// The program looks at clocks, waits, and draws numbers, and goes to one of 64 functions after each.
#[test]
#[cfg(target_os = "linux")]
fn time_and_chance_do_not_change_what_is_packed() {
    let branch = |index: usize| {
        format!(
            "(func $f{index} (result i32) (i32.add (i32.const {index}) (i32.load (i32.const {}))))",
            index * 8
        )
    };
    let functions: String = (0..64).map(branch).collect();
    let names: String = (0..64).map(|index| format!(" $f{index}")).collect();
    let source = format!(
        r#"(module
          (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "clock_time_get" (func $time (param i32 i64 i32) (result i32)))
          (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
          (memory (export "memory") 1) (table funcref (elem{names})) (type $f (func (result i32)))
          ;; A wait of an hour on the monotonic clock.
          (data (i32.const 0x2010) "\01") (data (i32.const 0x2018) "\00\a0\b8\30\46\03\00\00")
          {functions}
          (func $go (drop (call_indirect (type $f) (i32.and (i32.shr_u (i32.load (i32.const 0x1000)) (i32.const 10)) (i32.const 63)))))
          (func (export "_start") (local $round i32)
            (loop $again
              (drop (call $random (i32.const 0x1000) (i32.const 4))) (call $go)
              (drop (call $time (i32.const 0) (i64.const 1) (i32.const 0x1000))) (call $go)
              (drop (call $time (i32.const 2) (i64.const 1) (i32.const 0x1000))) (call $go)
              (if (i32.eqz (i32.load (i32.const 0x1ffc)))
                (then (drop (call $poll (i32.const 0x2000) (i32.const 0x3000) (i32.const 1) (i32.const 0x1ff8)))
                  (i32.store (i32.const 0x1ffc) (i32.const 1))))
              (br_if $again (i32.lt_u (local.tee $round (i32.add (local.get $round) (i32.const 1))) (i32.const 4))))))"#
    );
    let dir = Dir::new();
    let pack = || {
        let (program, told) = packed_and_told(&dir, "chance", &source, &["-v"]);
        assert!(told.contains("functions that a start ran lie together"), "{told}");
        std::fs::read(program).unwrap()
    };
    let first = pack();
    for again in 0..3 {
        assert!(first == pack(), "{again}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_start_is_tried_with_nothing_that_was_granted() {
    let dir = Dir::new();
    std::fs::create_dir(dir.join("data")).unwrap();
    let data = dir.join("data").to_str().unwrap().to_owned();
    let options = ["--dir", &format!("{data}::/data"), "--", "write", "/data/note", "written"];
    let program = dir.pack("probe", &options);
    assert!(!dir.join("data/note").exists(), "written when it was packed");
    if skipped_when_emulated("to write there") {
        return;
    }
    prints(&program, &[], 0);
    assert_eq!(std::fs::read_to_string(dir.join("data/note")).unwrap(), "written");
}

#[test]
#[cfg(target_os = "linux")]
fn a_start_that_does_not_end_is_given_up() {
    let dir = Dir::new();
    let source = r#"(module (memory (export "memory") 1) (func (export "_start") (loop $l (br $l))))"#;
    let (_, told) = packed_and_told(&dir, "forever", source, &["-v"]);
    assert!(told.contains("functions lie as they call each other"), "{told}");
    assert!(told.contains("note: no start could be tried") && told.contains("within 5 seconds"), "{told}");
}

/// Four MiB of data, all of which a start reads: a second thread brings much of it meanwhile.
#[test]
fn what_another_thread_brings_is_whole() {
    const PAGES: usize = 64;
    let mut seed = 1u32;
    let mut data = String::new();
    let mut sum = 0u32;
    for _ in 0..PAGES * 0x1_0000 / 4 {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        // Half of it can be compressed.
        let word = if seed & 0x100 == 0 { seed } else { seed >> 24 };
        sum = sum.wrapping_add(word).rotate_left(1);
        data += &word.to_le_bytes().map(|byte| format!("\\{byte:02x}")).concat();
    }
    let source = format!(
        r#"(module
          (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
          (memory (export "memory") {PAGES})
          (data (i32.const 0) "{data}")
          (func (export "_start") (local $at i32) (local $sum i32)
            (loop $next
              (local.set $sum (i32.rotl (i32.add (local.get $sum) (i32.load (local.get $at))) (i32.const 1)))
              (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 4))) (i32.const {}))))
            (call $exit (i32.xor (i32.const 77) (i32.xor (local.get $sum) (i32.const {}))))))"#,
        PAGES * 0x1_0000,
        sum as i32
    );
    let dir = Dir::new();
    for options in [&["--level", "3"][..], &["--level", "3", "--no-trial"], &["--no-compress"]] {
        let program = dir.pack_text("sum", &source, options);
        for _ in 0..20 {
            prints(&program, &[], 77);
        }
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_profile_changes_the_order_and_nothing_else() {
    if skipped_when_emulated("to be profiled") {
        return;
    }
    let dir = Dir::new();
    let source = long_chain(1500);
    let plain = std::fs::read(dir.pack_text("plain", &source, &[])).unwrap();
    let program = dir.pack_text("profiled", &source, &["--profile", ""]);
    let profiled = std::fs::read(&program).unwrap();
    assert!(plain != profiled);
    prints(&program, &[], 99);
    let message = complains(
        &dir.pack_text(
            "odd",
            "(module (memory 1) (func (export \"_start\") unreachable))",
            &["--profile", "a 'b c'"],
        ),
        &[],
        134,
    );
    assert!(message.starts_with("odd: trap: unreachable\n    at function 0"), "{message}");
}

/// A launcher that was given for another machine cannot try the start on this one; the packer's own does.
#[test]
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn a_start_is_tried_on_this_machine_whatever_is_packed() {
    let dir = Dir::new();
    let stub = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../prebuilt-stubs/linux-arm64");
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_wasmpack"));
    command.arg(fixture("hello")).arg("-o").arg(dir.join("app")).args([
        "--target",
        "linux-arm64",
        "--profile",
        "",
    ]);
    let output = command.arg("--stub").arg(stub).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
}

#[test]
fn a_profile_with_an_open_quotation_is_refused() {
    let dir = Dir::new();
    let output = common::wasmpack()
        .arg(fixture("hello"))
        .arg("-o")
        .arg(dir.join("x"))
        .args(["--profile", "it's"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("quotation"), "{}", text(&output.stderr));
}

/// Starts a program that waits for input, and returns its memory map.
#[cfg(target_os = "linux")]
fn map_of(program: &std::path::Path) -> String {
    let mut child = start(program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut first = [0; 1];
    child.stdout.as_mut().unwrap().read_exact(&mut first).unwrap();
    let map = std::fs::read_to_string(format!("/proc/{}/maps", child.id())).unwrap();
    child.stdin.take().unwrap().write_all(b"eight  !").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    map
}

#[test]
#[cfg(target_os = "linux")]
fn no_page_is_writable_and_executable() {
    if skipped_when_emulated("so that its memory can be looked at") {
        return;
    }
    let dir = Dir::new();
    for way in WAYS {
        let map = map_of(&dir.pack_text("cold", COLD, way));
        assert!(map.lines().any(|line| line.contains(" r-xp ")), "{map}");
        assert!(!map.lines().any(|line| line.contains(" rwx")), "{way:?}: {map}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn an_uncompressed_program_is_mapped_from_its_file() {
    if skipped_when_emulated("so that its memory can be looked at") {
        return;
    }
    let dir = Dir::new();
    let program = dir.pack_text("cold", COLD, &["--no-compress"]);
    let map = map_of(&program);
    // The launcher's own segments come first; after them the program's code, at the offset where the file has it.
    let own = map.lines().filter(|line| line.ends_with("/cold") && line.contains(" r-xp ")).count();
    assert_eq!(own, 2, "{map}");
    let data = map.lines().filter(|line| line.ends_with("/cold") && line.contains(" rw-p ")).count();
    assert!(data >= 2, "{map}");
}

/// Where a system forbids new executable memory, only a file that needs none can run.
#[test]
#[cfg(target_os = "linux")]
fn a_system_that_forbids_executable_memory_runs_uncompressed_files() {
    use std::os::unix::process::CommandExt;
    // linux/prctl.h
    const PR_SET_MDWE: libc::c_int = 65;
    const PR_MDWE_REFUSE_EXEC_GAIN: libc::c_ulong = 1;
    if skipped_when_emulated("under a stricter kernel") {
        return;
    }
    let dir = Dir::new();
    let forbidden = |way: &[&str]| {
        let program = dir.pack("hello", way);
        let mut command = start(&program);
        // SAFETY: prctl may be called between fork and exec; it takes numbers.
        unsafe {
            command.pre_exec(|| match libc::prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0) {
                0 => Ok(()),
                _ => Err(std::io::Error::last_os_error()),
            });
        }
        command.stdin(Stdio::null()).output()
    };
    match forbidden(&["--no-compress"]) {
        Err(error) if error.raw_os_error() == Some(libc::EINVAL) => {
            return skip::because("this kernel has no PR_SET_MDWE");
        }
        outcome => assert_eq!(outcome.unwrap().status.code(), Some(7)),
    }
    let refused = forbidden(&["--level", "3"]).unwrap();
    let message = text(&refused.stderr);
    assert_eq!(refused.status.code(), Some(125), "{message}");
    assert!(message.starts_with("hello: ") && message.contains("--no-compress"), "{message}");
    assert_eq!(message.lines().count(), 1, "{message}");
}

/// Under a filter of system calls the kernel is not asked to fill memory: this one would end the process for it. Chunks are
/// moved into place then.
#[test]
#[cfg(target_os = "linux")]
fn under_a_filter_of_system_calls_a_program_runs() {
    if skipped_when_emulated("under a filter of system calls") {
        return;
    }
    let dir = Dir::new();
    let program = dir.pack("probe", &["--level", "3"]);
    let mut command = start(&program);
    common::confine::filter(&mut command, libc::SYS_userfaultfd, libc::SECCOMP_RET_KILL_PROCESS);
    let output = command.args(["args", "one"]).stdin(Stdio::null()).output().unwrap();
    assert_eq!(text(&output.stdout), "probe\nargs\none\n", "{:?} {}", output.status, text(&output.stderr));
}

/// The engine raises these traps itself, in functions that compiled code calls.
#[test]
fn a_trap_inside_the_engine_says_where_it_came_from() {
    let dir = Dir::new();
    let cases = [
        ("(memory.fill (i32.const 65530) (local.get 0) (i32.const 100))", "out of bounds memory access"),
        ("(memory.copy (i32.const 65530) (local.get 0) (i32.const 100))", "out of bounds memory access"),
        ("(table.copy (i32.const 0) (i32.const 5) (i32.const 3))", "out of bounds table access"),
        ("unreachable", "unreachable"),
    ];
    for compiler in ["cranelift", "singlepass"] {
        for (body, what) in cases {
            let source = format!(
                "(module (memory (export \"memory\") 1) (table 2 funcref)
                   (func $inner (param i32) {body})
                   (func $outer (call $inner (i32.const 0)))
                   (func $start (export \"_start\") (memory.fill (i32.const 0) (i32.const 0) (i32.const 1)) (call $outer)))"
            );
            let message = complains(&dir.pack_text("engine", &source, &["--compiler", compiler]), &[], 134);
            let first = message.lines().next().unwrap_or_default();
            assert!(
                first.starts_with(&format!("{}trap: ", says("engine"))) && first.contains(what),
                "{compiler}: {body}: {message}"
            );
            for name in ["inner", "outer", "start"] {
                assert!(message.contains(&format!("at {name} ")), "{compiler}: {body}: {message}");
            }
        }
    }
}

/// What sees the app enter the engine must be there for a start function, too, and in an app without a memory.
#[test]
fn a_trap_of_the_engine_is_told_in_a_start_function_and_without_a_memory() {
    let dir = Dir::new();
    let deeper = "(call $inner (i32.add (local.get 0) (i32.const 1)))";
    let cases = [
        ("(table.copy (i32.const 0) (i32.const 5) (i32.const 3))", "out of bounds table access"),
        ("(drop (table.get (i32.const 7)))", "out of bounds table access"),
        ("(call_indirect (type $none) (i32.const 0))", "uninitialized element"),
        (&format!("(drop (table.grow (ref.null func) (i32.const 0))) {deeper}"), "call stack exhausted"),
        ("(memory.fill (i32.const 65530) (i32.const 0) (i32.const 100))", "out of bounds memory access"),
        (&format!("(drop (memory.grow (i32.const 0))) {deeper}"), "call stack exhausted"),
    ];
    for compiler in ["cranelift", "singlepass"] {
        for (body, what) in cases {
            for memory in ["(memory (export \"memory\") 1)", ""] {
                if memory.is_empty() && body.contains("memory.") {
                    continue;
                }
                for start in
                    ["(start $first) (func (export \"_start\"))", "(export \"_start\" (func $first))"]
                {
                    let source = format!(
                        "(module (type $none (func)) {memory} (table 2 funcref)
                           (func $inner (param i32) {body})
                           (func $outer (call $inner (i32.const 0)))
                           (func $first (call $outer))
                           {start})"
                    );
                    let program = dir.pack_text("engine", &source, &["--compiler", compiler]);
                    let message = complains(&program, &[], 134);
                    let mut lines = message.lines();
                    let first = lines.next().unwrap_or_default();
                    assert!(
                        first.starts_with(&format!("{}trap: ", says("engine"))) && first.contains(what),
                        "{compiler}: {source}: {message}"
                    );
                    let names: Vec<&str> =
                        lines.filter_map(|line| line.trim().strip_prefix("at ")?.split(' ').next()).collect();
                    // Windows has no stack left to look at the stack with, where that ends.
                    let wanted: &[&str] = match what {
                        "call stack exhausted" if on_windows() => &[],
                        "call stack exhausted" => &["inner", "inner"],
                        _ => &["inner", "outer", "first"],
                    };
                    assert!(names.starts_with(wanted), "{compiler}: {source}: {message}");
                }
            }
        }
    }
}

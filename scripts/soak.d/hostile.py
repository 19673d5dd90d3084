"""Hostile programs and surroundings: growth, recursion to the stack's very end, descriptors, wild pointers to every call, very
many functions, and low limits of the system. Whatever they do, a program ends by itself, by a trap that is reported (134), or
by one line of the launcher (125); never by a signal, a panic, in a hang, or with more memory than docs/sandbox.md allows.
"""

import collections
import os
import random
import re
import resource
import struct
import sys
from pathlib import Path

import common

MIB = 1 << 20
COMPILERS = ("cranelift", "singlepass")
# What a program that declares next to nothing may take all the same.
ALLOWED = 512 * MIB

# Every function of preview 1 that comes back, by its parameters: i for i32, l for i64. The table at the end of this file declares them.
TABLE = Path(__file__).parents[2] / "wasi/src/table.rs"
ROW = re.compile(r"^ {12}(\w+)\(([^)]*)\) in \w+;", re.MULTILINE)
CALLS = {name: "".join("l" if kind.endswith("64") else "i" for kind in re.findall(r": (\w+)", parameters))
         for name, parameters in ROW.findall(TABLE.read_text())}
TYPES = {"i": "i32", "l": "i64"}


def imported(name):
    params = " ".join(TYPES[kind] for kind in CALLS[name])
    return f'(import "wasi_snapshot_preview1" "{name}" (func ${name} {f"(param {params})" if params else ""} (result i32)))'


def check(findings, counts, what, ran, codes, memory=ALLOWED):
    """Counts a run, and says what is wrong with it."""
    counts[what.split(",")[0]] += 1
    said = ran.err.decode(errors="replace")
    if ran.peak > memory:
        findings.add("memory", f"{what}: {ran}")
    elif ran.code is None:
        findings.add("hang", f"{what}: {ran}")
    elif "panicked" in said:
        findings.add("panic", f"{what}: {ran}")
    elif ran.code < 0:
        findings.add("ended by a signal", f"{what}: {ran}")
    elif ran.code == 125 and ran.lines() != 1:
        findings.add("not one line", f"{what}: {ran}")
    elif ran.code == 134 and not ran.lines():
        findings.add("trap without a line", f"{what}: {ran}")
    elif ran.code not in codes:
        findings.add("another exit code", f"{what}: {ran}, one of {codes} expected")
    elif any(byte < 32 and byte != 10 or byte == 127 for byte in ran.err):
        findings.add("control characters", f"{what}: {ran}")


# Programs by name: text, options, the codes they may end with, and how much memory they may take.
def growing():
    yield "memory.grow", """(module (memory (export "memory") 1) (func (export "_start")
      (loop $l (br_if $l (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))))""", (), (0,), ALLOWED
    yield "memory.grow, touched, 256 MiB declared", """(module (memory (export "memory") 1 4096) (func (export "_start")
      (loop $l (i32.store (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 4)) (i32.const 1))
       (memory.fill (i32.const 0) (i32.const 1) (i32.mul (memory.size) (i32.const 65536)))
       (br_if $l (i32.ne (memory.grow (i32.const 64)) (i32.const -1))))))""", (), (0,), ALLOWED
    yield "table.grow", """(module (table 0 funcref) (func (export "_start")
      (loop $l (br_if $l (i32.ne (table.grow 0 (ref.null func) (i32.const 100000)) (i32.const -1))))))""", (), (0,), ALLOWED
    yield "table.grow, by the largest number", """(module (table 1 externref) (func (export "_start")
      (loop $l (br_if $l (i32.ne (table.grow 0 (ref.null extern) (i32.const -2)) (i32.const -1))))))""", (), (0,), ALLOWED
    yield "poll_oneoff, 80 million subscriptions", """(module (import "wasi_snapshot_preview1" "poll_oneoff"
      (func $poll (param i32 i32 i32 i32) (result i32))) (memory (export "memory") 65535)
      (func (export "_start") (drop (call $poll (i32.const 16) (i32.const 16) (i32.const 80000000) (i32.const 8)))))""", (), (0,), \
        1024 * MIB
    # A million opens: where nothing stops them, they are few enough to end, and tell by memory what one takes.
    opening = """(module {imports} (memory (export "memory") 1) (data (i32.const 16) "f")
      (func (export "_start") (local $n i32) (loop $l (br_if $l (i32.and
       (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 1000000)) (i32.eqz
       (call $path_open (i32.const 3) (i32.const 0) (i32.const 16) (i32.const 1) (i32.const {flags}) (i64.const 66) (i64.const 0) (i32.const 0) (i32.const 64))))))))"""
    yield "descriptors, of the host", opening.format(imports=imported("path_open"), flags=1), ("--dir", f"{common.TMP / 'open'}::/"), (0,), ALLOWED
    yield "descriptors, of carried files", opening.format(imports=imported("path_open"), flags=0), ("--files-rw", f"{common.TMP / 'open'}::/"), (0,), ALLOWED
    # A carried tree that may be changed is kept in memory: what is written to it is bounded as well.
    yield "carried files, written without end", f"""(module {imported('path_open')} {imported('fd_write')} (memory (export "memory") 32)
      (data (i32.const 16) "f") (func (export "_start") (i32.store (i32.const 32) (i32.const 1024)) (i32.store (i32.const 36) (i32.const 1048576))
       (drop (call $path_open (i32.const 3) (i32.const 0) (i32.const 16) (i32.const 1) (i32.const 0) (i64.const 66) (i64.const 0) (i32.const 0) (i32.const 64)))
       (loop $l (br_if $l (i32.eqz (call $fd_write (i32.load (i32.const 64)) (i32.const 32) (i32.const 1) (i32.const 40)))))))""", \
        ("--files-rw", f"{common.TMP / 'open'}::/"), (0,), 2048 * MIB
    yield "carried files, written at the far end", f"""(module {imported('path_open')} {imported('fd_pwrite')} (memory (export "memory") 1)
      (data (i32.const 16) "f") (func (export "_start") (i32.store (i32.const 32) (i32.const 16)) (i32.store (i32.const 36) (i32.const 1))
       (drop (call $path_open (i32.const 3) (i32.const 0) (i32.const 16) (i32.const 1) (i32.const 0) (i64.const 70) (i64.const 0) (i32.const 0) (i32.const 64)))
       (drop (call $fd_pwrite (i32.load (i32.const 64)) (i32.const 32) (i32.const 1) (i64.const 0x7ffffffffffffff0) (i32.const 40)))
       (drop (call $fd_pwrite (i32.load (i32.const 64)) (i32.const 32) (i32.const 1) (i64.const 0x200000000) (i32.const 40)))))""", \
        ("--files-rw", f"{common.TMP / 'open'}::/"), (0,), 2048 * MIB


def growth(findings, counts):
    folder = common.TMP / "open"
    folder.mkdir()
    (folder / "f").write_bytes(b"carried")
    for index, (name, text, options, codes, memory) in enumerate(growing()):
        for compiler in COMPILERS:
            out = common.pack(common.wat(f"grow{index}", text), common.TMP / "grow", "--compiler", compiler, "--no-trial", *options)
            # What a program takes that never ends by itself is bounded here as well.
            check(findings, counts, f"{name}, {compiler}", common.run([out], time_limit=120), codes, memory)


DEEP = """(module (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
 (memory (export "memory") 1 1{shared}) (data (i32.const 0) "\\10\\00\\00\\00\\04\\00\\00\\00")
 {fields}
 (func $leaf {leaf})
 (func $deep (param i32) (if (i32.eqz (local.get 0)) (then (call $leaf) (return))) (call $deep (i32.sub (local.get 0) (i32.const 1))))
 (func (export "_start") (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8))) (call $deep (i32.load (i32.const 16)))))
"""


def leaves():
    """What is called at the end of the stack: module fields, and a function's body. Each a way to a large frame, or into the host."""
    def many(count, what):
        return " ".join([what] * count)

    for count in (100, 1000):
        yield f"{count} results", f"(func $big (result {many(count, 'i64')}) {many(count, '(i64.const 0x4141414142424242)')})", f"(call $big) {many(count, 'drop')}"
        yield f"{count} parameters", f"(func $big (param {many(count, 'i64')}))", f"{many(count, '(i64.const 0x4141414142424242)')} (call $big)"
        yield f"{count} results by table", (
            f"(type $t (func (result {many(count, 'i64')}))) (table funcref (elem $big)) (func $big (type $t) {many(count, '(i64.const 0x4141414142424242)')})"), \
            f"(call_indirect (type $t) (i32.const 0)) {many(count, 'drop')}"
        yield f"a block of {count} values", f"(type $b (func (result {many(count, 'i64')})))", \
            f"(block (type $b) {many(count, '(i64.const 0x4141414142424242)')}) {many(count, 'drop')}"
    yield "5000 locals", f"(func $big (local {many(5000, 'i64')}) (local.set 4999 (i64.const 0x4141414142424242)))", "(call $big)"
    yield "an unknown import of 1000 parameters", None, None
    yield "memory.atomic.notify", "", "(drop (memory.atomic.notify (i32.const 64) (i32.const 1)))"
    yield "memory.fill out of bounds", "", "(memory.fill (i32.const 65535) (i32.const 1) (i32.const 2))"
    yield "memory.grow", "", "(drop (memory.grow (i32.const 0)))"
    yield "division by zero", "", "(drop (i32.div_s (i32.const 1) (i32.load (i32.const 100))))"
    yield "access out of bounds", "", "(drop (i32.load (i32.const 65536)))"
    yield "unreachable", "", "(unreachable)"
    yield "a call by an empty table", "(table 4 funcref) (type $n (func))", "(call_indirect (type $n) (i32.const 1))"
    yield "table.grow", "(table 4 funcref)", "(drop (table.grow 0 (ref.null func) (i32.const 1)))"


def sweep(findings, counts, width):
    """Goes down to the end of the stack step by step, and does something there."""
    for index, (name, fields, leaf) in enumerate(leaves()):
        for compiler in COMPILERS:
            text = DEEP
            if fields is None:
                params = " ".join(["i64"] * 1000)
                text = text.replace("(memory", f'(import "env" "nobody" (func $big (param {params})))\n (memory', 1)
                fields, leaf = "", " ".join(["(i64.const 0x4141414142424242)"] * 1000) + " (call $big)"
            source = common.wat(f"deep{index}", text.format(fields=fields, leaf=leaf, shared=""))
            what = f"{name} at the stack's end, {compiler}"
            packed = common.run(common.packer(source, "-o", common.TMP / "deep", "-q", "--no-trial", "--compiler", compiler), time_limit=120)
            if packed.code:
                # A compiler that cannot do this safely refuses it by name.
                check(findings, counts, f"{what}, packing", packed, (1,), 4096 * MIB)
                if packed.code == 1 and packed.lines() != 1:
                    findings.add("not one line", f"{what}, packing: {packed}")
                continue

            def at(depth):
                return common.run([common.TMP / "deep"], stdin=struct.pack("<I", depth))

            def full(depth):
                ran = at(depth)
                return ran.code != 0 and b"stack" in ran.err or ran.code is None or ran.code < 0

            low, high = 1, 3_000_000
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (low, middle) if full(middle) else (middle, high)
            # Behind the last depth that fits come those at which only the large frame does not, then those at which nothing does.
            for depth in range(low - width, low + width):
                check(findings, counts, f"{what}, {depth - low:+} calls", at(max(1, depth)), (0, 134))


def recursion(findings, counts):
    for name, body in (("one function", "(call $f)"), ("by table", "(call_indirect (type $t) (i32.const 0))")):
        text = f"(module (type $t (func)) (table funcref (elem $f)) (func $f (type $t) {body}) (func (export \"_start\") {body}))"
        for compiler in COMPILERS:
            out = common.pack(common.wat("recursion", text), common.TMP / "recursion", "--compiler", compiler)
            check(findings, counts, f"recursion, {name}, {compiler}", common.run([out]), (134,))


def wild(findings, counts, pick, modules=40, calls=3000):
    """Every call of preview 1 with pointers, lengths and descriptors from nowhere, among files that must stay as they are."""
    edges = [0, 1, 3, 4, 5, 7, 8, 16, 0xffff, 0x10000, 0x1fff8, 0x1ffff, 0x20000, 0x7fffffff, 0x80000000, 0xfffffff8, 0xffffffff]
    for number in range(modules):
        outside, granted, kept, carried = (common.TMP / f"wild{number}" / name for name in ("outside", "granted", "kept", "carried"))
        for folder in (outside, granted, kept, carried):
            folder.mkdir(parents=True)
            (folder / "f").write_text("content")
        (granted / "out").symlink_to("../outside")
        body = []
        for _ in range(calls):
            name = pick.choice(list(CALLS))
            values = []
            for index, kind in enumerate(CALLS[name]):
                if kind == "l":
                    values.append(f"(i64.const {pick.choice([0, 1, 8, 1 << 20, (1 << 63) - 1, -1, pick.getrandbits(64) - (1 << 63)])})")
                elif index == 0 and name.startswith(("fd_", "path_", "sock_")) and pick.random() < 0.8:
                    # Never 1 and 2: what they are told goes to where findings are looked for.
                    values.append(f"(i32.const {pick.choice([0, 3, 4, 5, 6, 7, 8])})")
                elif pick.random() < 0.5:
                    values.append(f"(i32.const {pick.choice(edges)})")
                else:
                    values.append(f"(i32.const {pick.randrange(0x20000)})")
            # A wait must be short: what memory holds there is the longest time there is.
            if name == "poll_oneoff":
                values[0] = "(i32.const 0x8000)"
            if name in ("fd_close", "fd_renumber") and values[0] in ("(i32.const 1)", "(i32.const 2)"):
                continue
            if name == "fd_renumber":
                values[1] = "(i32.const 6)"
            body.append(f"(drop (call ${name} {' '.join(values)}))")
        # Functions of a hundred calls each, so that compiling stays quick.
        parts = [body[at:at + 100] for at in range(0, len(body), 100)]
        functions = "\n".join(f"(func $p{i} {' '.join(part)})" for i, part in enumerate(parts))
        entry = " ".join(f"(memory.fill (i32.const 0x8000) (i32.const 0) (i32.const 4096)) (call $p{i})" for i in range(len(parts)))
        text = (f"(module {' '.join(map(imported, CALLS))} (memory (export \"memory\") 2 2) "
                f"(data (i32.const 0) \"f\\00out/f\\00..\\00/etc/passwd\\00new\\00\") {functions} (func (export \"_start\") {entry}))")
        compiler = COMPILERS[number % 2]
        out = common.pack(common.wat("wild", text), common.TMP / "wild", "--compiler", compiler, "--dir", f"{granted}::/a", "--dir-ro", f"{kept}::/b",
                          "--files-rw", f"{carried}::/c", *(["--no-compress"] if number % 4 > 1 else []))
        ran = common.run([out], time_limit=60)
        check(findings, counts, f"wild pointers, module {number}, {compiler}", ran, (0,), 1024 * MIB)
        for folder in (outside, kept, carried):
            if [entry.name for entry in folder.iterdir()] != ["f"] or (folder / "f").read_text() != "content":
                findings.add("changed outside", f"wild pointers, module {number}: {folder.name}")
    return modules * calls


def large(findings, counts):
    functions = "(func)" * 600_000
    nested = "(block " * 50_000 + ")" * 50_000
    locals_ = f"(local {' '.join(['i64'] * 50_000)})"
    shapes = (
        ("600,000 functions", f"(module {functions} (func (export \"_start\")))"),
        ("50,000 nested blocks", f"(module (func (export \"_start\") {nested}))"),
        ("50,000 locals", f"(module (func (export \"_start\") {locals_}))"),
        ("names that control a terminal", '(module (import "\\1b[31m" "a\\0ab\\07\\e2\\80\\ae" (func $f)) (func (export "_start") (call $f)))'),
        ("a function's name that controls a terminal", '(module (func (export "_start") (call $f)) (func $f (@name "\\1b]0;x\\07\\0aline") (unreachable)))'),
    )
    for name, text in shapes:
        for compiler in COMPILERS:
            out = common.TMP / "large"
            packed = common.run(common.packer(common.wat("large", text), "-o", out, "-q", "--compiler", compiler), time_limit=300)
            check(findings, counts, f"{name}, packing with {compiler}", packed, (0, 1), 8192 * MIB)
            if packed.code == 0:
                check(findings, counts, f"{name}, {compiler}", common.run([out]), (0, 134), 1024 * MIB)
            elif packed.code == 1 and packed.lines() != 1:
                findings.add("not one line", f"{name}, packing with {compiler}: {packed}")


def limits(findings, counts, width):
    """Low limits of the system: a program that does next to nothing runs, or is told by one line why not."""
    text = """(module (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
     (memory (export "memory") 4) (data (i32.const 16) "\\40\\00\\00\\00\\02\\00\\00\\00") (data (i32.const 64) "a\\n")
     (func (export "_start") (drop (call $write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 8)))))"""
    kib = 1024
    for mode in ("compressed", "raw"):
        out = common.pack(common.wat("limits", text), common.TMP / "limits", *(["--no-compress"] if mode == "raw" else []))

        def runs(which, value):
            return common.run([out], limits=[(which, value)]).code == 0

        for name, which, top in (("address space", resource.RLIMIT_AS, 16 << 20), ("data", resource.RLIMIT_DATA, 1 << 20)):
            low, high = 0, top
            while high - low > 4:
                middle = (low + high) // 2
                low, high = (low, middle) if runs(which, middle * kib) else (middle, high)
            # From nothing at all to where it runs, closely before that, and widely below.
            near = range(max(0, high - 4 * width), high + 8, 4)
            wide = [high * n // width for n in range(1, width)]
            for value in [*wide, *near]:
                check(findings, counts, f"limits, {name} of {value} KiB, {mode}", common.run([out], limits=[(which, value * kib)]), (0, 125))
        for files in range(0, 12):
            check(findings, counts, f"limits, {files} descriptors, {mode}", common.run([out], limits=[(resource.RLIMIT_NOFILE, files)]), (0, 125, 127))
        for stack in (64, 128, 256, 1024):
            check(findings, counts, f"limits, a stack of {stack} KiB, {mode}", common.run([out], limits=[(resource.RLIMIT_STACK, stack * kib)]), (0, 125))


def main():
    args = common.options(sweep=300)
    if not sys.platform.startswith("linux"):
        print("hostile: skipped: limits and the peak of memory are asked for in Linux's way")
        return
    findings, counts, pick = common.Findings(args.keep), collections.Counter(), random.Random(args.seed)
    calls = wild(findings, counts, pick, modules=max(2, args.sweep // 8))
    limits(findings, counts, args.sweep)
    recursion(findings, counts)
    growth(findings, counts)
    sweep(findings, counts, args.sweep)
    large(findings, counts)
    for what, number in sorted(counts.items()):
        print(f"  {number:6} {what}")
    findings.end("hostile", f"{sum(counts.values())} runs, {calls} calls with wild pointers")


if __name__ == "__main__":
    main()

"""Damage: changed bytes, zeroed blocks, splices and cuts, in every region of compressed and raw executables.

Every run must be as without damage, or end with 125 and one line that names the damage, or fall into a class that
docs/format.md names: bytes that are mapped as they are, carried files that cannot be read, names of functions that are lost.
"""

import collections
import multiprocessing
import os
import random
import re
import struct

import common

KINDS = {1: "manifest", 3: "metadata", 4: "code", 5: "memory", 6: "unwind", 7: "frames", 8: "tree", 9: "files", 10: "module"}
# The locator's magic, version and reserved field.
LOCATOR = b"WPKLOC\r\n" + struct.pack("<II", 1, 0)
# Words by which the launcher tells that its file is at fault. "cannot set up the program" and the like are not among them.
NAMES_DAMAGE = re.compile(
    r"damaged|payload at 0x|checksum|carries no program|this launcher|made for|was packed for|pack it again|no section|"
    r"locator|sealed|format version", re.I)
# And words that blame something else.
BLAMES_OTHERS = re.compile(r"forbids|Insufficient resources|create it|out of memory|not enough memory", re.I)

# A program that reads a carried file through tables, memory and a call by table, throws and catches an exception where the
# compiler can, and traps if it is told so: so that what is damaged is used.
PROGRAM = """(module
 (import "wasi_snapshot_preview1" "path_open" (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
 (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
 (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
 (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
 (memory (export "memory") 8)
 (data (i32.const 16) "text")
 (data (i32.const 65536) "{padding}")
 (tag $thrown (param i32))
 (type $step (func (param i32) (result i32)))
 (table funcref (elem {elements}))
 {functions}
 (func $thrower (param i32) (if (i32.and (local.get 0) (i32.const 1)) (then (throw $thrown (local.get 0)))))
 (func $caught (param i32) (result i32)
  (block $h (result i32) (try_table (catch $thrown $h) (call $thrower (local.get 0))) (i32.const 5)))
 (func $fold (param $from i32) (param $to i32) (param $h i32) (result i32)
  (loop $l
   (local.set $h (i32.mul (i32.xor (local.get $h) (i32.load8_u (local.get $from))) (i32.const 16777619)))
   (br_if $l (i32.lt_u (local.tee $from (i32.add (local.get $from) (i32.const 1))) (local.get $to))))
  (local.get $h))
 (func (export "_start") (local $h i32) (local $i i32) (local $n i32)
  (local.set $h (i32.const -2128831035))
  (if (call $open (i32.const 3) (i32.const 0) (i32.const 16) (i32.const 4) (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 32))
   (then (call $exit (i32.const 71))))
  (i32.store (i32.const 40) (i32.const 262144)) (i32.store (i32.const 44) (i32.const 65536))
  (block $end (loop $more
   (if (call $read (i32.load (i32.const 32)) (i32.const 40) (i32.const 1) (i32.const 48)) (then (call $exit (i32.const 72))))
   (br_if $end (i32.eqz (local.tee $n (i32.load (i32.const 48)))))
   (local.set $h (call $fold (i32.const 262144) (i32.add (i32.const 262144) (local.get $n)) (local.get $h)))
   (br $more)))
  (local.set $h (call $fold (i32.const 65536) (i32.const {end}) (local.get $h)))
  (loop $steps
   (local.set $h (call_indirect (type $step) (local.get $h) (local.get $i)))
   (local.set $h (i32.add (local.get $h) (call $caught (local.get $i))))
   (br_if $steps (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const {count}))))
  (local.set $i (i32.const 0))
  (loop $digits
   (i32.store8 (i32.add (i32.const 64) (local.get $i)) (i32.add (i32.const 97) (i32.and (local.get $h) (i32.const 15))))
   (local.set $h (i32.shr_u (local.get $h) (i32.const 4)))
   (br_if $digits (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 8))))
  (i32.store8 (i32.const 72) (i32.const 10))
  (i32.store (i32.const 40) (i32.const 64)) (i32.store (i32.const 44) (i32.const 9))
  (drop (call $write (i32.const 1) (i32.const 40) (i32.const 1) (i32.const 48)))
  {last}))
"""


def program(traps):
    count, pick = 400, random.Random(7)
    functions = "\n ".join(
        f"(func $f{i} (type $step) (i32.rotl (i32.add (i32.mul (local.get 0) (i32.const {pick.randrange(1 << 31) | 1})) "
        f"(i32.const {pick.randrange(1 << 31)})) (i32.const {pick.randrange(31)})))" for i in range(count))
    elements = " ".join(f"$f{i}" for i in range(count))
    padding = "".join(f"\\{pick.randrange(256):02x}" for _ in range(100_000))
    last = "(unreachable)" if traps else ""
    return PROGRAM.format(functions=functions, elements=elements, count=count, padding=padding, end=65536 + 100_000, last=last)


def regions(file):
    """The parts of an executable by name: (start, end, raw). They are where docs/format.md says."""
    slot = file.find(LOCATOR)
    at, length = struct.unpack_from("<QQ", file, slot + 16)
    count, _prefix = struct.unpack_from("<II", file, at + 12)
    table = at + 96
    found = {"launcher": (0, at, True), "locator": (slot, slot + 32, True), "header": (at, table, True),
             "table": (table, table + 40 * count, True)}
    for i in range(count):
        kind, encoding, offset, stored = struct.unpack_from("<IIQQ", file, table + 40 * i)
        found[KINDS.get(kind, f"kind {kind}")] = (at + offset, at + offset + stored, encoding == 0)
    if at + length != len(file):
        found["behind"] = (at + length, len(file), True)
    return found


def changes(pick, name, region, file, count):
    """`count` damages within a region: (what, position, bytes to write, or None to cut there). Every byte of small regions."""
    start, end, _ = region
    size = end - start
    if size <= 0:
        return
    for n in range(count):
        at = start + (n % size if size <= count else pick.randrange(size))
        kind = n % 7 if size > count else (n // size) % 7
        old = file[at]
        if kind in (0, 1):
            yield "flip", at, bytes([old ^ 1 << pick.randrange(8)])
        elif kind == 2:
            yield "zero", at, bytes([0 if old else 255])
        elif kind == 3:
            yield "ff", at, bytes([255 if old != 255 else 0])
        elif kind == 4:
            yield "block", at, bytes(min(16, end - at))
        elif kind == 5:
            length = min(64, end - at)
            other = pick.randrange(len(file) - length)
            yield "splice", at, file[other:other + length]
        elif name != "launcher" or n % 70 == 6:
            yield "cut", at, None
        else:
            yield "flip", at, bytes([old ^ 128])


def judge(name, raw, traps, good, ran):
    """The class of a run, and whether it must not be. `name` is the region, or "launcher" for a cut within it."""
    said = ran.err.decode(errors="replace")
    if (ran.code, ran.out, ran.err) == (good.code, good.out, good.err):
        return "same", False
    unchecked = raw and name in ("code", "memory", "files")
    if ran.code is None:
        return "hangs", not (unchecked and name in ("code", "memory")) and name != "launcher"
    if name == "launcher":
        silent = ran.code == good.code and ran.out != good.out and not traps
        return ("wrong output" if silent else "launcher"), silent
    if ran.code == 125 and ran.lines() == 1 and "panicked" not in said:
        if BLAMES_OTHERS.search(said) or not NAMES_DAMAGE.search(said):
            # Code that nobody checked can bring the engine to find a contradiction of its own.
            if unchecked and name == "code" and "the launcher failed: " in said:
                return "unchecked", False
            return "125, blames something else", True
        return "125", False
    if unchecked:
        return "unchecked", False
    if "panicked" in said or ran.code == 125 and ran.lines() > 1:
        return "panic", True
    if ran.code < 0:
        return f"signal {-ran.code}", True
    # The launcher says nothing when a carried file cannot be decoded: the program is told by its own call, and says so by 71 or 72.
    if name in ("files", "tree") and ran.code in (71, 72) and not said:
        return "read error", False
    if traps and name == "frames" and ran.code == good.code and ran.out == good.out and said.splitlines()[:1] == good.err.decode().splitlines()[:1]:
        return "names lost", False
    if ran.code == 134:
        return "reported as a trap", True
    return "wrong output", True


def work(job):
    """Tries one share of the damages of one executable, on a copy of its own."""
    label, path, share, jobs, positions, seed = job
    file = path.read_bytes()
    traps = "trap" in label
    copy = common.TMP / f"{path.name}.{share}"
    copy.write_bytes(file)
    copy.chmod(0o755)
    good = common.run([copy])
    counts, found, number = collections.Counter(), [], 0
    for name, region in regions(file).items():
        pick = random.Random(f"{seed} {label} {name}")
        limit = positions if name != "launcher" else positions // 10
        for what, at, new in changes(pick, name, region, file, limit):
            number += 1
            if number % jobs != share:
                continue
            with open(copy, "r+b", buffering=0) as damaged:
                if new is None:
                    damaged.truncate(at)
                elif file[at:at + len(new)] == new:
                    continue
                else:
                    os.pwrite(damaged.fileno(), new, at)
            ran = common.run([copy], time_limit=10)
            with open(copy, "r+b", buffering=0) as damaged:
                os.pwrite(damaged.fileno(), file[at:] if new is None else file[at:at + len(new)], at)
            # A launcher that is cut is the one file that may end as it likes.
            cut = new is None and name == "locator"
            verdict, bad = judge("launcher" if cut else name, region[2], traps, good, ran)
            counts[name, verdict] += 1
            if bad:
                found.append((f"{label}, {name}: {verdict}", f"{what} at {at} ({at - region[0]} in the region): {ran}"))
    return label, counts, found


def main():
    args = common.options(positions=10_000)
    findings = common.Findings(args.keep)
    folder = common.TMP / "carried"
    folder.mkdir()
    (folder / "text").write_bytes(b"".join(b"line %d of a carried file\n" % n for n in range(20_000)))
    jobs = []
    for traps in (False, True):
        source = common.wat("trapping" if traps else "plain", program(traps))
        for mode in ("compressed", "raw"):
            label = f"{mode}{', trap' if traps else ''}"
            path = common.TMP / label.replace(", ", "-")
            common.pack(source, path, "--files", f"{folder}::/", "--keep-module", *(["--no-compress"] if mode == "raw" else []))
            ran = common.run([path])
            if ran.code != (134 if traps else 0) or not ran.out:
                raise SystemExit(f"soak: the program itself fails: {ran}")
            jobs += [(label, path, share, args.jobs, args.positions, args.seed) for share in range(args.jobs)]
    totals = collections.defaultdict(collections.Counter)
    with multiprocessing.Pool(args.jobs) as pool:
        for label, counts, found in pool.imap_unordered(work, jobs):
            for (name, verdict), number in counts.items():
                totals[label, name][verdict] += number
            for kind, what in found:
                findings.add(kind, what)
    for (label, name), verdicts in sorted(totals.items()):
        print(f"  {label:18} {name:10} {sum(verdicts.values()):7}  " + ", ".join(f"{n} {v}" for v, n in verdicts.most_common()))
    runs = sum(sum(verdicts.values()) for verdicts in totals.values())
    findings.end("damage", f"{runs} runs in {len(totals)} regions of 4 executables")


if __name__ == "__main__":
    main()

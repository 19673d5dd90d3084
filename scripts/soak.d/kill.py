"""Packers that are ended at random moments, and two packers on one output.

Afterwards the output is the old file or a new one that verifies, nothing else lies beside it or among the temporaries, and no
process of the packer's is left. What SIGKILL leaves on the disk nobody can remove: it is counted apart.
"""

import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import time

import common

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
MARK = "SOAK_KILL_MARK"

# Enough functions that compiling takes a while, and a start that does not end by itself: a trial that must be ended, too.
MODULE = """(module
 (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
 (memory (export "memory") 4)
 (data (i32.const 64) "{text}\\n") (data (i32.const 16) "\\40\\00\\00\\00\\02\\00\\00\\00")
 {functions}
 (func (export "_start") {spin} (drop (call $write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 8)))))
"""


def module(name, text, spin):
    functions = "\n ".join(
        f"(func (param i64 i64) (result i64) " + "(local.set 0 (i64.mul (i64.rotl (local.get 0) (local.get 1)) (i64.const {0})))".format(n)
        * 20 + " (local.get 0))" for n in range(600))
    return common.wat(name, MODULE.format(text=text, functions=functions, spin=spin))


def marked(mark):
    """Processes that carry the mark in their environment."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and int(entry.name) != os.getpid() and f"{MARK}={mark}".encode() in (entry / "environ").read_bytes():
                # One that has ended and was not waited for yet has no environment.
                found.append(int(entry.name))
        except OSError:
            pass
    return found


def left(mark):
    """What is still running a second later; it is ended here."""
    for _ in range(20):
        running = marked(mark)
        if not running:
            return []
        time.sleep(0.05)
    told = []
    for pid in running:
        try:
            told.append(pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip())
            os.kill(pid, signal.SIGKILL)
        except OSError:
            pass
    return told


def environment(folder, mark):
    temporaries = folder / "tmp"
    temporaries.mkdir()
    return temporaries, {**os.environ, "TMPDIR": str(temporaries), MARK: mark}


def beside(folder, known):
    return sorted(entry.name for entry in folder.iterdir() if entry.name not in known)


def kills(args, findings, pick):
    old = common.TMP / "old"
    common.pack(common.wat("old", '(module (func (export "_start")))'), old)
    before = old.read_bytes()
    counts = {"old file": 0, "new file": 0, "temporary after SIGKILL": 0}
    for spins in (False, True):
        source = module(f"victim{spins:d}", "new", "(loop $l (br $l))" if spins else "")
        begun = time.monotonic()
        common.pack(source, common.TMP / "timed")
        whole = time.monotonic() - begun
        for n in range(args.kills // 2):
            mark = f"{os.getpid()}-{spins:d}-{n}"
            folder = common.TMP / "kill"
            folder.mkdir()
            out = folder / "out"
            shutil.copy(old, out)
            temporaries, env = environment(folder, mark)
            signal_sent = SIGNALS[n % len(SIGNALS)]
            # A terminal sends its signals to the whole group, kill to one process: both must do.
            group = n // len(SIGNALS) % 2 == 0 and signal_sent != signal.SIGKILL
            child = subprocess.Popen(
                common.packer(source, "-o", out, "-q"), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE, env=env, start_new_session=True)
            time.sleep(whole * pick.random())
            sent = child.poll() is None
            if sent:
                (os.killpg if group else os.kill)(child.pid, signal_sent)
            try:
                _, said = child.communicate(timeout=common.TIME)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                _, said = child.communicate()
                findings.add("packer does not end", f"after {signal_sent.name}")
            name = f"{signal_sent.name}{' to the group' if group else ''}, {'endless' if spins else 'short'} trial"
            for command in left(mark):
                findings.add("process left", f"{name}: {command[:160]}")
            if b"panicked" in said:
                findings.add("panic", f"{name}: {said.decode(errors='replace').splitlines()[0][:160]}")
            content = out.read_bytes()
            if content == before:
                counts["old file"] += 1
            else:
                counts["new file"] += 1
                if subprocess.run([common.WASMPACK, "verify", out], capture_output=True).returncode:
                    findings.add("broken output", name)
            remains = beside(folder, {"out", "tmp"}) + beside(temporaries, set())
            if remains and sent and signal_sent == signal.SIGKILL:
                counts["temporary after SIGKILL"] += 1
            elif remains:
                findings.add("temporary left", f"{name}: {', '.join(remains)}")
            shutil.rmtree(folder)
    return counts


def pairs(args, findings, pick):
    sources = {text: module(f"pair-{text}", text, "") for text in "ab"}
    runs = 0
    for n in range(args.pairs):
        folder = common.TMP / "pair"
        folder.mkdir()
        temporaries, env = environment(folder, f"{os.getpid()}-pair-{n}")
        out = folder / "out"
        children = []
        for text, source in sources.items():
            command = common.packer(source, "-o", out, "-q", *(["--no-trial"] if n % 2 else []))
            children.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, env=env))
            time.sleep(pick.random() * 0.2)
        # Whoever starts the output meanwhile finds one of them, whole.
        while any(child.poll() is None for child in children):
            if out.exists():
                ran = common.run([out])
                runs += 1
                if ran.code != 0 or ran.out not in (b"a\n", b"b\n"):
                    findings.add("broken output of two", str(ran))
            time.sleep(0.02)
        for child in children:
            _, said = child.communicate()
            if child.returncode:
                findings.add("one of two fails", said.decode(errors="replace").strip()[:160])
        ran = common.run([out])
        if ran.code != 0 or ran.out not in (b"a\n", b"b\n"):
            findings.add("broken output of two", str(ran))
        remains = beside(folder, {"out", "tmp"}) + beside(temporaries, set())
        if remains:
            findings.add("temporary left by two", ", ".join(remains))
        shutil.rmtree(folder)
    return runs


def main():
    args = common.options(kills=200, pairs=20)
    if not sys.platform.startswith("linux"):
        print("kill: skipped: processes are looked for in /proc")
        return
    # What nohup or a script's & have ignored would be ignored by every packer that is started here.
    for ignored in (signal.SIGHUP, signal.SIGINT):
        signal.signal(ignored, signal.SIG_DFL)
    findings, pick = common.Findings(args.keep), random.Random(args.seed)
    counts = kills(args, findings, pick)
    runs = pairs(args, findings, pick)
    told = ", ".join(f"{number} {what}" for what, number in counts.items())
    findings.end("kill", f"{args.kills // 2 * 2} packers ended: {told}; {args.pairs} pairs, {runs} starts meanwhile")


if __name__ == "__main__":
    main()

"""What the parts of scripts/soak share: options, a folder, packing, and running a program with its time and memory measured."""

import argparse
import os
import pathlib
import resource
import signal
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
WASMPACK = os.environ["WASMPACK"]
TMP = pathlib.Path(os.environ["SOAK_TMP"])
# What a run may take before it counts as hanging.
TIME = 20
# No program is let go on with more memory than this: others work on this machine.
MOST = 3 << 30


def options(**numbers):
    """The numbers this part knows, with their defaults; --quick divides them by twenty. What other parts know is left to them."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep", type=pathlib.Path)
    for name, default in numbers.items():
        parser.add_argument(f"--{name}", type=int)
    args, _ = parser.parse_known_args()
    for name, default in numbers.items():
        if getattr(args, name) is None:
            setattr(args, name, max(1, default // 20) if args.quick else default)
    if args.keep:
        args.keep.mkdir(parents=True, exist_ok=True)
    return args


def packer(*args):
    stub = os.environ.get("WASMPACK_STUB")
    return [WASMPACK, *map(str, args), *(["--stub", stub] if stub else [])]


def pack(source, out, *args):
    """Packs, which must succeed."""
    done = subprocess.run(packer(source, "-o", out, "-q", *args), capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        sys.exit(f"soak: packing {source}: {done.stderr}")
    return out


def wat(name, text):
    path = TMP / f"{name}.wat"
    path.write_text(text)
    return path


class Ran:
    """How a program ended: `code` is negative for a signal, None when it did not end in time."""

    def __init__(self, code, out, err, seconds, peak):
        self.code, self.out, self.err, self.seconds, self.peak = code, out, err, seconds, peak

    def first(self):
        lines = self.err.decode(errors="replace").splitlines()
        return ascii(lines[0][:160]) if lines else "''"

    def lines(self):
        return len(self.err.splitlines())

    def __str__(self):
        code = "no end" if self.code is None else self.code
        return f"{code} in {self.seconds:.1f} s, {self.peak >> 20} MiB, {self.lines()} lines, {self.first()}"


def resident(pid):
    """How much memory a process has right now, in bytes."""
    try:
        with open(f"/proc/{pid}/statm") as file:
            return int(file.read().split()[1]) * resource.getpagesize()
    except (OSError, IndexError):
        return 0


def run(command, time_limit=TIME, limits=(), stdin=b"", cwd=None, env=None):
    """Runs a program in a session of its own, and ends it when it takes too long or too much."""

    def prepare():
        os.setsid()
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        try:
            # Should the machine run out of memory all the same, then this is what is ended, and nobody else's work.
            with open("/proc/self/oom_score_adj", "w") as file:
                file.write("1000")
        except OSError:
            pass
        for which, value in limits:
            resource.setrlimit(which, (value, value))

    out, err = (open(TMP / f"{name}.{os.getpid()}", "w+b") for name in ("out", "err"))
    begun = time.monotonic()
    with out, err:
        child = subprocess.Popen(
            list(map(str, command)), stdin=subprocess.PIPE if stdin else subprocess.DEVNULL, stdout=out, stderr=err,
            preexec_fn=prepare, cwd=cwd, env=env)
        if stdin:
            try:
                child.stdin.write(stdin)
                child.stdin.close()
            except BrokenPipeError:
                pass
        late = False
        while True:
            # wait4 tells the peak of memory of this child alone.
            pid, status, usage = os.wait4(child.pid, os.WNOHANG)
            if pid:
                break
            if not late and (time.monotonic() - begun > time_limit or resident(child.pid) > MOST):
                late = True
                os.killpg(child.pid, signal.SIGKILL)
            time.sleep(0.0005 if time.monotonic() - begun < 0.1 else 0.01)
        child.returncode = os.waitstatus_to_exitcode(status)
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read(1 << 20))
        seconds = time.monotonic() - begun
        return Ran(None if late else child.returncode, *texts, seconds, usage.ru_maxrss * 1024)


class Findings:
    """What must not be. The first of each kind are printed, all are counted."""

    SHOWN = 5

    def __init__(self, keep):
        self.kinds, self.keep = {}, keep

    def add(self, kind, what):
        self.kinds[kind] = self.kinds.get(kind, 0) + 1
        if self.kinds[kind] <= self.SHOWN:
            print(f"  FOUND {kind}: {what}", flush=True)
        if self.keep:
            with open(self.keep / "findings.txt", "a") as file:
                file.write(f"{kind}: {what}\n")

    def end(self, part, counts):
        """Prints the final line, and ends with what scripts/soak expects."""
        told = ", ".join(f"{number} {kind}" for kind, number in sorted(self.kinds.items())) or "none"
        print(f"{part}: {counts}; findings: {told}", flush=True)
        sys.exit(1 if self.kinds else 0)

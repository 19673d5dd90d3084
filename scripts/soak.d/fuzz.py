"""Every fuzz target of fuzz/, each for its share of the time. Corpora stay in fuzz/corpus and grow from run to run."""

import os
import re
import shutil
import subprocess
import sys

import common


def main():
    args = common.options(seconds=3600)
    findings = common.Findings(args.keep)
    if not shutil.which("cargo-fuzz"):
        findings.add("cargo-fuzz is not here", "cargo install cargo-fuzz")
        findings.end("fuzz", "nothing was run")
    manifest = (common.ROOT / "fuzz/Cargo.toml").read_text()
    targets = re.findall(r'\[\[bin\]\]\s+name = "(\w+)"', manifest)
    share = max(1, args.seconds // len(targets))
    # cargo-fuzz asks for a nightly compiler; a stable one does, told so, and has the sanitizers that it was built with.
    env = {**os.environ, "RUSTC_BOOTSTRAP": "1"}
    tried = 0
    for target in targets:
        command = ["cargo", "fuzz", "run", target, "--", f"-max_total_time={share}", "-max_len=4096", "-rss_limit_mb=4096",
                   "-timeout=20", f"-seed={args.seed}", "-print_final_stats=1"]
        done = subprocess.run(command, cwd=common.ROOT / "fuzz", env=env, capture_output=True, text=True, errors="replace")
        units = re.search(r"number_of_executed_units:\s*(\d+)", done.stderr)
        runs = int(units.group(1)) if units else 0
        tried += runs
        print(f"  {target:12} {runs:9} inputs in {share} s", flush=True)
        if done.returncode:
            lines = [line for line in done.stderr.splitlines() if re.search(r"panicked|ERROR|error|SUMMARY|assert", line)]
            findings.add(target, f"exit code {done.returncode}: {' | '.join(lines[:4])[:400]}")
            if args.keep:
                (args.keep / f"fuzz-{target}.txt").write_text(done.stderr)
        elif not runs:
            findings.add(target, "no input was run")
    findings.end("fuzz", f"{tried} inputs to {len(targets)} targets, {share} s each")


if __name__ == "__main__":
    sys.exit(main())

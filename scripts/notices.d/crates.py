"""Which crates land in which program, as cargo resolves them by Cargo.lock."""

import functools
import json
import os
import re
import subprocess
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# What is built: the launcher, which is a part of every executable, and the packer.
LAUNCHER, PACKER = "wasmpack-stub", "wasmpack"
# Whichever Rust is called cargo here.
CARGO = os.environ.get("CARGO", "cargo")


def triples():
    """The triple of each target, as scripts/build.d/targets names it, in its order."""
    text = (ROOT / "scripts/build.d/targets").read_text()
    names = re.search(r"^ALL=\((.*)\)$", text, re.MULTILINE)[1].split()
    return {name: re.search(rf"\n    {name}\)\s+rust=(\S+)", text)[1] for name in names}


def run(*command):
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


def tree(program, triple, features=()):
    """The packages whose code lands in `program` for `triple`: (name, version). Neither what only runs while compiling nor
    macros are among them."""
    listed = run(CARGO, "tree", "--locked", "-q", "-p", program, "-e", "normal,no-proc-macro", "--target", triple,
                 "--prefix", "none", "-f", "{p}", *features)  # fmt: skip
    return {tuple(line.split(" ")[:2]) for line in listed.splitlines()}


@functools.cache
def metadata():
    return json.loads(run(CARGO, "metadata", "--locked", "--format-version", "1"))


def packages():
    """What cargo knows of each package: by (name, vVERSION)."""
    return {(package["name"], "v" + package["version"]): package for package in metadata()["packages"]}


def needs():
    """The packages that a package needs when it runs, as (its id, their ids), on any system."""
    for node in metadata()["resolve"]["nodes"]:
        yield node["id"], [d["pkg"] for d in node["deps"] if any(kind["kind"] is None for kind in d["dep_kinds"])]


def checksums():
    """The SHA-256 of each package's archive: by (name, vVERSION)."""
    lock = tomllib.loads((ROOT / "Cargo.lock").read_text())
    return {(p["name"], "v" + p["version"]): p["checksum"] for p in lock["package"] if "checksum" in p}


def is_ours(package):
    """Whether it is of this repository, and no corrected copy of another's."""
    manifest = Path(package["manifest_path"])
    # In the place of some crates stand lines of our own, which nobody publishes.
    if package["source"] is not None:
        return False
    return "vendor" not in manifest.relative_to(ROOT).parts or package["publish"] == []


def beside():
    """What lands in programs and is no crate, as notices.d/beside.toml lists it."""
    return tomllib.loads((ROOT / "scripts/notices.d/beside.toml").read_text())["part"]

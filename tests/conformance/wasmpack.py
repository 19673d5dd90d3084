"""An adapter for the runner of WebAssembly/wasi-testsuite: each test module is packed, and the executable is run.

    ./run-tests -r .../tests/conformance/wasmpack.py tests/*/testsuite/wasm32-wasip1

Environment: WASMPACK, the packer with any options (default: wasmpack), and WASMPACK_RUNNER, what is put before the
packed executable (such as qemu-aarch64-static).
"""
import atexit
import os
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Dict, List, Optional, Tuple

WASMPACK = shlex.split(os.getenv("WASMPACK", "wasmpack"))
RUNNER = shlex.split(os.getenv("WASMPACK_RUNNER", ""))
PACKED = Path(tempfile.mkdtemp(prefix="wasmpack-conformance-"))
atexit.register(shutil.rmtree, PACKED, ignore_errors=True)


def get_name() -> str:
    return "wasmpack"


def get_version() -> str:
    result = subprocess.run(WASMPACK[0:1] + ["--version"], encoding="UTF-8", capture_output=True, check=True)
    return result.stdout.split()[1]


def get_wasi_versions() -> List[str]:
    return ["wasm32-wasip1"]


def get_wasi_worlds() -> List[str]:
    return ["wasi:cli/command"]


def compute_argv(test_path: str,
                 args_env_root: Tuple[List[str], Dict[str, str], Optional[str]],
                 proposals: List[str],
                 wasi_world: str,
                 wasi_version: str) -> List[str]:
    args, env, root = args_env_root
    # One executable a test: grants are packed in, and a test's folder is made anew for each run.
    executable = Path(tempfile.mkdtemp(dir=PACKED)) / Path(test_path).stem
    command = WASMPACK + ["--quiet", test_path, "-o", str(executable)]
    for name, value in env.items():
        command += ["--env", f"{name}={value}"]
    if root:
        command += ["--dir", f"{root}::/"]
    subprocess.run(command, check=True)
    return RUNNER + [str(executable)] + args

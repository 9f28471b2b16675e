"""Compiles the output of `sam build` to bytecode: python release/bytecode.py [--check] [.aws-sam/build]

SAM packages only sources, and /var/task and /opt are read-only, so without this step every cold start compiles every
module it imports. It runs between `sam build` and `sam deploy` (which packages whatever it finds), with the Python
version of the functions' runtime, because bytecode of another minor version is ignored.

The bytecode is unchecked: the runtime neither reads nor stats the sources, which remain for tracebacks. Source paths
in the bytecode are those where Lambda mounts them, so the bytes are the same wherever they are built.
"""

import argparse
import compileall
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from py_compile import PycInvalidationMode

_RUNTIME = re.compile(r"^\s*Runtime: python(\d+\.\d+)\s*$", re.MULTILINE)
_THIS_VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
# The header of a .pyc: magic number, flags, source hash (PEP 552). Flags 0b01 mean hash-based and unchecked.
_UNCHECKED = (1).to_bytes(4, "little")
_MAX_FAULTS_SHOWN = 5
_MOUNT_POINTS = {"layer": "/opt", "function": "/var/task"}


def main() -> int:
    parser = argparse.ArgumentParser(description="Compile the output of `sam build` to bytecode.")
    parser.add_argument("build", type=Path, nargs="?", default=Path(".aws-sam/build"))
    parser.add_argument("--check", action="store_true", help="compile nothing; report missing or stale bytecode")
    arguments = parser.parse_args()
    build: Path = arguments.build
    try:
        version = runtime_version(build / "template.yaml")
    except (OSError, ValueError) as error:
        return _fail(f"{build} is not the output of `sam build`: {error}")
    if version != _THIS_VERSION:
        python = find_python(version)
        if python is None:
            return _fail(f"The functions run on Python {version}, which is not installed on this machine.")
        return subprocess.run([python, __file__, *sys.argv[1:]], check=False).returncode
    if not arguments.check and not all(map(_compile, build_folders(build))):
        return _fail("Not everything could be compiled.")
    faults = [fault for folder in build_folders(build) for fault in find_faults(folder)]
    if faults:
        return _fail(
            "\n".join([*faults[:_MAX_FAULTS_SHOWN], f"{len(faults)} modules in all are without usable bytecode."])
        )
    modules = sum(1 for folder in build_folders(build) for _ in folder.glob("**/*.py"))
    print(f"{modules} modules have bytecode for Python {version}.")
    return 0


def runtime_version(template: Path) -> str:
    """Return the Python version of all functions of a built template, as "3.13".

    Raises
    ------
    ValueError
        The functions use no Python runtime, or several.
    """
    found: list[str] = sorted(set(_RUNTIME.findall(template.read_text(encoding="utf-8"))))
    if len(found) != 1:
        raise ValueError(f"its functions name {len(found)} Python runtimes ({', '.join(found)})")
    return found[0]


def find_python(version: str) -> Path | None:
    """Return a working interpreter of this minor version, on PATH or installed by pyenv; None if there is none."""
    candidates = [shutil.which(f"python{version}"), *_pyenv_candidates(version)]
    return next((Path(path) for path in candidates if path and _is_version(path, version)), None)


def _pyenv_candidates(version: str) -> list[str]:
    # pyenv puts a shim on PATH for each installed version; the shim of a version that is not selected does not start.
    if shutil.which("pyenv") is None:
        return []
    names = _output("pyenv", "versions", "--bare").split()
    return [
        f"{_output('pyenv', 'prefix', name)}/bin/python{version}"
        for name in names
        if name == version or name.startswith(f"{version}.")
    ]


def _is_version(path: str, version: str) -> bool:
    return _output(path, "-c", "import sys; print('%d.%d' % sys.version_info[:2])") == version


def _output(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=30).stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        return ""


def build_folders(build: Path) -> list[Path]:
    """Return the folders of a build: one per function and layer."""
    return sorted(path for path in build.iterdir() if path.is_dir())


def _compile(folder: Path) -> bool:
    kind = "layer" if (folder / "python").is_dir() else "function"
    return compileall.compile_dir(
        folder,
        quiet=1,
        force=True,
        workers=os.cpu_count() or 1,
        stripdir=str(folder),
        prependdir=_MOUNT_POINTS[kind],
        invalidation_mode=PycInvalidationMode.UNCHECKED_HASH,
    )


def find_faults(folder: Path) -> Iterator[str]:
    """Yield a sentence for each module whose bytecode is missing, not usable by this Python, or of another source."""
    for source in sorted(folder.glob("**/*.py")):
        compiled = Path(importlib.util.cache_from_source(source))
        if not compiled.is_file():
            yield f"{source} has no bytecode for Python {_THIS_VERSION}"
            continue
        header = compiled.read_bytes()[:16]
        if header[:8] != importlib.util.MAGIC_NUMBER + _UNCHECKED:
            yield f"{compiled} would be checked and compiled again"
        elif header[8:] != importlib.util.source_hash(source.read_bytes()):
            yield f"{compiled} is not of the source next to it"


def _fail(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())

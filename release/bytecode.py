"""Compiles what `sam build` has put together: python release/bytecode.py [--check] [.aws-sam/build]

SAM ships sources alone, and /var/task and /opt cannot be written to, so without this every cold start compiles
every module it imports again. The step runs between `sam build` and `sam deploy` (which packs what it finds),
with the Python of the functions' own runtime, since bytecode of another minor version is ignored.

The bytecode is unchecked: the runtime neither reads nor stats the sources, which stay for tracebacks. It names
its sources by where Lambda mounts them, so it is the same bytes wherever it was built.
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
# The header of a .pyc: magic number, flags, hash of the source (PEP 552). Hash-based and unchecked is 0b01.
_UNCHECKED = (1).to_bytes(4, "little")
_MAX_FAULTS_SHOWN = 5
_MOUNT_POINTS = {"layer": "/opt", "function": "/var/task"}


def main() -> int:
    parser = argparse.ArgumentParser(description="Compile what `sam build` has put together.")
    parser.add_argument("build", type=Path, nargs="?", default=Path(".aws-sam/build"))
    parser.add_argument("--check", action="store_true", help="compile nothing; say what is missing or stale")
    arguments = parser.parse_args()
    build: Path = arguments.build
    try:
        version = runtime_version(build / "template.yaml")
    except (OSError, ValueError) as error:
        return _fail(f"{build} is not what `sam build` leaves: {error}")
    if version != _THIS_VERSION:
        python = find_python(version)
        if python is None:
            return _fail(f"The functions run on Python {version}, which is not on this machine.")
        return subprocess.run([python, __file__, *sys.argv[1:]], check=False).returncode
    if not arguments.check and not all(map(_compile, build_folders(build))):
        return _fail("Not everything could be compiled.")
    wrong = [fault for folder in build_folders(build) for fault in find_faults(folder)]
    if wrong:
        return _fail(
            "\n".join([*wrong[:_MAX_FAULTS_SHOWN], f"{len(wrong)} modules in all are without bytecode that is used."])
        )
    modules = sum(1 for folder in build_folders(build) for _ in folder.glob("**/*.py"))
    print(f"{modules} modules carry bytecode for Python {version}.")
    return 0


def runtime_version(template: Path) -> str:
    """The one Python version that the functions of a built template run on, as "3.13"."""
    found = sorted(set(_RUNTIME.findall(template.read_text(encoding="utf-8"))))
    if len(found) != 1:
        raise ValueError(f"its functions name {len(found)} Python runtimes ({', '.join(found)})")
    return found[0]


def find_python(version: str) -> Path | None:
    """An interpreter of this minor version that starts: on PATH, or installed by pyenv."""
    candidates = [shutil.which(f"python{version}"), *_pyenv_candidates(version)]
    return next((Path(path) for path in candidates if path and _is_version(path, version)), None)


def _pyenv_candidates(version: str) -> list[str]:
    # pyenv's own shim of a version that is installed and not selected is on PATH, and does not start.
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
    """The functions and layers of a build, a folder each."""
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
    """The modules of a folder whose bytecode this very Python would not use, or that is of another source."""
    for source in sorted(folder.glob("**/*.py")):
        compiled = Path(importlib.util.cache_from_source(source))
        if not compiled.is_file():
            yield f"{source} has no bytecode for Python {_THIS_VERSION}"
            continue
        header = compiled.read_bytes()[:16]
        if header[:8] != importlib.util.MAGIC_NUMBER + _UNCHECKED:
            yield f"{compiled} would be looked at and compiled again"
        elif header[8:] != importlib.util.source_hash(source.read_bytes()):
            yield f"{compiled} is not of the source beside it"


def _fail(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())

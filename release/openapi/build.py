"""Builds `functions/results/openapi.json`, which the API serves: python -m release.openapi.build

The file is generated, so it is not committed. `make setup` and `make build` write it; the local cloud writes it at its
start if the code is newer. Nothing is generated in a Lambda function, where the generator's packages are missing.
"""

import os
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "functions" / "results" / "openapi.json"
_SOURCES = (ROOT / "functions" / "core", ROOT / "release" / "openapi")


def build(file: Path = FILE) -> None:
    """Writes the document; a reader sees the old or the new one, whole."""
    from release.openapi import document  # pydantic and the schemas: half a second

    handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(document.text())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(file)
    except BaseException:
        Path(temporary).unlink()
        raise


def build_if_stale(file: Path = FILE) -> bool:
    """Writes the document if there is none, or one older than the code; returns whether it did."""
    newest = max(path.stat().st_mtime for folder in _SOURCES for path in folder.rglob("*.py"))
    if file.is_file() and file.stat().st_mtime >= newest:
        return False
    build(file)
    return True


if __name__ == "__main__":
    build()

"""Files and folders for this user alone, whole at every moment."""

import os
from pathlib import Path


def make_folder(path: Path) -> None:
    """The folder, readable by this user alone where it is made here; one that stands keeps its rights."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)


def write_private(path: Path, content: bytes) -> None:
    """Replaces the file in one step: whoever looks, also after a loss of power, finds the old one or the new one."""
    temporary = path.with_name(f"{path.name}.new")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """The names in a folder are as durable as what they name."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""Only regular files are opened, and special files never block."""

import errno
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, NoReturn

import pytest

from core.platform.settings import Settings
from local.cli import regular_files
from local.cli.regular_files import UnusableFile, check_regular, read_regular, stat_regular


def pipe(path: Path) -> None:
    os.mkfifo(path)


def unix_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def folder(path: Path) -> None:
    path.mkdir()


def dangling(path: Path) -> None:
    path.symlink_to(path.with_name("nowhere"))


def circular(path: Path) -> None:
    path.symlink_to(path)


def outside(path: Path) -> None:
    secret = path.parent.parent / "secret.pdf"
    secret.write_bytes(b"a secret")
    path.symlink_to(secret)


def nothing(path: Path) -> None: ...


UNUSABLE: dict[Callable[[Path], None], str] = {
    pipe: "is a named pipe, not a file",
    unix_socket: "is a socket, not a file",
    folder: "is a folder, not a file",
    dangling: "is a link that leads nowhere",
    circular: "is a link that leads nowhere",
    outside: "is a link that leads out of its folder",
    device: "is a link that leads out of its folder",
    nothing: "is not there",
}


@pytest.fixture
def inside(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    return folder


@pytest.mark.parametrize(("create", "detail"), UNUSABLE.items(), ids=[create.__name__ for create in UNUSABLE])
def test_a_path_that_is_not_a_file_of_the_folder_is_refused(
    inside: Path, create: Callable[[Path], None], detail: str
) -> None:
    path = inside / "x.pdf"
    create(path)

    for function in (stat_regular, read_regular):
        with pytest.raises(UnusableFile) as refused:
            function(path, within=inside)
        assert (refused.value.detail, str(refused.value)) == (detail, f"{path} {detail}.")


@pytest.mark.parametrize(("create", "detail"), [(pipe, UNUSABLE[pipe]), (device, "is a device, not a file")])
def test_a_named_file_may_be_anywhere_but_must_be_regular(
    inside: Path, create: Callable[[Path], None], detail: str
) -> None:
    create(inside / "x.pdf")
    with pytest.raises(UnusableFile, match=detail):
        read_regular(inside / "x.pdf")
    outside(inside / "y.pdf")
    assert read_regular(inside / "y.pdf") == b"a secret"


def test_a_link_inside_the_folder_is_followed(inside: Path) -> None:
    (inside / "below").mkdir()
    (inside / "below" / "a.pdf").write_bytes(b"a page")
    (inside / "b.pdf").symlink_to("below/a.pdf")

    assert read_regular(inside / "b.pdf", within=inside) == b"a page"
    assert read_regular(inside / "below" / "a.pdf", within=inside) == b"a page"


@pytest.mark.parametrize("create", [pipe, outside])
def test_a_file_replaced_after_the_check_is_not_opened(
    inside: Path, monkeypatch: pytest.MonkeyPatch, create: Callable[[Path], None]
) -> None:
    path = inside / "x.pdf"
    path.write_bytes(b"a page")
    original = regular_files.stat_regular

    def stat_then_replace(checked: Path, *, within: Path | None = None) -> os.stat_result:
        found = original(checked, within=within)
        path.unlink()
        create(path)
        return found

    monkeypatch.setattr(regular_files, "stat_regular", stat_then_replace)
    with pytest.raises(UnusableFile):
        read_regular(path, within=inside)


LIMIT = Settings.max_file_bytes


def sparse(path: Path, size: int) -> Path:
    """Create a sparse file of any size, which takes no space on the disk."""
    with path.open("wb") as out:
        out.truncate(size)
    return path


def raising(error: BaseException) -> Callable[..., NoReturn]:
    def fail(*_: object) -> NoReturn:
        raise error

    return fail


def test_a_file_above_the_limit_is_refused_without_reading_it(inside: Path) -> None:
    path = sparse(inside / "big.pdf", 6 << 30)

    for function in (check_regular, read_regular):
        with pytest.raises(UnusableFile) as refused:
            function(path, within=inside)
        assert refused.value.detail == f"has {6 << 30} bytes; at most {LIMIT} can be read"


def test_a_file_of_exactly_the_limit_is_read(inside: Path) -> None:
    (inside / "a.pdf").write_bytes(b"12345")

    assert read_regular(inside / "a.pdf", max_bytes=5) == b"12345"
    with pytest.raises(UnusableFile, match="has 5 bytes; at most 4 can be read"):
        read_regular(inside / "a.pdf", max_bytes=4)


@pytest.mark.parametrize(("more", "fits"), [(b"67", True), (b"6" * 1000, False)])
def test_a_growing_file_is_read_up_to_the_limit(
    inside: Path, monkeypatch: pytest.MonkeyPatch, more: bytes, fits: bool
) -> None:
    path = inside / "a.pdf"
    path.write_bytes(b"12345")
    read = regular_files._read_bytes

    def grow_then_read(file: BinaryIO, number: int) -> bytes:
        if path.stat().st_size == 5:
            with path.open("ab") as out:
                out.write(more)
        return read(file, number)

    monkeypatch.setattr(regular_files, "_read_bytes", grow_then_read)
    if fits:
        assert read_regular(path, max_bytes=10) == b"12345" + more
    else:
        with pytest.raises(UnusableFile, match="grows while it is read; at most 10 bytes can be read"):
            read_regular(path, max_bytes=10)


@pytest.mark.parametrize(
    ("error", "detail"),
    [
        (OSError(errno.EIO, "Input/output error"), "cannot be read (Input/output error)"),
        (MemoryError(), "is larger than the memory that is free"),
    ],
)
def test_a_read_failure_becomes_an_unusable_file(
    inside: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, detail: str
) -> None:
    (inside / "a.pdf").write_bytes(b"a page")
    monkeypatch.setattr(regular_files, "_read_bytes", raising(error))

    for function in (check_regular, read_regular):
        with pytest.raises(UnusableFile) as refused:
            function(inside / "a.pdf", within=inside)
        assert (refused.value.detail, refused.value.is_missing) == (detail, False)


def test_check_regular_detects_a_file_that_cannot_be_opened(inside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (inside / "a.pdf").write_bytes(b"a page")
    monkeypatch.setattr(regular_files, "_open_inside", raising(PermissionError(errno.EACCES, "Permission denied")))

    with pytest.raises(UnusableFile, match=r"cannot be opened \(Permission denied\)"):
        check_regular(inside / "a.pdf", within=inside)

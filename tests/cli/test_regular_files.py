"""Nothing but a regular file is ever opened, and nobody waits for what is none."""

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


def a_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def folder(path: Path) -> None:
    path.mkdir()


def dangling(path: Path) -> None:
    path.symlink_to(path.with_name("nowhere"))


def circle(path: Path) -> None:
    path.symlink_to(path)


def outside(path: Path) -> None:
    secret = path.parent.parent / "secret.pdf"
    secret.write_bytes(b"a secret")
    path.symlink_to(secret)


def nothing(path: Path) -> None: ...


BAD: dict[Callable[[Path], None], str] = {
    pipe: "is a named pipe, not a file",
    a_socket: "is a socket, not a file",
    folder: "is a folder, not a file",
    dangling: "is a link that leads nowhere",
    circle: "is a link that leads nowhere",
    outside: "is a link that leads out of its folder",
    device: "is a link that leads out of its folder",
    nothing: "is not there",
}


@pytest.fixture
def inside(tmp_path: Path) -> Path:
    made = tmp_path / "in"
    made.mkdir()
    return made


@pytest.mark.parametrize(("make", "detail"), BAD.items(), ids=[make.__name__ for make in BAD])
def test_what_is_no_file_of_the_folder_is_named_and_not_opened(
    inside: Path, make: Callable[[Path], None], detail: str
) -> None:
    path = inside / "x.pdf"
    make(path)

    for look in (stat_regular, read_regular):
        with pytest.raises(UnusableFile) as refused:
            look(path, within=inside)
        assert (refused.value.detail, str(refused.value)) == (detail, f"{path} {detail}.")


@pytest.mark.parametrize(("make", "detail"), [(pipe, BAD[pipe]), (device, "is a device, not a file")])
def test_a_named_file_may_lie_anywhere_and_has_to_be_one(
    inside: Path, make: Callable[[Path], None], detail: str
) -> None:
    make(inside / "x.pdf")
    with pytest.raises(UnusableFile, match=detail):
        read_regular(inside / "x.pdf")
    outside(inside / "y.pdf")
    assert read_regular(inside / "y.pdf") == b"a secret"


def test_a_link_to_a_file_of_the_same_folder_is_read(inside: Path) -> None:
    (inside / "below").mkdir()
    (inside / "below" / "a.pdf").write_bytes(b"a page")
    (inside / "b.pdf").symlink_to("below/a.pdf")

    assert read_regular(inside / "b.pdf", within=inside) == b"a page"
    assert read_regular(inside / "below" / "a.pdf", within=inside) == b"a page"


@pytest.mark.parametrize("make", [pipe, outside])
def test_what_is_put_in_its_place_after_the_look_is_not_opened_either(
    inside: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], None]
) -> None:
    path = inside / "x.pdf"
    path.write_bytes(b"a page")
    looked = regular_files.stat_regular

    def look_then_swap(asked: Path, *, within: Path | None = None) -> os.stat_result:
        found = looked(asked, within=within)
        path.unlink()
        make(path)
        return found

    monkeypatch.setattr(regular_files, "stat_regular", look_then_swap)
    with pytest.raises(UnusableFile):
        read_regular(path, within=inside)


LIMIT = Settings.max_file_bytes


def sparse(path: Path, size: int) -> Path:
    """A file of any size that takes no room on the disk."""
    with path.open("wb") as out:
        out.truncate(size)
    return path


def raising(error: BaseException) -> Callable[..., NoReturn]:
    def fail(*_: object) -> NoReturn:
        raise error

    return fail


def test_a_file_beyond_the_limit_is_refused_by_its_size_without_reading_it(inside: Path) -> None:
    path = sparse(inside / "big.pdf", 6 << 30)

    for look in (check_regular, read_regular):
        with pytest.raises(UnusableFile) as refused:
            look(path, within=inside)
        assert refused.value.detail == f"has {6 << 30} bytes; at most {LIMIT} can be read"


def test_a_file_of_exactly_the_limit_is_read(inside: Path) -> None:
    (inside / "a.pdf").write_bytes(b"12345")

    assert read_regular(inside / "a.pdf", max_bytes=5) == b"12345"
    with pytest.raises(UnusableFile, match="has 5 bytes; at most 4 can be read"):
        read_regular(inside / "a.pdf", max_bytes=4)


@pytest.mark.parametrize(("more", "fits"), [(b"67", True), (b"6" * 1000, False)])
def test_a_file_that_grows_while_it_is_read_is_read_to_the_limit_and_no_further(
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
def test_what_fails_while_it_is_read_is_a_sentence_about_the_file(
    inside: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, detail: str
) -> None:
    (inside / "a.pdf").write_bytes(b"a page")
    monkeypatch.setattr(regular_files, "_read_bytes", raising(error))

    for look in (check_regular, read_regular):
        with pytest.raises(UnusableFile) as refused:
            look(inside / "a.pdf", within=inside)
        assert (refused.value.detail, refused.value.is_missing) == (detail, False)


def test_a_file_that_cannot_be_opened_is_found_before_it_is_read(inside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (inside / "a.pdf").write_bytes(b"a page")
    monkeypatch.setattr(regular_files, "_open_inside", raising(PermissionError(errno.EACCES, "Permission denied")))

    with pytest.raises(UnusableFile, match=r"cannot be opened \(Permission denied\)"):
        check_regular(inside / "a.pdf", within=inside)

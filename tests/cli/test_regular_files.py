"""Nothing but a regular file is ever opened, and nobody waits for what is none."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from local import regular_files
from local.regular_files import UnusableFile, read_regular, stat_regular


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


@pytest.mark.parametrize(("make", "why"), BAD.items(), ids=[make.__name__ for make in BAD])
def test_what_is_no_file_of_the_folder_is_named_and_not_opened(
    inside: Path, make: Callable[[Path], None], why: str
) -> None:
    path = inside / "x.pdf"
    make(path)

    for look in (stat_regular, read_regular):
        with pytest.raises(UnusableFile) as refused:
            look(path, within=inside)
        assert (refused.value.why, str(refused.value)) == (why, f"{path} {why}.")


@pytest.mark.parametrize(("make", "why"), [(pipe, BAD[pipe]), (device, "is a device, not a file")])
def test_a_named_file_may_lie_anywhere_and_has_to_be_one(inside: Path, make: Callable[[Path], None], why: str) -> None:
    make(inside / "x.pdf")
    with pytest.raises(UnusableFile, match=why):
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

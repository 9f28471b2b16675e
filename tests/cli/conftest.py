"""Fixtures for the command-line tests: the fake API with a client, and a drop folder with its service."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from local.cli.api_client import ApiClient
from local.cli.drop_folder import DropFolder
from tests.cli import fake_api
from tests.cli.drop_folder_fakes import DropFolderHarness, FakeBucket, FakeClock, make_drop_folder


@pytest.fixture
def api() -> Iterator[fake_api.FakeApi]:
    with fake_api.serve_fake_api() as fake:
        yield fake


@pytest.fixture
def client(api: fake_api.FakeApi) -> Iterator[ApiClient]:
    with ApiClient(api.url, "a-token", max_attempts=4, backoff_seconds=0.01) as api_client:
        yield api_client


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def bucket() -> FakeBucket:
    return FakeBucket()


@pytest.fixture
def drop_folder(tmp_path: Path, clock: FakeClock) -> DropFolder:
    folder = make_drop_folder(tmp_path, clock)
    folder.prepare()
    (folder.folder / "rivers" / "answers").mkdir(parents=True)
    return folder


@pytest.fixture
def harness(
    drop_folder: DropFolder, clock: FakeClock, bucket: FakeBucket, client: ApiClient, tmp_path: Path
) -> DropFolderHarness:
    return DropFolderHarness(drop_folder, clock, bucket, client, tmp_path / "results")


@pytest.fixture
def sheet_folder(tmp_path: Path) -> Path:
    """A folder with two sheets, a subfolder with one, and files that are skipped or ignored."""
    for name in ("mina.jpg", "Jonas Weber.PDF", ".DS_Store", "~$notes.pdf", "notes.docx", "Thumbs.db"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "ana.png").write_bytes(b"x")
    return tmp_path


@pytest.fixture
def small_paper(tmp_path: Path) -> Path:
    """A question paper with two questions and a text layer."""
    path = tmp_path / "small.pdf"
    canvas = Canvas(str(path), pagesize=A4)
    for number, text in enumerate(
        ("Rivers and rain", "1. Name the largest ocean. [2]", "2. Explain why it rains in the hills. [3]")
    ):
        canvas.drawString(60, 780 - 40 * number, text)
    canvas.save()
    return path

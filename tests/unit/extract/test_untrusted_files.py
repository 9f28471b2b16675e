"""Untrusted files: each refusal has a name, no file breaks the reader, and the next document is read."""

import io
import os
import signal
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pypdf
import pytest

from core.models import errors
from core.models.document_kinds import DocumentKind
from core.models.media_types import PDF
from core.models.transcript import Transcript
from extract.document_reader import read_document
from extract.limits import DocumentLimits
from extract.sandbox.process import Sandbox
from tests.processes import children
from tests.unit.extract.document_factory import (
    PROSE,
    RecordingOcr,
    encode_image,
    pdf,
    picture,
    scanned_page,
    typed_page,
)

Read = Callable[..., Transcript]


@pytest.fixture
def read(sandbox: Sandbox) -> Read:
    def read(body: bytes, *, name: str | None = None, **limits: Any) -> Transcript:
        return read_document(
            body,
            ocr=RecordingOcr(),
            kind=DocumentKind.QUESTION_PAPER,
            name=name,
            limits=DocumentLimits(**limits),
            sandbox=sandbox,
        )

    return read


@pytest.fixture(autouse=True)
def _next_document_is_read_normally(read: Read) -> Iterator[None]:
    yield
    assert [line.text for line in read(pdf(typed_page())).pages[0].lines] == PROSE


def encrypted_pdf(user: str, owner: str, algorithm: str = "AES-256") -> bytes:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf(typed_page(), scanned_page(picture()))))
    writer.encrypt(user, owner, algorithm=algorithm)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def pdf_without_pages() -> bytes:
    out = io.BytesIO()
    pypdf.PdfWriter().write(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("body", "name", "expected"),
    [
        pytest.param(b"", None, errors.EmptyFile, id="empty"),
        pytest.param(b"hello", None, errors.UnsupportedFileType, id="text"),
        pytest.param(b"PK\x03\x04 a document of a word processor", "a.docx", errors.UnsupportedFileType, id="docx"),
        pytest.param(pdf(typed_page()), "sheet.png", errors.FileTypeMismatch, id="wrong name"),
        pytest.param(encode_image(picture()), "sheet.PDF", errors.FileTypeMismatch, id="wrong name in capitals"),
        pytest.param(encrypted_pdf("secret", "owner"), None, errors.EncryptedDocument, id="password"),
        pytest.param(pdf_without_pages(), None, errors.NoPages, id="no pages"),
        pytest.param(b"%PDF-1.7\nrubbish", None, errors.DamagedDocument, id="rubbish"),
        pytest.param(pdf(typed_page())[:400], None, errors.DamagedDocument, id="truncated"),
        pytest.param(pdf(typed_page(), size=(60_000, 800)), None, errors.PageTooLarge, id="page larger than any paper"),
        pytest.param(encode_image(picture(), "TIFF")[:300], None, errors.DamagedDocument, id="truncated tiff"),
    ],
)
def test_each_bad_file_is_refused_with_its_error(
    read: Read, body: bytes, name: str | None, expected: type[Exception]
) -> None:
    with pytest.raises(expected) as raised:
        read(body, name=name)
    assert str(raised.value).endswith((".", "it."))


def test_more_bytes_than_the_limit_are_refused(read: Read) -> None:
    with pytest.raises(errors.FileTooLarge, match="at most 1 MB"):
        read(pdf(typed_page()) + bytes(1_000_000), max_bytes=1_000_000)


def test_more_pages_than_the_limit_are_refused(read: Read) -> None:
    body = pdf(*[typed_page()] * 6)
    assert len(read(body, max_pages=6).pages) == 6
    with pytest.raises(errors.TooManyPages, match="6 pages; at most 5"):
        read(body, max_pages=5)


def test_more_pixels_than_the_limit_are_refused_before_they_are_decoded(read: Read) -> None:
    for kind in ("PNG", "JPEG", "TIFF"):
        with pytest.raises(errors.PageTooLarge, match="pixels"):
            read(encode_image(picture(size=(1100, 1000)), kind), max_pixels=1_000_000)


@pytest.mark.parametrize("algorithm", ["RC4-128", "AES-128", "AES-256"])
def test_a_pdf_that_only_forbids_printing_is_read(read: Read, algorithm: str) -> None:
    """An owner password but no user password, as most "secured" PDFs have."""
    transcript = read(encrypted_pdf("", "owner", algorithm))
    assert [page.source for page in transcript.pages] == ["text_layer", "textract"]
    assert [line.text for line in transcript.pages[0].lines] == PROSE


def decompression_bomb(megabytes: int) -> bytes:
    """A page whose contents have a few kilobytes and decompress to so many megabytes."""
    deflate = zlib.compressobj(9)
    begin = deflate.compress(bytes(1_000_000)) + deflate.flush(zlib.Z_FULL_FLUSH)
    again = deflate.compress(bytes(1_000_000)) + deflate.flush(zlib.Z_FULL_FLUSH)
    packed = zlib.compress(begin + again * (megabytes - 1) + deflate.flush(), 9)
    head = (
        b"%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n"
        b"2 0 obj\n<</Type/Pages/Kids[3 0 R]/Count 1>>\nendobj\n"
        b"3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R>>\nendobj\n"
        b"4 0 obj\n<</Filter[/FlateDecode/FlateDecode]/Length "
    )
    tail = b"\nendstream\nendobj\ntrailer\n<</Root 1 0 R/Size 5>>\n%%EOF\n"
    return head + str(len(packed)).encode() + b">>\nstream\n" + packed + tail


def test_a_decompression_bomb_is_handled_in_time(read: Read) -> None:
    body = decompression_bomb(3_000)
    started = time.monotonic()
    with suppress(errors.DocumentRejected):
        read(body)
    assert time.monotonic() - started < 10


@contextmanager
def running_child(sandbox: Sandbox, limits: DocumentLimits) -> Iterator[Any]:
    with tempfile.TemporaryFile() as file:
        file.write(pdf(*[scanned_page(picture())] * 40))
        file.flush()
        with sandbox.run({"media_type": PDF}, file.fileno(), limits) as frames:
            yield frames


def test_a_killed_child_is_a_named_refusal(sandbox: Sandbox) -> None:
    with running_child(sandbox, DocumentLimits()) as frames:
        next(frames)
        (child,) = get_children(sandbox)
        os.kill(child, signal.SIGSEGV)
        with pytest.raises(errors.DamagedDocument):
            list(frames)


def get_children(sandbox: Sandbox) -> list[int]:
    assert sandbox._server is not None
    return children(sandbox._server.pid)


def test_processor_time_is_limited(read: Read) -> None:
    with pytest.raises(errors.ReadingLimitExceeded):
        read(decompression_bomb(900), cpu_seconds=0.1, cpu_seconds_per_page=0, memory_bytes=4_000_000_000)


def test_memory_is_limited(read: Read) -> None:
    image = encode_image(picture(size=(6000, 5000), mode="RGB"), "TIFF", compression="tiff_deflate")
    with pytest.raises((errors.ReadingLimitExceeded, errors.PageTooLarge)):
        read(image, memory_bytes=60_000_000)


def test_idle_time_is_limited(sandbox: Sandbox) -> None:
    with (
        pytest.raises(errors.ReadingLimitExceeded),
        running_child(sandbox, DocumentLimits(idle_timeout_seconds=0.2)) as frames,
    ):
        next(frames)
        (child,) = get_children(sandbox)
        os.kill(child, signal.SIGSTOP)
        list(frames)


def test_the_sandbox_survives_its_fork_server(read: Read, sandbox: Sandbox) -> None:
    read(pdf(typed_page()))
    assert sandbox._server is not None
    sandbox._server.kill()
    sandbox._server.wait()
    assert read(pdf(typed_page())).pages[0].lines


def test_the_child_does_not_inherit_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not for parsers")
    other_sandbox = Sandbox()
    try:
        other_sandbox.start()
        assert other_sandbox._server is not None
        assert b"not for parsers" not in Path(f"/proc/{other_sandbox._server.pid}/environ").read_bytes()
    finally:
        other_sandbox.close()


def test_closing_a_sandbox_stops_its_server() -> None:
    other_sandbox = Sandbox()
    other_sandbox.start()
    server = other_sandbox._server
    assert server is not None
    other_sandbox.close()
    assert server.poll() is not None


def test_a_forked_process_starts_its_own_fork_server(sandbox: Sandbox) -> None:
    """Two processes that share one server would receive each other's pages."""
    sandbox.start()
    assert sandbox._server is not None
    own_pid = sandbox._server.pid
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            sandbox.start()
            os.write(writing, str(sandbox._server.pid).encode())
            sandbox.close()
        finally:
            os._exit(0)
    os.close(writing)
    os.waitpid(child, 0)
    other_pid = int(os.read(reading, 20))
    os.close(reading)
    assert other_pid != own_pid
    assert sandbox._server.poll() is None


def test_children_end_with_the_run_block(sandbox: Sandbox) -> None:
    with running_child(sandbox, DocumentLimits()) as frames:
        next(frames)
    deadline = time.monotonic() + 3
    while get_children(sandbox) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert get_children(sandbox) == []

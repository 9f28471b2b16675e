"""Untrusted files: each refusal has a name, nothing takes the reader along, and the next document is read."""

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
from core.models.media_types import PDF
from core.models.submission import DocumentKind
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
def _next_document_is_read_as_if_nothing_had_happened(read: Read) -> Iterator[None]:
    yield
    assert [line.text for line in read(pdf(typed_page())).pages[0].lines] == PROSE


def locked(user: str, owner: str, algorithm: str = "AES-256") -> bytes:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf(typed_page(), scanned_page(picture()))))
    writer.encrypt(user, owner, algorithm=algorithm)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def without_pages() -> bytes:
    out = io.BytesIO()
    pypdf.PdfWriter().write(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("body", "name", "refusal"),
    [
        pytest.param(b"", None, errors.EmptyFile, id="empty"),
        pytest.param(b"hello", None, errors.UnsupportedFileType, id="text"),
        pytest.param(b"PK\x03\x04 a document of a word processor", "a.docx", errors.UnsupportedFileType, id="docx"),
        pytest.param(pdf(typed_page()), "sheet.png", errors.FileTypeMismatch, id="name lies"),
        pytest.param(encode_image(picture()), "sheet.PDF", errors.FileTypeMismatch, id="name lies in capitals"),
        pytest.param(locked("secret", "owner"), None, errors.EncryptedDocument, id="password"),
        pytest.param(without_pages(), None, errors.NoPages, id="no pages"),
        pytest.param(b"%PDF-1.7\nrubbish", None, errors.DamagedDocument, id="rubbish"),
        pytest.param(pdf(typed_page())[:400], None, errors.DamagedDocument, id="cut off"),
        pytest.param(pdf(typed_page(), size=(60_000, 800)), None, errors.PageTooLarge, id="page larger than any paper"),
        pytest.param(encode_image(picture(), "TIFF")[:300], None, errors.DamagedDocument, id="cut off tiff"),
    ],
)
def test_each_bad_file_has_its_name(read: Read, body: bytes, name: str | None, refusal: type[Exception]) -> None:
    with pytest.raises(refusal) as raised:
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
def test_pdf_that_only_forbids_printing_is_read(read: Read, algorithm: str) -> None:
    """Locked for its owner, open for everybody: most "secured" PDFs."""
    transcript = read(locked("", "owner", algorithm))
    assert [page.source for page in transcript.pages] == ["text_layer", "textract"]
    assert [line.text for line in transcript.pages[0].lines] == PROSE


def bomb(megabytes: int) -> bytes:
    """A page whose contents are a few kilobytes and unpack to so many megabytes."""
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


def test_contents_that_unpack_without_end_are_accepted_or_refused_in_time(read: Read) -> None:
    body = bomb(3_000)
    begun = time.monotonic()
    with suppress(errors.DocumentRejected):
        read(body)
    assert time.monotonic() - begun < 10


@contextmanager
def child_doing(sandbox: Sandbox, limits: DocumentLimits) -> Iterator[Any]:
    with tempfile.TemporaryFile() as file:
        file.write(pdf(*[scanned_page(picture())] * 40))
        file.flush()
        with sandbox.run({"media_type": PDF}, file.fileno(), limits) as frames:
            yield frames


def test_child_that_is_killed_is_a_named_refusal(sandbox: Sandbox) -> None:
    with child_doing(sandbox, DocumentLimits()) as frames:
        next(frames)
        (child,) = forked(sandbox)
        os.kill(child, signal.SIGSEGV)
        with pytest.raises(errors.DamagedDocument):
            list(frames)


def forked(sandbox: Sandbox) -> list[int]:
    assert sandbox._server is not None
    return children(sandbox._server.pid)


def test_processor_time_is_bounded(read: Read) -> None:
    with pytest.raises(errors.ReadingLimitExceeded):
        read(bomb(900), cpu_seconds=0.1, cpu_seconds_per_page=0, memory_bytes=4_000_000_000)


def test_memory_is_bounded(read: Read) -> None:
    image = encode_image(picture(size=(6000, 5000), mode="RGB"), "TIFF", compression="tiff_deflate")
    with pytest.raises((errors.ReadingLimitExceeded, errors.PageTooLarge)):
        read(image, memory_bytes=60_000_000)


def test_silence_is_bounded(sandbox: Sandbox) -> None:
    with (
        pytest.raises(errors.ReadingLimitExceeded),
        child_doing(sandbox, DocumentLimits(idle_timeout_seconds=0.2)) as frames,
    ):
        next(frames)
        (child,) = forked(sandbox)
        os.kill(child, signal.SIGSTOP)
        list(frames)


def test_reader_outlives_its_fork_server(read: Read, sandbox: Sandbox) -> None:
    read(pdf(typed_page()))
    assert sandbox._server is not None
    sandbox._server.kill()
    sandbox._server.wait()
    assert read(pdf(typed_page())).pages[0].lines


def test_child_sees_nothing_of_this_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not for parsers")
    own = Sandbox()
    try:
        own.start()
        assert own._server is not None
        assert b"not for parsers" not in Path(f"/proc/{own._server.pid}/environ").read_bytes()
    finally:
        own.close()


def test_nothing_is_left_when_a_sandbox_closes() -> None:
    own = Sandbox()
    own.start()
    server = own._server
    assert server is not None
    own.close()
    assert server.poll() is not None


def test_forked_process_has_a_fork_server_of_its_own(sandbox: Sandbox) -> None:
    """Two processes that talk to one server would hear each other's pages."""
    sandbox.start()
    assert sandbox._server is not None
    ours = sandbox._server.pid
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
    theirs = int(os.read(reading, 20))
    os.close(reading)
    assert theirs != ours
    assert sandbox._server.poll() is None


def test_children_end_with_the_block_that_uses_them(sandbox: Sandbox) -> None:
    with child_doing(sandbox, DocumentLimits()) as frames:
        next(frames)
    until = time.monotonic() + 3
    while forked(sandbox) and time.monotonic() < until:
        time.sleep(0.02)
    assert forked(sandbox) == []

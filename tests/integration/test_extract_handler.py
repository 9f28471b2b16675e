"""The reading lane's door: what it calls, in which order, what it keeps, and what it says where it cannot read."""

import base64
import hashlib
import io
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pypdf
import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError
from PIL import Image

from core.models import errors
from core.models.submission import DocumentKind, IntakeChannel, SourceFile, Submission
from core.models.transcript import Transcript
from core.platform import aws
from core.storage import cost_counters
from core.storage.encryption import TextCipher
from core.storage.table import Table, branch_sk, submission_pk
from extract import app as door
from extract.transcript_cache import READER_VERSION
from tests.integration.conftest import DOCUMENTS, SECRET, TABLE, TEMP, MotoCloud
from tests.unit.extract.document_factory import (
    PROSE,
    detect_text_response,
    encode_image,
    pdf,
    picture,
    scanned_page,
    stack_lines,
    typed_page,
)

EVENTS = Path(__file__).parents[2] / "events"
ID = "5f0c7d1e9a3b48c2a6d4e8f01b2c3d4e"


@dataclass
class FakeTextract:
    """Stands behind the real client: remembers what was sent, answers with `lines` or with one of `faults`."""

    lines: list[str] = field(default_factory=lambda: ["read by Textract"])
    faults: list[tuple[int, str]] = field(default_factory=list)
    documents: list[dict[str, Any]] = field(default_factory=list)
    wait: Callable[[], None] = lambda: None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, request: Any, **_: Any) -> AWSResponse:
        with self._lock:
            self.documents.append(json.loads(request.body)["Document"])
            fault = self.faults.pop(0) if self.faults else None
        self.wait()
        if fault:
            return self._response(request.url, fault[0], {"__type": fault[1], "message": "no"})
        return self._response(request.url, 200, detect_text_response(stack_lines(self.lines)))

    @staticmethod
    def _response(url: str, status: int, body: dict[str, Any]) -> AWSResponse:
        class Raw(io.BytesIO):
            def stream(self, **_: Any) -> Iterator[bytes]:
                yield self.read()

        headers = {"content-type": "application/x-amz-json-1.1"}
        return AWSResponse(url, status, headers, Raw(json.dumps(body).encode()))

    @property
    def bodies(self) -> list[bytes]:
        return [base64.b64decode(document["Bytes"]) for document in self.documents]


@pytest.fixture
def textract(cloud: MotoCloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeTextract]:
    monkeypatch.setenv("TEXTRACT_TPS", "25")
    door.get_textract_client.cache_clear()
    fake = FakeTextract()
    aws._session().events.register_first("before-send.textract.DetectDocumentText", fake)
    yield fake
    door.get_textract_client.cache_clear()


@dataclass
class Reader:
    """Puts bytes where a submission lies and reads them through the door."""

    cloud: MotoCloud
    context: Any

    def state(self, body: bytes, **more: Any) -> dict[str, Any]:
        key = more.pop("key", f"incoming/{ID}")
        version = self.cloud.put(key, body)
        known = more.pop("known", True)
        file = SourceFile(
            bucket=TEMP,
            key=more.pop("sealed", key),
            version_id=version,
            size=len(body),
            sha256=hashlib.sha256(body).hexdigest() if known else None,
            media_type=more.pop("media_type", None),
        )
        kind = more.pop("kind", DocumentKind.QUESTION_PAPER)
        submission = Submission(
            ID, more.pop("run", 1), "demo", "science-9", kind, None, IntakeChannel.API, "2026-01-31T08:30:00.125Z", file
        )
        return submission.to_state()

    def __call__(self, body: bytes, **more: Any) -> dict[str, Any]:
        state = self.state(body, **more)
        self.cloud.calls.clear()
        return door.handler(state, self.context)

    def transcript(self, reading: dict[str, Any]) -> Transcript:
        kept = self.cloud.client("s3").get_object(Bucket=DOCUMENTS, Key=reading["transcript"]["key"])
        assert kept["ContentType"] == "application/json"
        return Transcript.from_json(kept["Body"].read())

    def progress(self, run: int = 1) -> dict[str, Any]:
        table = Table(self.cloud.client("dynamodb"), TABLE)
        item = table.get(submission_pk(ID), branch_sk(run, "reading"))
        assert item is not None
        return item


@pytest.fixture
def read(cloud: MotoCloud, textract: FakeTextract, context: SimpleNamespace) -> Reader:
    return Reader(cloud, context)


SCAN = pdf(scanned_page(picture()), scanned_page(picture(["Second page"])), scanned_page(picture(["Third page"])))


def test_scan_is_read_page_by_page_and_the_answer_holds_references_and_counts_only(
    read: Reader, textract: FakeTextract
) -> None:
    reading = read(SCAN, media_type="application/pdf")
    times = [reading.pop(name) for name in ("started_at", "first_ocr_at", "ended_at")]
    assert times == sorted(times)
    assert all(len(time) == 24 and time.endswith("Z") for time in times)
    sha256 = hashlib.sha256(SCAN).hexdigest()
    assert reading == {
        "transcript": {"bucket": DOCUMENTS, "key": f"transcripts/demo/{sha256}.{READER_VERSION}.json"},
        "sha256": sha256,
        "pages": 3,
        "text_layer_pages": 0,
        "ocr_pages": 3,
        "lines": 3,
        "warnings": 0,
        "kept": False,
    }
    assert len(textract.bodies) == 3


@pytest.mark.parametrize("known", [True, False], ids=["hash known", "hash unknown"])
def test_before_the_first_textract_call_stands_one_get_object_at_most(
    read: Reader, cloud: MotoCloud, known: bool
) -> None:
    read(SCAN, media_type="application/pdf", known=known)
    before = cloud.calls[: cloud.calls.index("DetectDocumentText")]
    assert before.count("GetObject") == 1
    assert set(before) <= {"GetObject", "HeadObject", "UpdateItem"}, "a look-up and the schedule run beside it"


def test_each_page_is_sent_as_a_pdf_of_that_page_alone(read: Reader, textract: FakeTextract) -> None:
    read(SCAN)
    assert len(textract.bodies) == 3
    pictures = set()
    for body in textract.bodies:
        (page,) = pypdf.PdfReader(io.BytesIO(body)).pages
        (image,) = page.images
        pictures.add(image.data)
    assert len(pictures) == 3


def test_typed_paper_costs_no_call_of_textract(read: Reader, cloud: MotoCloud) -> None:
    reading = read(pdf(typed_page()), known=False)
    assert "DetectDocumentText" not in cloud.calls
    assert (reading["text_layer_pages"], reading["ocr_pages"], reading["first_ocr_at"]) == (1, 0, None)
    assert [line.text for line in read.transcript(reading).pages[0].lines] == PROSE


def test_picture_is_read_where_it_lies_before_it_is_fetched(
    read: Reader, textract: FakeTextract, cloud: MotoCloud
) -> None:
    state = read.state(encode_image(picture(), "JPEG"), media_type="image/jpeg")
    reading = door.handler(state, read.context)
    (document,) = textract.documents
    assert document == {"S3Object": {"Bucket": TEMP, "Name": f"incoming/{ID}", "Version": state["file"]["version_id"]}}
    assert read.transcript(reading).text == "read by Textract"
    assert reading["ocr_pages"] == 1


def test_dropped_picture_is_hashed_while_textract_reads_it(
    read: Reader, textract: FakeTextract, cloud: MotoCloud
) -> None:
    key = "drop/science-9/answers/ada.png"
    body = encode_image(picture())
    reading = read(body, key=key, sealed=TextCipher(SECRET.encode()).encrypt(key, associated_data=ID), known=False)
    assert textract.documents[0]["S3Object"]["Name"] == key
    assert reading["sha256"] == hashlib.sha256(body).hexdigest()
    before = cloud.calls[: cloud.calls.index("DetectDocumentText")]
    assert before.count("GetObject") <= 1
    assert "ada" not in json.dumps(reading)


def test_pinned_version_is_read_whatever_has_been_written_over_it(read: Reader) -> None:
    state = read.state(pdf(typed_page(["The first version"])))
    read.cloud.put(f"incoming/{ID}", pdf(typed_page(["Another version"])))
    reading = door.handler(state, read.context)
    assert read.transcript(reading).text == "The first version"


@pytest.mark.parametrize("body", [SCAN, encode_image(picture(), "JPEG")], ids=["pdf", "picture"])
def test_same_bytes_are_never_read_twice(read: Reader, textract: FakeTextract, body: bytes) -> None:
    media_type = "application/pdf" if body is SCAN else "image/jpeg"
    first = read(body, media_type=media_type)
    calls = len(textract.documents)
    second = read(body, media_type=media_type, run=2)
    assert len(textract.documents) == calls
    assert second["kept"] is True
    assert second["transcript"] == first["transcript"]
    assert {name: second[name] for name in ("pages", "ocr_pages", "lines", "warnings", "sha256")} == {
        name: first[name] for name in ("pages", "ocr_pages", "lines", "warnings", "sha256")
    }
    assert read.progress(run=2)["pages_done"] == first["pages"]


def test_kept_transcript_found_while_reading_stops_the_rest(read: Reader, textract: FakeTextract) -> None:
    """The hash of a dropped file is known once it has been fetched, when its first pages are on their way."""
    first = read(SCAN)
    calls = len(textract.documents)
    released = threading.Event()
    textract.wait = lambda: bool(released.wait(5))  # type: ignore[assignment]
    second = read(SCAN, known=False, run=2)
    released.set()
    assert second["kept"] is True
    assert second["transcript"] == first["transcript"]
    assert len(textract.documents) <= calls + 3


def test_sheet_and_paper_of_the_same_bytes_are_read_by_their_own_rules(read: Reader, textract: FakeTextract) -> None:
    """A teacher's layer is taken at its word; the same file as a sheet has to prove itself."""
    body = pdf(typed_page())
    paper = read(body)
    sheet = read(body, kind=DocumentKind.ANSWER_SHEET, run=2)
    assert paper["transcript"]["key"] != sheet["transcript"]["key"]
    assert (paper["ocr_pages"], sheet["ocr_pages"]) == (0, 1)


def test_progress_tells_pages_and_times(read: Reader) -> None:
    reading = read(SCAN)
    told = read.progress()
    assert (told["pages_total"], told["pages_done"], cost_counters.sum_counters(cost_counters.OCR_CALLS, [told])) == (
        3,
        3,
        3,
    )
    assert told["started_at"] == reading["started_at"]
    assert told["first_ocr_at"] == reading["first_ocr_at"]
    assert told["ended_at"] == reading["ended_at"]


def test_calls_of_a_try_whose_answer_was_lost_stay_counted(read: Reader) -> None:
    reading = read(SCAN)
    read.cloud.client("s3").delete_object(Bucket=DOCUMENTS, Key=reading["transcript"]["key"])
    read(SCAN)
    assert cost_counters.sum_counters(cost_counters.OCR_CALLS, [read.progress()]) == 6
    assert read.progress()["pages_done"] == 3


def test_progress_that_cannot_be_written_stops_nothing(
    read: Reader, textract: FakeTextract, monkeypatch: pytest.MonkeyPatch
) -> None:
    read.cloud.client("dynamodb").delete_table(TableName=TABLE)
    assert read(SCAN)["pages"] == 3


def test_throttled_pages_are_tried_again_and_none_is_lost(read: Reader, textract: FakeTextract) -> None:
    textract.faults = [
        (400, "ProvisionedThroughputExceededException"),
        (500, "InternalServerError"),
        (400, "ThrottlingException"),
    ]
    reading = read(SCAN)
    assert reading["lines"] == 3
    assert len(textract.documents) == 6


def test_pages_that_keep_failing_are_named(
    read: Reader, textract: FakeTextract, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("extract.ocr.textract.MAX_ATTEMPTS", 2)
    textract.faults = [(500, "InternalServerError")] * 6
    with pytest.raises(errors.ReadingIncomplete) as raised:
        read(SCAN)
    assert raised.value.pages == (1, 2, 3)
    assert "Pages 1, 2 and 3" in str(raised.value)


def test_page_that_textract_does_not_take_is_sent_as_a_drawing(read: Reader, textract: FakeTextract) -> None:
    textract.faults = [(400, "UnsupportedDocumentException")]
    assert read(pdf(scanned_page(picture())))["lines"] == 1
    assert Image.open(io.BytesIO(textract.bodies[1])).format == "JPEG"


def test_page_that_textract_never_takes_is_refused_by_its_number(read: Reader, textract: FakeTextract) -> None:
    textract.faults = [(400, "BadDocumentException")] * 2
    with pytest.raises(errors.PageUnreadable, match="Page 1 "):
        read(pdf(scanned_page(picture())))


def test_picture_that_textract_does_not_take_is_written_anew(read: Reader, textract: FakeTextract) -> None:
    textract.faults = [(400, "UnsupportedDocumentException")]
    reading = read(encode_image(picture(mode="L").convert("CMYK"), "JPEG"), media_type="image/jpeg")
    assert reading["lines"] == 1
    assert Image.open(io.BytesIO(base64.b64decode(textract.documents[-1]["Bytes"]))).mode == "RGB"


def test_missing_version_is_our_fault_and_not_the_documents(read: Reader) -> None:
    state = read.state(SCAN)
    state["file"]["version_id"] = "00000000-0000-0000-0000-000000000000"
    with pytest.raises(ClientError) as raised:
        door.handler(state, read.context)
    assert not isinstance(raised.value, errors.GradelineError)


def test_access_denied_by_textract_is_our_fault(read: Reader, textract: FakeTextract) -> None:
    textract.faults = [(400, "AccessDeniedException")]
    with pytest.raises(ClientError, match="AccessDenied"):
        read(pdf(scanned_page(picture())))


@pytest.mark.parametrize(
    ("body", "more", "refusal"),
    [
        pytest.param(b"GIF89a nothing that is read", {}, errors.UnsupportedFileType, id="other type"),
        pytest.param(
            encode_image(picture()), {"media_type": "application/pdf"}, errors.FileTypeMismatch, id="header lies"
        ),
        pytest.param(encode_image(picture()), {"key": "drop/a/answers/x.pdf"}, errors.FileTypeMismatch, id="name lies"),
        pytest.param(
            pdf(typed_page()), {"key": "drop/a/answers/x.jpg"}, errors.FileTypeMismatch, id="picture's name lies"
        ),
        pytest.param(b"%PDF-1.7 and nothing else", {}, errors.DamagedDocument, id="damaged"),
    ],
)
def test_bad_document_is_refused_by_name_and_its_progress_ends(
    read: Reader, body: bytes, more: dict[str, Any], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        read(body, **more)
    assert read.progress()["ended_at"] is not None


def test_declared_hash_that_is_not_the_contents_is_a_disagreement(read: Reader) -> None:
    state = read.state(pdf(typed_page()))
    state["file"]["sha256"] = "0" * 64
    with pytest.raises(errors.LanesDisagree):
        door.handler(state, read.context)


def test_logs_hold_ids_and_counts_and_never_text_or_names(
    read: Reader, textract: FakeTextract, capsys: pytest.CaptureFixture[str]
) -> None:
    textract.lines = ["Ada Lovelace writes this"]
    log = io.StringIO()
    standing = door.logger.registered_handler.setStream(log)
    key = "drop/science-9/answers/ada.pdf"
    read(SCAN, key=key, sealed=TextCipher(SECRET.encode()).encrypt(key, associated_data=ID), known=False)
    door.logger.registered_handler.setStream(standing)
    logged = log.getvalue() + capsys.readouterr().out
    assert ID in logged
    assert "PagesRead" in logged
    for secret in ("Ada", "ada.pdf", "Lovelace"):
        assert secret not in logged


def test_the_event_in_the_repository_is_a_state_that_the_door_takes() -> None:
    state = json.loads((EVENTS / "extract.json").read_text())
    assert Submission.from_state(state).to_state() == state

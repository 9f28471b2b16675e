"""Handler of the reading branch: its calls and their order, what it stores, and how it refuses documents."""

import base64
import hashlib
import io
import json
import threading
from pathlib import Path
from typing import Any

import pypdf
import pytest
from botocore.exceptions import ClientError
from PIL import Image

from core.models import errors
from core.models.document_kinds import DocumentKind
from core.models.submission import Submission
from core.storage.branch_items import ReadingItem
from core.storage.encryption import TextCipher
from extract import app as extract_app
from extract.transcript_cache import READER_VERSION
from tests.integration.fake_textract import ID, FakeTextract, Reader
from tests.integration.moto_cloud import (
    DOCUMENTS,
    SECRET,
    TABLE,
    TEMP,
    MotoCloud,
)
from tests.unit.extract.document_factory import (
    PROSE,
    encode_image,
    pdf,
    picture,
    scanned_page,
    typed_page,
)

EVENTS = Path(__file__).parents[2] / "events"
SCAN = pdf(scanned_page(picture()), scanned_page(picture(["Second page"])), scanned_page(picture(["Third page"])))


def test_a_scan_is_read_and_the_output_has_references_and_counts_only(reader: Reader, textract: FakeTextract) -> None:
    reading = reader(SCAN, media_type="application/pdf")
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
def test_at_most_one_get_object_precedes_the_first_textract_call(reader: Reader, cloud: MotoCloud, known: bool) -> None:
    reader(SCAN, media_type="application/pdf", known=known)
    before = cloud.calls[: cloud.calls.index("DetectDocumentText")]
    assert before.count("GetObject") == 1
    assert set(before) <= {"GetObject", "HeadObject", "UpdateItem"}, "a look-up and the schedule run in parallel"


def test_each_page_is_sent_as_a_pdf_of_its_own(reader: Reader, textract: FakeTextract) -> None:
    reader(SCAN)
    assert len(textract.bodies) == 3
    pictures = set()
    for body in textract.bodies:
        (page,) = pypdf.PdfReader(io.BytesIO(body)).pages
        (image,) = page.images
        pictures.add(image.data)
    assert len(pictures) == 3


def test_a_typed_paper_needs_no_textract_call(reader: Reader, cloud: MotoCloud) -> None:
    reading = reader(pdf(typed_page()), known=False)
    assert "DetectDocumentText" not in cloud.calls
    assert (reading["text_layer_pages"], reading["ocr_pages"], reading["first_ocr_at"]) == (1, 0, None)
    assert [line.text for line in reader.transcript(reading).pages[0].lines] == PROSE


def test_an_image_is_read_from_s3_before_it_is_fetched(
    reader: Reader, textract: FakeTextract, cloud: MotoCloud
) -> None:
    state = reader.state(encode_image(picture(), "JPEG"), media_type="image/jpeg")
    reading = extract_app.handler(state, reader.context)
    (document,) = textract.documents
    assert document == {"S3Object": {"Bucket": TEMP, "Name": f"incoming/{ID}", "Version": state["file"]["version_id"]}}
    assert reader.transcript(reading).text == "read by Textract"
    assert reading["ocr_pages"] == 1


def test_a_dropped_image_is_hashed_while_textract_reads_it(
    reader: Reader, textract: FakeTextract, cloud: MotoCloud
) -> None:
    key = "drop/science-9/answers/ada.png"
    body = encode_image(picture())
    reading = reader(
        body, key=key, encrypted_key=TextCipher(SECRET.encode()).encrypt(key, associated_data=ID), known=False
    )
    assert textract.documents[0]["S3Object"]["Name"] == key
    assert reading["sha256"] == hashlib.sha256(body).hexdigest()
    before = cloud.calls[: cloud.calls.index("DetectDocumentText")]
    assert before.count("GetObject") <= 1
    assert "ada" not in json.dumps(reading)


def test_the_pinned_version_is_read_after_the_object_is_overwritten(reader: Reader) -> None:
    state = reader.state(pdf(typed_page(["The first version"])))
    reader.cloud.put(f"incoming/{ID}", pdf(typed_page(["Another version"])))
    reading = extract_app.handler(state, reader.context)
    assert reader.transcript(reading).text == "The first version"


@pytest.mark.parametrize("body", [SCAN, encode_image(picture(), "JPEG")], ids=["pdf", "picture"])
def test_same_bytes_are_never_read_twice(reader: Reader, textract: FakeTextract, body: bytes) -> None:
    media_type = "application/pdf" if body is SCAN else "image/jpeg"
    first = reader(body, media_type=media_type)
    calls = len(textract.documents)
    second = reader(body, media_type=media_type, run=2)
    assert len(textract.documents) == calls
    assert second["kept"] is True
    assert second["transcript"] == first["transcript"]
    assert {name: second[name] for name in ("pages", "ocr_pages", "lines", "warnings", "sha256")} == {
        name: first[name] for name in ("pages", "ocr_pages", "lines", "warnings", "sha256")
    }
    assert reader.progress(run=2)["pages_done"] == first["pages"]


def test_a_cached_transcript_found_while_reading_stops_the_rest(reader: Reader, textract: FakeTextract) -> None:
    """The hash of a dropped file is known once it has been fetched, when its first pages are already in progress."""
    first = reader(SCAN)
    calls = len(textract.documents)
    released = threading.Event()
    textract.wait = lambda: bool(released.wait(5))  # type: ignore[assignment]
    second = reader(SCAN, known=False, run=2)
    released.set()
    assert second["kept"] is True
    assert second["transcript"] == first["transcript"]
    assert len(textract.documents) <= calls + 3


def test_sheet_and_paper_of_the_same_bytes_are_read_by_their_own_rules(reader: Reader, textract: FakeTextract) -> None:
    """The text layer of a teacher's paper is trusted; that of a sheet is verified."""
    body = pdf(typed_page())
    paper = reader(body)
    sheet = reader(body, kind=DocumentKind.ANSWER_SHEET, run=2)
    assert paper["transcript"]["key"] != sheet["transcript"]["key"]
    assert (paper["ocr_pages"], sheet["ocr_pages"]) == (0, 1)


def ocr_calls(item: dict[str, Any]) -> int:
    return sum(ReadingItem.from_item(item).ocr_calls.values())


def test_progress_has_pages_and_times(reader: Reader) -> None:
    reading = reader(SCAN)
    item = reader.progress()
    assert (item["pages_total"], item["pages_done"], ocr_calls(item)) == (
        3,
        3,
        3,
    )
    assert item["started_at"] == reading["started_at"]
    assert item["first_ocr_at"] == reading["first_ocr_at"]
    assert item["ended_at"] == reading["ended_at"]


def test_calls_of_a_lost_attempt_stay_counted(reader: Reader) -> None:
    reading = reader(SCAN)
    reader.cloud.client("s3").delete_object(Bucket=DOCUMENTS, Key=reading["transcript"]["key"])
    reader(SCAN)
    assert ocr_calls(reader.progress()) == 6
    assert reader.progress()["pages_done"] == 3


def test_a_failed_progress_write_does_not_stop_the_reading(
    reader: Reader, textract: FakeTextract, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader.cloud.client("dynamodb").delete_table(TableName=TABLE)
    assert reader(SCAN)["pages"] == 3


def test_throttled_pages_are_retried_and_none_is_lost(reader: Reader, textract: FakeTextract) -> None:
    textract.faults = [
        (400, "ProvisionedThroughputExceededException"),
        (500, "InternalServerError"),
        (400, "ThrottlingException"),
    ]
    reading = reader(SCAN)
    assert reading["lines"] == 3
    assert len(textract.documents) == 6


def test_pages_that_keep_failing_are_named(
    reader: Reader, textract: FakeTextract, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("extract.ocr.textract.MAX_ATTEMPTS", 2)
    textract.faults = [(500, "InternalServerError")] * 6
    with pytest.raises(errors.ReadingIncomplete) as raised:
        reader(SCAN)
    assert raised.value.pages == (1, 2, 3)
    assert "Pages 1, 2 and 3" in str(raised.value)


def test_a_page_that_textract_refuses_is_sent_as_an_image(reader: Reader, textract: FakeTextract) -> None:
    textract.faults = [(400, "UnsupportedDocumentException")]
    assert reader(pdf(scanned_page(picture())))["lines"] == 1
    assert Image.open(io.BytesIO(textract.bodies[1])).format == "JPEG"


def test_a_page_that_textract_always_refuses_is_named(reader: Reader, textract: FakeTextract) -> None:
    textract.faults = [(400, "BadDocumentException")] * 2
    with pytest.raises(errors.PageUnreadable, match="Page 1 "):
        reader(pdf(scanned_page(picture())))


def test_an_image_that_textract_refuses_is_re_encoded(reader: Reader, textract: FakeTextract) -> None:
    textract.faults = [(400, "UnsupportedDocumentException")]
    reading = reader(encode_image(picture(mode="L").convert("CMYK"), "JPEG"), media_type="image/jpeg")
    assert reading["lines"] == 1
    assert Image.open(io.BytesIO(base64.b64decode(textract.documents[-1]["Bytes"]))).mode == "RGB"


def test_a_missing_version_is_not_blamed_on_the_document(reader: Reader) -> None:
    state = reader.state(SCAN)
    state["file"]["version_id"] = "00000000-0000-0000-0000-000000000000"
    with pytest.raises(ClientError) as raised:
        extract_app.handler(state, reader.context)
    assert not isinstance(raised.value, errors.GradelineError)


def test_access_denied_by_textract_is_not_blamed_on_the_document(reader: Reader, textract: FakeTextract) -> None:
    textract.faults = [(400, "AccessDeniedException")]
    with pytest.raises(ClientError, match="AccessDenied"):
        reader(pdf(scanned_page(picture())))


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
def test_a_bad_document_is_refused_by_name_and_its_progress_ends(
    reader: Reader, body: bytes, more: dict[str, Any], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        reader(body, **more)
    assert reader.progress()["ended_at"] is not None


def test_a_wrong_declared_hash_is_a_disagreement_of_the_branches(reader: Reader) -> None:
    state = reader.state(pdf(typed_page()))
    state["file"]["sha256"] = "0" * 64
    with pytest.raises(errors.LanesDisagree):
        extract_app.handler(state, reader.context)


def test_logs_have_ids_and_counts_and_never_text_or_names(
    reader: Reader, textract: FakeTextract, capsys: pytest.CaptureFixture[str]
) -> None:
    textract.lines = ["Ada Lovelace writes this"]
    log = io.StringIO()
    stream = extract_app.logger.registered_handler.setStream(log)
    key = "drop/science-9/answers/ada.pdf"
    reader(SCAN, key=key, encrypted_key=TextCipher(SECRET.encode()).encrypt(key, associated_data=ID), known=False)
    extract_app.logger.registered_handler.setStream(stream)
    logged = log.getvalue() + capsys.readouterr().out
    assert ID in logged
    assert "PagesRead" in logged
    for secret in ("Ada", "ada.pdf", "Lovelace"):
        assert secret not in logged


def test_the_sample_event_is_a_valid_state() -> None:
    state = json.loads((EVENTS / "extract.json").read_text())
    assert Submission.from_state(state).to_state() == state

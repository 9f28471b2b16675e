"""The endpoint that the reading benchmark measures against keeps to what it says of itself."""

import io
import json
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError
from pypdf import PdfReader, PdfWriter

from benchmarks.loopback import TextractServer
from benchmarks.scanned_documents import count_pdf_pages, find_labels, write_scan
from benchmarks.textract_quota import TextractQuota, TokenBucket, bound
from benchmarks.textract_responses import first_line


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def server() -> Iterator[TextractServer]:
    with TextractServer() as running:
        yield running


@pytest.fixture(scope="module")
def scan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_scan(tmp_path_factory.mktemp("scans") / "scan.pdf", 3, document=7)


def page_of(scan: Path, number: int) -> bytes:
    writer = PdfWriter()
    writer.add_page(PdfReader(scan).pages[number - 1])
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def client(url: str, attempts: int = 1):
    return boto3.client(
        "textract",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"mode": "standard", "total_max_attempts": attempts}),
    )


# ── the quota ────────────────────────────────────────────────────────────────────────────────────


def test_a_full_bucket_admits_one_seconds_quota_at_once_and_no_call_more():
    bucket = TokenBucket(5, Clock())
    assert [bucket.admit() for _ in range(7)] == [True] * 5 + [False] * 2


def test_after_the_burst_calls_are_admitted_at_the_quotas_pace():
    clock = Clock()
    bucket = TokenBucket(4, clock)
    admitted_at = []
    for _ in range(400):  # asked every 10 ms for 4 s
        if bucket.admit():
            admitted_at.append(round(clock.now - 100, 2))
        clock.now += 0.01
    assert admitted_at[:4] == [0.0, 0.01, 0.02, 0.03]
    assert admitted_at[4:8] == [0.25, 0.5, 0.75, 1.0]
    assert len(admitted_at) == 4 + 15


def test_a_pause_gives_back_one_seconds_quota_and_not_more():
    clock = Clock()
    bucket = TokenBucket(3, clock)
    for _ in range(3):
        bucket.admit()
    clock.now += 3600
    assert [bucket.admit() for _ in range(5)] == [True] * 3 + [False] * 2


def test_a_quota_below_one_call_a_second_still_admits_a_call():
    clock = Clock()
    bucket = TokenBucket(0.5, clock)
    assert [bucket.admit(), bucket.admit()] == [True, False]
    clock.now += 2
    assert bucket.admit()


# ── the bound ────────────────────────────────────────────────────────────────────────────────────


def test_the_bound_is_the_latest_end_of_admission_and_latency():
    even = TextractQuota(tps=5, page_seconds=1.5, jitter=0.0)
    assert bound(0, even) == 0.0
    assert bound(5, even) == pytest.approx(1.5)
    assert bound(6, even) == pytest.approx(0.2 + 1.5)
    assert bound(50, even) == pytest.approx(9.0 + 1.5)


def test_latencies_belong_to_the_order_of_admission_and_stay_within_their_jitter():
    allowance = TextractQuota(tps=25, seed=3)
    latencies = [allowance.latency(index) for index in range(200)]
    assert latencies == [TextractQuota(tps=5, seed=3).latency(index) for index in range(200)]
    assert latencies != [TextractQuota(tps=25, seed=4).latency(index) for index in range(200)]
    assert 1.2 <= min(latencies) < 1.25 and 1.75 < max(latencies) <= 1.8


def test_faults_come_in_the_shares_that_were_asked_for():
    allowance = TextractQuota(tps=25, error_share=0.1, drop_share=0.05, stall_share=0.05)
    faults = [allowance.fault(index) for index in range(4000)]
    for kind, share in (("error", 0.1), ("drop", 0.05), ("stall", 0.05)):
        assert faults.count(kind) / 4000 == pytest.approx(share, abs=0.02)
    assert not any(TextractQuota(tps=25).fault(index) for index in range(1000))


# ── what boto3 sees ──────────────────────────────────────────────────────────────────────────────


def test_an_answer_is_a_full_page_that_names_the_page_that_was_sent(server: TextractServer, scan: Path):
    url = server.open_account("answers", TextractQuota(tps=25, page_seconds=0.0))
    answer = client(url).detect_document_text(Document={"Bytes": page_of(scan, 2)})
    blocks = answer["Blocks"]
    lines = [block for block in blocks if block["BlockType"] == "LINE"]
    words = {block["Id"]: block for block in blocks if block["BlockType"] == "WORD"}
    assert answer["DocumentMetadata"] == {"Pages": 1}
    assert lines[0]["Text"] == first_line("07-0002")
    assert len(lines) == 40 and 250 <= len(words) <= 350
    assert [block["Id"] for block in lines] == blocks[0]["Relationships"][0]["Ids"]
    for line in lines[1:]:
        assert " ".join(words[word]["Text"] for word in line["Relationships"][0]["Ids"]) == line["Text"]


def test_a_call_above_the_quota_is_the_throttle_that_botocore_knows(server: TextractServer, scan: Path):
    url = server.open_account("throttled", TextractQuota(tps=0.01, page_seconds=0.0))
    textract = client(url)
    textract.detect_document_text(Document={"Bytes": page_of(scan, 1)})
    with pytest.raises(textract.exceptions.ProvisionedThroughputExceededException) as caught:
        textract.detect_document_text(Document={"Bytes": page_of(scan, 1)})
    assert caught.value.response["Error"]["Message"] == "Provisioned rate exceeded"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    told = server.report("throttled")
    assert (told["admitted"], told["throttled"]) == (1, 1)


def test_a_throttled_call_is_tried_again_by_boto3_itself(server: TextractServer, scan: Path):
    url = server.open_account("again", TextractQuota(tps=10, page_seconds=0.0))
    textract = client(url, attempts=8)
    for _ in range(12):
        textract.detect_document_text(Document={"Bytes": page_of(scan, 1)})
    told = server.report("again")
    assert told["admitted"] == 12


def test_an_account_opened_anew_forgets_what_was(server: TextractServer, scan: Path):
    url = server.open_account("anew", TextractQuota(tps=1, page_seconds=0.0))
    client(url).detect_document_text(Document={"Bytes": page_of(scan, 1)})
    server.open_account("anew", TextractQuota(tps=1, page_seconds=0.0))
    assert server.report("anew")["admitted"] == 0
    client(url).detect_document_text(Document={"Bytes": page_of(scan, 1)})


def test_each_call_is_told_with_its_size_and_its_page(server: TextractServer, scan: Path):
    url = server.open_account("told", TextractQuota(tps=25, seed=5, page_seconds=0.01))
    for number in (3, 1):
        client(url).detect_document_text(Document={"Bytes": page_of(scan, number)})
    first, second = server.report("told")["calls"]
    assert (first["pages"], second["pages"]) == (["07-0003"], ["07-0001"])
    assert first["bytes"] == len(page_of(scan, 3))
    assert first["latency"] == TextractQuota(tps=25, seed=5, page_seconds=0.01).latency(0)


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (b"plain words", "UnsupportedDocumentException"),
        (b"%PDF-1.7 and nothing more", "UnsupportedDocumentException"),
        (b"%PDF-1.7" + bytes(10_000_000), "DocumentTooLargeException"),
    ],
)
def test_what_textract_refuses_is_refused_by_its_name(server: TextractServer, document: bytes, code: str):
    url = server.open_account("refused", TextractQuota(tps=25, page_seconds=0.0))
    with pytest.raises(ClientError) as caught:
        client(url).detect_document_text(Document={"Bytes": document})
    assert caught.value.response["Error"]["Code"] == code
    assert server.report("refused")["refused"] == {code: 1}


def test_a_document_of_several_pages_is_refused(server: TextractServer, scan: Path):
    textract = client(server.open_account("several", TextractQuota(tps=25, page_seconds=0.0)))
    with pytest.raises(textract.exceptions.UnsupportedDocumentException):
        textract.detect_document_text(Document={"Bytes": scan.read_bytes()})


def test_faults_are_a_named_500_and_a_connection_that_closes(server: TextractServer, scan: Path):
    textract = client(server.open_account("errors", TextractQuota(tps=25, page_seconds=0.0, error_share=1.0)))
    with pytest.raises(textract.exceptions.InternalServerError):
        textract.detect_document_text(Document={"Bytes": page_of(scan, 1)})
    textract = client(server.open_account("drops", TextractQuota(tps=25, page_seconds=0.0, drop_share=1.0)))
    with pytest.raises(ConnectionClosedError):
        textract.detect_document_text(Document={"Bytes": page_of(scan, 1)})
    assert [call["fault"] for call in server.report("drops")["calls"]] == ["drop"]


# ── the documents ────────────────────────────────────────────────────────────────────────────────


def test_a_scan_is_a_picture_a_page_and_every_page_can_be_told(scan: Path):
    reader = PdfReader(scan)
    assert [len(page.images) for page in reader.pages] == [1, 1, 1]
    assert not any(page.extract_text() for page in reader.pages)
    assert find_labels(scan.read_bytes()) == ("07-0001", "07-0002", "07-0003")
    assert find_labels(page_of(scan, 2)) == ("07-0002",)
    assert (count_pdf_pages(scan.read_bytes()), count_pdf_pages(page_of(scan, 1)), count_pdf_pages(b"%PDF-")) == (
        3,
        1,
        -1,
    )


def test_with_shared_resources_every_page_names_every_picture(tmp_path: Path):
    scan = write_scan(tmp_path / "shared.pdf", 3, shared=True)
    assert all(len(page["/Resources"]["/XObject"]) == 3 for page in PdfReader(scan).pages)
    assert len(find_labels(page_of(scan, 1))) == 3


def test_the_same_arguments_make_the_same_document(tmp_path: Path):
    one, other = (write_scan(tmp_path / name, 2) for name in ("one.pdf", "other.pdf"))
    assert one.read_bytes() == other.read_bytes()


def test_a_call_without_bytes_is_an_invalid_parameter(server: TextractServer):
    textract = client(server.open_account("parameters", TextractQuota(tps=25)))
    with pytest.raises(textract.exceptions.InvalidParameterException):
        textract.detect_document_text(Document={"S3Object": {"Bucket": "bucket", "Name": "key"}})
    assert json.dumps(server.report("parameters")["refused"]) == '{"InvalidParameterException": 1}'

"""The fake Textract endpoint of the reading benchmark: quota, latencies, faults, responses and documents."""

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


class FakeClock:
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


def test_a_full_bucket_admits_one_seconds_quota_at_once():
    bucket = TokenBucket(5, FakeClock())
    assert [bucket.admit() for _ in range(7)] == [True] * 5 + [False] * 2


def test_after_the_burst_calls_are_admitted_at_the_quotas_rate():
    clock = FakeClock()
    bucket = TokenBucket(4, clock)
    admitted_at = []
    for _ in range(400):  # one call every 10 ms for 4 s
        if bucket.admit():
            admitted_at.append(round(clock.now - 100, 2))
        clock.now += 0.01
    assert admitted_at[:4] == [0.0, 0.01, 0.02, 0.03]
    assert admitted_at[4:8] == [0.25, 0.5, 0.75, 1.0]
    assert len(admitted_at) == 4 + 15


def test_a_pause_restores_at_most_one_seconds_quota():
    clock = FakeClock()
    bucket = TokenBucket(3, clock)
    for _ in range(3):
        bucket.admit()
    clock.now += 3600
    assert [bucket.admit() for _ in range(5)] == [True] * 3 + [False] * 2


def test_a_quota_below_one_call_a_second_still_admits_a_call():
    clock = FakeClock()
    bucket = TokenBucket(0.5, clock)
    assert [bucket.admit(), bucket.admit()] == [True, False]
    clock.now += 2
    assert bucket.admit()


# ── the bound ────────────────────────────────────────────────────────────────────────────────────


def test_the_bound_is_the_latest_admission_plus_latency():
    even = TextractQuota(tps=5, page_seconds=1.5, jitter=0.0)
    assert bound(0, even) == 0.0
    assert bound(5, even) == pytest.approx(1.5)
    assert bound(6, even) == pytest.approx(0.2 + 1.5)
    assert bound(50, even) == pytest.approx(9.0 + 1.5)


def test_latencies_depend_on_admission_order_and_stay_within_jitter():
    allowance = TextractQuota(tps=25, seed=3)
    latencies = [allowance.latency(index) for index in range(200)]
    assert latencies == [TextractQuota(tps=5, seed=3).latency(index) for index in range(200)]
    assert latencies != [TextractQuota(tps=25, seed=4).latency(index) for index in range(200)]
    assert 1.2 <= min(latencies) < 1.25 and 1.75 < max(latencies) <= 1.8


def test_faults_occur_in_the_requested_shares():
    allowance = TextractQuota(tps=25, error_share=0.1, drop_share=0.05, stall_share=0.05)
    faults = [allowance.fault(index) for index in range(4000)]
    for kind, share in (("error", 0.1), ("drop", 0.05), ("stall", 0.05)):
        assert faults.count(kind) / 4000 == pytest.approx(share, abs=0.02)
    assert not any(TextractQuota(tps=25).fault(index) for index in range(1000))


# ── what boto3 sees ──────────────────────────────────────────────────────────────────────────────


def test_a_response_is_a_full_page_that_names_the_page_sent(server: TextractServer, scan: Path):
    url = server.open_account("answers", TextractQuota(tps=25, page_seconds=0.0))
    response = client(url).detect_document_text(Document={"Bytes": page_of(scan, 2)})
    blocks = response["Blocks"]
    lines = [block for block in blocks if block["BlockType"] == "LINE"]
    words = {block["Id"]: block for block in blocks if block["BlockType"] == "WORD"}
    assert response["DocumentMetadata"] == {"Pages": 1}
    assert lines[0]["Text"] == first_line("07-0002")
    assert len(lines) == 40 and 250 <= len(words) <= 350
    assert [block["Id"] for block in lines] == blocks[0]["Relationships"][0]["Ids"]
    for line in lines[1:]:
        assert " ".join(words[word]["Text"] for word in line["Relationships"][0]["Ids"]) == line["Text"]


def test_a_call_above_the_quota_raises_botocores_throttling_error(server: TextractServer, scan: Path):
    url = server.open_account("throttled", TextractQuota(tps=0.01, page_seconds=0.0))
    textract = client(url)
    textract.detect_document_text(Document={"Bytes": page_of(scan, 1)})
    with pytest.raises(textract.exceptions.ProvisionedThroughputExceededException) as caught:
        textract.detect_document_text(Document={"Bytes": page_of(scan, 1)})
    assert caught.value.response["Error"]["Message"] == "Provisioned rate exceeded"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    report = server.report("throttled")
    assert (report["admitted"], report["throttled"]) == (1, 1)


def test_a_throttled_call_is_retried_by_boto3(server: TextractServer, scan: Path):
    url = server.open_account("again", TextractQuota(tps=10, page_seconds=0.0))
    textract = client(url, attempts=8)
    for _ in range(12):
        textract.detect_document_text(Document={"Bytes": page_of(scan, 1)})
    assert server.report("again")["admitted"] == 12


def test_reopening_an_account_resets_it(server: TextractServer, scan: Path):
    url = server.open_account("reopened", TextractQuota(tps=1, page_seconds=0.0))
    client(url).detect_document_text(Document={"Bytes": page_of(scan, 1)})
    server.open_account("reopened", TextractQuota(tps=1, page_seconds=0.0))
    assert server.report("reopened")["admitted"] == 0
    client(url).detect_document_text(Document={"Bytes": page_of(scan, 1)})


def test_each_call_is_reported_with_its_size_and_page(server: TextractServer, scan: Path):
    url = server.open_account("calls", TextractQuota(tps=25, seed=5, page_seconds=0.01))
    for number in (3, 1):
        client(url).detect_document_text(Document={"Bytes": page_of(scan, number)})
    first, second = server.report("calls")["calls"]
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
def test_unsupported_documents_are_refused_with_textracts_error_codes(
    server: TextractServer, document: bytes, code: str
):
    url = server.open_account("refused", TextractQuota(tps=25, page_seconds=0.0))
    with pytest.raises(ClientError) as caught:
        client(url).detect_document_text(Document={"Bytes": document})
    assert caught.value.response["Error"]["Code"] == code
    assert server.report("refused")["refused"] == {code: 1}


def test_a_document_of_several_pages_is_refused(server: TextractServer, scan: Path):
    textract = client(server.open_account("several", TextractQuota(tps=25, page_seconds=0.0)))
    with pytest.raises(textract.exceptions.UnsupportedDocumentException):
        textract.detect_document_text(Document={"Bytes": scan.read_bytes()})


def test_faults_are_an_internal_server_error_and_a_closed_connection(server: TextractServer, scan: Path):
    textract = client(server.open_account("errors", TextractQuota(tps=25, page_seconds=0.0, error_share=1.0)))
    with pytest.raises(textract.exceptions.InternalServerError):
        textract.detect_document_text(Document={"Bytes": page_of(scan, 1)})
    textract = client(server.open_account("drops", TextractQuota(tps=25, page_seconds=0.0, drop_share=1.0)))
    with pytest.raises(ConnectionClosedError):
        textract.detect_document_text(Document={"Bytes": page_of(scan, 1)})
    assert [call["fault"] for call in server.report("drops")["calls"]] == ["drop"]


# ── the documents ────────────────────────────────────────────────────────────────────────────────


def test_a_scan_has_one_image_per_page_and_identifiable_pages(scan: Path):
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


def test_with_shared_resources_every_page_references_every_image(tmp_path: Path):
    scan = write_scan(tmp_path / "shared.pdf", 3, shared=True)
    assert all(len(page["/Resources"]["/XObject"]) == 3 for page in PdfReader(scan).pages)
    assert len(find_labels(page_of(scan, 1))) == 3


def test_the_same_arguments_produce_the_same_bytes(tmp_path: Path):
    one, other = (write_scan(tmp_path / name, 2) for name in ("one.pdf", "other.pdf"))
    assert one.read_bytes() == other.read_bytes()


def test_a_call_without_bytes_is_an_invalid_parameter(server: TextractServer):
    textract = client(server.open_account("parameters", TextractQuota(tps=25)))
    with pytest.raises(textract.exceptions.InvalidParameterException):
        textract.detect_document_text(Document={"S3Object": {"Bucket": "bucket", "Name": "key"}})
    assert json.dumps(server.report("parameters")["refused"]) == '{"InvalidParameterException": 1}'

"""The test bed of the reading benchmark: the servers, the documents in their bucket, and warm readers."""

import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from itertools import zip_longest
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from benchmarks.loopback import AWS_ENVIRONMENT, LoopbackServer, TextractServer
from benchmarks.process_usage import OtherCpuUsage
from benchmarks.reading_strategies import Document
from benchmarks.scanned_documents import write_scan
from benchmarks.textract_quota import TextractQuota, bound
from benchmarks.textract_responses import first_line, page_label
from local.cloud.stack import Stack

ROOT = Path(__file__).resolve().parent.parent
_TEMP, _DOCUMENTS = "benchmark-temp", "benchmark-documents"
_UNLIMITED = TextractQuota(tps=1000, page_seconds=0.0)


@dataclass(frozen=True)
class ReadingOutcome:
    """One document read: monotonic seconds, CPU seconds of the reader's own process, and the number of lost pages."""

    started_at: float
    ended_at: float
    cpu_seconds: float
    lost: int
    failed: str | None


def lost_pages(document: Document, lines: Sequence[str | None]) -> int:
    """Count the pages that did not come back in their place. `lines` are the page labels as they were read."""
    expected = [first_line(page_label(document.number, page)) for page in range(1, document.pages + 1)]
    return sum(got != want for got, want in zip_longest(lines, expected))


class ReaderProcess:
    """Runs `benchmarks.reader_process` for one strategy and one account, warmed up with one page."""

    def __init__(self, strategy: str, environment: dict[str, str], warm_up: Document) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.reader_process", strategy],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.pid = self._process.pid
        self._warm_up = warm_up

    def warm(self) -> None:
        assert self._process.stdout is not None
        if self._process.stdout.readline().strip() != "ready":
            raise RuntimeError("a reader did not start")
        self.begin(self._warm_up, time.monotonic())
        outcome = self.outcome()
        if outcome.failed or outcome.lost:
            raise RuntimeError(f"a reader could not read one page: {outcome.failed}")

    def begin(self, document: Document, at: float) -> None:
        """Let it start reading `document` at the time `at` of the monotonic clock."""
        assert self._process.stdin is not None
        self._document = document
        self._process.stdin.write(json.dumps({"document": asdict(document), "at": at}) + "\n")
        self._process.stdin.flush()

    def outcome(self) -> ReadingOutcome:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("a reader process ended unexpectedly")
        report = json.loads(line)
        return ReadingOutcome(lost=lost_pages(self._document, report.pop("pages")), **report)

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@dataclass(frozen=True)
class ReadingRun:
    """Documents read concurrently: wall seconds from the first start to the last end, and the bound for them.

    `report` is the account's own: calls with their sizes, throttles. `other_cpu_share` is the share of the machine
    that other processes used during the run.
    """

    pages: int
    seconds: float
    bound: float
    lost: int
    cpu_seconds: float
    failed: tuple[str, ...]
    report: dict[str, Any]
    other_cpu_share: float | None

    @property
    def ratio(self) -> float:
        return self.seconds / self.bound


class ReaderPool:
    """Warm readers of one strategy, all on one account with one quota."""

    def __init__(
        self, textract: TextractServer, account: str, *, strategy: str, tps: float, readers: Sequence[ReaderProcess]
    ) -> None:
        self._textract, self._account = textract, account
        self.strategy, self.tps, self.readers = strategy, tps, readers
        self._tenants = (f"{account}-{number}" for number in itertools.count(1))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for reader in self.readers:
            reader.close()

    def reading_run(self, documents: Sequence[Document], seed: int, **faults: float) -> ReadingRun:
        """Let one reader per document read, all starting at the same moment."""
        quota = TextractQuota(tps=self.tps, seed=seed, **faults)
        tenant = next(self._tenants)
        self._textract.open_account(self._account, quota)
        running = list(zip(self.readers, documents, strict=False))
        with OtherCpuUsage(os.getpid()) as others:
            at = time.monotonic() + 0.2
            for reader, document in running:
                reader.begin(replace(document, tenant=tenant), at)
            outcomes = [reader.outcome() for reader, _ in running]
        pages = sum(document.pages for document in documents)
        return ReadingRun(
            pages=pages,
            seconds=max(outcome.ended_at for outcome in outcomes) - min(outcome.started_at for outcome in outcomes),
            bound=bound(pages, quota),
            lost=sum(outcome.lost for outcome in outcomes),
            cpu_seconds=sum(outcome.cpu_seconds for outcome in outcomes),
            failed=tuple(outcome.failed for outcome in outcomes if outcome.failed),
            report=self._textract.report(self._account),
            other_cpu_share=others.share,
        )


class ReadingTestbed:
    """Servers, buckets and clients for the duration of a `with` block."""

    def __enter__(self) -> Self:
        self._open = ExitStack()
        self._folder = Path(self._open.enter_context(tempfile.TemporaryDirectory(prefix="gradeline-bench-")))
        self.textract = self._open.enter_context(TextractServer())
        self._store = self._open.enter_context(LoopbackServer("benchmarks.store_endpoint"))
        self._s3, self._dynamodb = self._client("s3"), self._client("dynamodb")
        for bucket in (_TEMP, _DOCUMENTS):
            self._s3.create_bucket(Bucket=bucket)
            self._s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        self._warm_up = self.scan(99, 1)
        self._numbers = itertools.count(1)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._open.close()

    def _client(self, service: Literal["s3", "dynamodb"]) -> Any:
        import boto3

        return boto3.client(
            service,
            endpoint_url=self._store.address,
            region_name=AWS_ENVIRONMENT["AWS_REGION"],
            aws_access_key_id="benchmark",
            aws_secret_access_key="benchmark",
        )

    def scan(self, number: int, pages: int, **options: Any) -> Document:
        return self.document(number, pages, lambda path: write_scan(path, pages, document=number, **options))

    def document(self, number: int, pages: int, write: Callable[[Path], Path], kind: str = "answer_sheet") -> Document:
        """Write the document to disk and upload it to the temp bucket, where the handler expects it."""
        key = f"uploads/{number:02d}-{pages}-{kind}.pdf"
        path = write(self._folder / key.replace("/", "-"))
        version = self._s3.put_object(Bucket=_TEMP, Key=key, Body=path.read_bytes())["VersionId"]
        return Document(number, str(path), pages, _TEMP, key, version, path.stat().st_size, kind)

    def reader_pool(self, strategy: str, tps: float, count: int = 1) -> ReaderPool:
        """Start `count` warm readers on an account and a table of their own. Close the pool with a `with` block."""
        account = f"{strategy.replace(' ', '-')}-{next(self._numbers)}"
        url = self.textract.open_account(account, _UNLIMITED)
        self._dynamodb.create_table(
            TableName=account,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        )
        environment = self._environment(url, account, tps)
        readers = [ReaderProcess(strategy, environment, self._warm_up) for _ in range(count)]
        for reader in readers:
            reader.warm()
        return ReaderPool(self.textract, account, strategy=strategy, tps=tps, readers=readers)

    def _environment(self, textract: str, table: str, tps: float) -> dict[str, str]:
        """Return the deployed function's own environment, from the template, with endpoints on loopback."""
        stack = Stack(ROOT / "template.yaml", parameters={"TextractTps": f"{tps:g}"}, secret=lambda _: "benchmark")
        return {
            **stack.functions["ExtractFunction"].environment,
            **AWS_ENVIRONMENT,
            "PATH": os.environ.get("PATH", ""),
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "functions")]),
            "AWS_ENDPOINT_URL_TEXTRACT": textract,
            "AWS_ENDPOINT_URL_S3": self._store.address,
            "AWS_ENDPOINT_URL_DYNAMODB": self._store.address,
            "TABLE": table,
            "TEMP_BUCKET": _TEMP,
            "DOCUMENTS_BUCKET": _DOCUMENTS,
            "POWERTOOLS_LOG_LEVEL": "ERROR",
        }

"""The stored transcript is looked up by the file's hash in the background; a failed lookup finds nothing."""

from concurrent.futures import Executor, Future
from types import SimpleNamespace
from typing import Any

import pytest

from core.models import errors
from core.models.document_kinds import DocumentKind
from core.models.submission import IntakeChannel, SourceFile, Submission
from extract.cache_lookup import CacheLookup
from extract.limits import DocumentLimits
from extract.source_object import SourceObject
from extract.transcript_cache import TranscriptCounts

COUNTS = TranscriptCounts("application/pdf", pages=2, text_layer_pages=2, ocr_pages=0, lines=9, warnings=0)


class FakeCache:
    """Holds one transcript, or fails with an error; records the keys of its lookups."""

    def __init__(self, counts: TranscriptCounts | None, error: Exception | None = None) -> None:
        self.counts, self.error = counts, error
        self.looked_up: list[str] = []

    def key(self, tenant: str, sha256: str, kind: DocumentKind) -> str:
        return f"{tenant}/{sha256}.{kind}"

    def look_up(self, key: str) -> TranscriptCounts | None:
        self.looked_up.append(key)
        if self.error:
            raise self.error
        return self.counts


class ImmediateExecutor(Executor):
    """Runs each call at once, in the calling thread."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - as a real executor does
            future.set_exception(error)
        return future


class PendingExecutor(Executor):
    """Never runs a call."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        return Future()


def make_lookup(
    cache: FakeCache,
    executor: Executor | None = None,
    *,
    media_type: str | None = None,
    nonfatal_errors: list[Exception] | None = None,
) -> CacheLookup:
    file = SourceFile("temp", "incoming/a", "v1", 100, None, media_type)
    received_at = "2030-05-06T07:08:09.000Z"
    submission = Submission(
        "a" * 32, 1, "demo", "science-9", DocumentKind.QUESTION_PAPER, None, IntakeChannel.API, received_at, file
    )
    source = SourceObject(SimpleNamespace(), file, "incoming/a", DocumentLimits(), ())
    errors_seen = [] if nonfatal_errors is None else nonfatal_errors
    return CacheLookup(cache, submission, source, executor or ImmediateExecutor(), errors_seen.append)  # type: ignore[arg-type]


def test_nothing_is_found_before_the_hash_is_known() -> None:
    lookup = make_lookup(cache := FakeCache(COUNTS))
    assert not lookup.is_found()
    assert cache.looked_up == []


def test_a_stored_transcript_is_found_by_hash_and_kind() -> None:
    lookup = make_lookup(cache := FakeCache(COUNTS))
    lookup.start("abc")
    assert lookup.get() == COUNTS
    assert cache.looked_up == [lookup.key]
    assert lookup.key.startswith("demo/abc.")


def test_an_unfinished_lookup_has_found_nothing() -> None:
    lookup = make_lookup(FakeCache(COUNTS), PendingExecutor())
    lookup.start("abc")
    assert lookup.get(timeout=0.01) is None


def test_a_failed_lookup_is_reported_once_and_finds_nothing() -> None:
    nonfatal_errors: list[Exception] = []
    lookup = make_lookup(FakeCache(None, ConnectionError("no S3")), nonfatal_errors=nonfatal_errors)
    lookup.start("abc")
    assert not lookup.is_found()
    assert not lookup.is_found()
    assert [str(error) for error in nonfatal_errors] == ["no S3"]


def test_an_undeclared_hash_starts_the_lookup_once() -> None:
    lookup = make_lookup(cache := FakeCache(COUNTS))
    lookup.confirm_hash("abc")
    lookup.confirm_hash("abc")
    assert len(cache.looked_up) == 1
    assert lookup.is_found()


def test_a_hash_other_than_the_declared_one_is_a_disagreement() -> None:
    lookup = make_lookup(FakeCache(None))
    lookup.start("abc")
    with pytest.raises(errors.LanesDisagree):
        lookup.confirm_hash("def")


def test_a_cached_transcript_of_another_declared_type_is_a_mismatch() -> None:
    lookup = make_lookup(FakeCache(COUNTS), media_type="image/png")
    lookup.start("abc")
    with pytest.raises(errors.FileTypeMismatch):
        lookup.get()

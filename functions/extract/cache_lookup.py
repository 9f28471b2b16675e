"""Looks up a submission's stored transcript in the background, while its file is fetched and read."""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from concurrent.futures import TimeoutError as NotFinished

from core.models import errors
from core.models.submission import Submission
from extract.source_object import SourceObject
from extract.transcript_cache import TranscriptCache, TranscriptCounts


class CacheLookup:
    """One lookup by the file's hash, which may become known only when the file has been fetched.

    A lookup that fails counts as "not found" and is reported to `on_nonfatal_error`: reading again is always correct,
    only more expensive.
    """

    def __init__(
        self,
        cache: TranscriptCache,
        submission: Submission,
        source: SourceObject,
        executor: Executor,
        on_nonfatal_error: Callable[[Exception], None],
    ) -> None:
        self._cache, self._submission, self._source = cache, submission, source
        self._executor, self._on_nonfatal_error = executor, on_nonfatal_error
        self._future: Future[TranscriptCounts | None] | None = None
        self.sha256: str | None = None

    @property
    def key(self) -> str:
        """The transcript's S3 key."""
        return self._cache.key(self._submission.tenant, self.sha256 or "", self._submission.kind)

    def start(self, sha256: str) -> None:
        """Start the lookup for a file with this hash (SHA-256, hexadecimal)."""
        self.sha256 = sha256
        self._future = self._executor.submit(self._cache.look_up, self.key)

    def confirm_hash(self, sha256: str) -> None:
        """Compare the fetched bytes' hash with the declared one; if none was declared, start the lookup with it.

        Raises
        ------
        LanesDisagree
            The declared hash is another.
        """
        if self.sha256 is None:
            self.start(sha256)
        elif self.sha256 != sha256:
            raise errors.LanesDisagree("The bytes that were read are not the bytes that were declared.")

    def get(self, timeout: float = 0.0) -> TranscriptCounts | None:
        """The stored transcript's counts; None if there is none, or if it is not known after `timeout` seconds.

        Raises
        ------
        FileTypeMismatch
            The upload declares another type than the stored transcript's file had.
        """
        if self._future is None:
            return None
        try:
            counts = self._future.result(timeout)
        except NotFinished:
            return None
        except Exception as error:  # noqa: BLE001 - reading again is always correct, only more expensive
            self._on_nonfatal_error(error)
            self._future = None
            return None
        if counts is not None:
            self._source.check_declared(counts.media_type)
        return counts

    def is_found(self) -> bool:
        """Whether a stored transcript has been found by now."""
        return self.get() is not None

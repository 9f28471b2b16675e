"""Textract calls: rate-limited, retried after transient errors; a refused page is distinguished from a failed call."""

import math
import random
import time
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from core.models import errors
from extract.ocr import aws_errors
from extract.ocr.engine import PageRefused, StoredImageRefused
from extract.ocr.rate_limiter import RateLimiter

TextractResponse = dict[str, Any]

MAX_ATTEMPTS = 10
_FIRST_PAUSE, _MAX_PAUSE = 0.2, 6.0


class TextractApi(Protocol):
    """The Textract client (`textract_client.TextractClient`). Each method prepares a call that can be repeated."""

    client_error: type[Exception]

    def call_with_bytes(self, body: bytes) -> Callable[[], TextractResponse]: ...
    def call_with_object(self, bucket: str, key: str, version_id: str) -> Callable[[], TextractResponse]: ...
    def call_for_job(self, job_id: str, token: str | None) -> Callable[[], TextractResponse]: ...


class TextractOcr:
    """Reads pages and objects, one a call.

    `textract` makes one attempt a call: the retries are here, so that a pause does not occupy a slot of the rate
    limiter. `transport_errors` are the errors of a call that got no response. `deadline` is in epoch seconds.
    """

    def __init__(
        self,
        textract: TextractApi,
        rate_limiter: RateLimiter,
        *,
        transport_errors: tuple[type[Exception], ...] = (),
        deadline: float = math.inf,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._textract, self._rate_limiter, self._deadline, self._sleep = textract, rate_limiter, deadline, sleep
        self._error_types = (*transport_errors, textract.client_error)

    def close(self) -> None:
        """Cancel the calls that wait for the rate limiter."""
        self._rate_limiter.close()

    def read(self, body: bytes) -> TextractResponse:
        """Textract's response for a page's bytes.

        Raises
        ------
        PageRefused
            Textract does not accept the page.
        ServiceUnavailable
            No response after all attempts, or not before the deadline.
        """
        call = self._textract.call_with_bytes(body)
        del body  # fifty pages may wait at once: each is held in memory once, as its request
        return self._call_with_retries(call)

    def read_object(self, bucket: str, key: str, version_id: str) -> TextractResponse:
        """Textract's response for an image in S3, which Textract fetches itself. Raises as `read` does."""
        return self._call_with_retries(self._textract.call_with_object(bucket, key, version_id))

    def read_job_parts(self, job_id: str) -> Iterator[TextractResponse]:
        """The parts of an asynchronous job's result. These calls have a quota of their own and are not rate-limited."""
        token: str | None = None
        while True:
            part = self._call_with_retries(self._textract.call_for_job(job_id, token), paced=False)
            yield part
            token = part.get("NextToken")
            if not token:
                return

    def _call_with_retries(self, call: Callable[[], TextractResponse], *, paced: bool = True) -> TextractResponse:
        pause = _FIRST_PAUSE
        for attempt in range(1, MAX_ATTEMPTS + 1):
            if paced:
                self._rate_limiter.acquire(self._deadline)
            try:
                return call()
            except self._error_types as error:
                code = self._get_transient_code(error)
                last = attempt == MAX_ATTEMPTS or time.time() + pause > self._deadline
                if last:
                    raise errors.ServiceUnavailable(
                        f"Textract did not answer after {attempt} attempts: {code}."
                    ) from error
            self._sleep(random.uniform(0.3 * pause, pause))  # noqa: S311 - spreads load, guards nothing
            pause = min(2 * pause, _MAX_PAUSE)
        raise AssertionError("unreachable")

    @staticmethod
    def _get_transient_code(error: Exception) -> str:
        """The error's code if the same call may succeed later; raises PageRefused or the error itself otherwise."""
        code, _ = aws_errors.get_error_code(error)
        if code in aws_errors.REFUSED_CODES:
            refusal = StoredImageRefused if code == aws_errors.INVALID_OBJECT_CODE else PageRefused
            raise refusal(code) from error
        if aws_errors.is_transient(error):
            return code
        raise error  # neither the document's fault nor transient: access, signature, region

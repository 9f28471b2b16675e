"""Calls of Textract: paced, tried again where that helps, and refused pages told from refused calls."""

import math
import random
import time
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from core import errors
from extract import faults
from extract.pacing import Pacer

Answer = dict[str, Any]

ATTEMPTS = 10
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 6.0
_REFUSED = frozenset(
    {
        "UnsupportedDocumentException",
        "BadDocumentException",
        "DocumentTooLargeException",
        "InvalidParameterException",
        "InvalidS3ObjectException",
    }
)


class PageRefused(Exception):
    """Textract does not take this page in this form; `code` is its error's name. Another form may do."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Calls(Protocol):
    """Textract as it is called (`lean_client.LeanTextract`): what is made here is called until it answers."""

    client_error: type[Exception]

    def of_bytes(self, body: bytes) -> Callable[[], Answer]: ...
    def of_object(self, bucket: str, key: str, version_id: str) -> Callable[[], Answer]: ...
    def of_job(self, identity: str, token: str | None) -> Callable[[], Answer]: ...


class TextractReader:
    """Reads one page a call.

    `textract` makes one attempt a call: pauses are taken here, where they do not hold a place in the schedule.
    `transport_faults` are the errors that mean that no answer came at all.
    """

    def __init__(
        self,
        textract: Calls,
        pacer: Pacer,
        *,
        transport_faults: tuple[type[Exception], ...] = (),
        deadline: float = math.inf,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._textract, self._pacer, self._deadline, self._sleep = textract, pacer, deadline, sleep
        self._faults = (*transport_faults, textract.client_error)

    def close(self) -> None:
        """The reading is over: calls that wait for their moment are not made any more."""
        self._pacer.close()

    def read(self, body: bytes) -> Answer:
        """Textract's answer for a page's own bytes.

        Raises
        ------
        PageRefused
            Textract does not take this document.
        ServiceUnavailable
            No answer after all attempts.
        """
        call = self._textract.of_bytes(body)
        del body  # fifty pages wait at once; each is held once, as its request
        return self._until_answered(call)

    def read_object(self, bucket: str, key: str, version_id: str) -> Answer:
        """The same for a picture where it lies, without its bytes passing through here."""
        return self._until_answered(self._textract.of_object(bucket, key, version_id))

    def parts_of_job(self, identity: str) -> Iterator[Answer]:
        """What a job has read, part after part; these calls have a quota of their own."""
        token: str | None = None
        while True:
            part = self._until_answered(self._textract.of_job(identity, token), paced=False)
            yield part
            token = part.get("NextToken")
            if not token:
                return

    def _until_answered(self, call: Callable[[], Answer], *, paced: bool = True) -> Answer:
        pause = _FIRST_PAUSE
        for attempt in range(1, ATTEMPTS + 1):
            if paced:
                self._pacer.admit(self._deadline)
            try:
                return call()
            except self._faults as error:
                code = self._judge(error)
                last = attempt == ATTEMPTS or time.time() + pause > self._deadline
                if last:
                    raise errors.ServiceUnavailable(
                        f"Textract did not answer after {attempt} attempts: {code}."
                    ) from error
            self._sleep(random.uniform(0.3 * pause, pause))  # noqa: S311 - spreads load, guards nothing
            pause = min(2 * pause, _LONGEST_PAUSE)
        raise AssertionError("unreachable")

    @staticmethod
    def _judge(error: Exception) -> str:
        """The error's name where the same call may succeed later; otherwise raises what it means."""
        code, _ = faults.code_of(error)
        if code in _REFUSED:
            raise PageRefused(code) from error
        if faults.passes(error):
            return code
        raise error  # not the document's fault, and not one that passes: access, signature, region

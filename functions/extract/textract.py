"""Calls of Textract: paced, tried again where that helps, and refused pages told from refused calls."""

import json
import math
import random
import time
from collections.abc import Callable
from typing import Any

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


class TextractReader:
    """Reads one page a call.

    `client` is a Textract client that makes one attempt a call: pauses are taken here, where they do not hold a
    place in the schedule. `transport_faults` are the errors that mean that no answer came at all.
    """

    def __init__(
        self,
        client: Any,
        pacer: Pacer,
        *,
        transport_faults: tuple[type[Exception], ...] = (),
        deadline: float = math.inf,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client, self._pacer, self._deadline, self._sleep = client, pacer, deadline, sleep
        self._faults = (*transport_faults, client.exceptions.ClientError)

    def read(self, body: bytes) -> Answer:
        """Textract's answer for a page's own bytes.

        Raises
        ------
        PageRefused
            Textract does not take this document.
        ServiceUnavailable
            No answer after all attempts.
        """
        return self._call({"Bytes": body})

    def read_object(self, bucket: str, key: str, version_id: str) -> Answer:
        """The same for a picture where it lies, without its bytes passing through here."""
        return self._call({"S3Object": {"Bucket": bucket, "Name": key, "Version": version_id}})

    def _call(self, document: dict[str, Any]) -> Answer:
        pause = _FIRST_PAUSE
        for attempt in range(1, ATTEMPTS + 1):
            self._pacer.admit(self._deadline)
            try:
                answer: Answer = self._client.detect_document_text(Document=document)
                return answer
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


def parse_lean(client: Any) -> Any:
    """Let the client parse a page's answer with `json` alone; the client itself.

    botocore walks an answer's thousands of blocks shape by shape, in Python, about 15 ms a page: at fifty pages at
    once that is what reading would wait for. The answer is JSON already. Errors are left to botocore.
    """
    client.meta.events.register("before-parse.textract.DetectDocumentText", _parse)
    return client


def _parse(response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any) -> None:
    if response_dict["status_code"] < 300:
        customized_response_dict.update(json.loads(response_dict["body"]))
        response_dict["body"] = b"{}"

"""A client as clients are: it sends, and where it gets no good answer it sends the same once more."""

import random
import time
from collections.abc import Callable
from typing import Any, TypeVar

import boto3
import requests
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from benchmarks.chaos.ledger import DROP, FORM, RAW, Ledger, Sending
from benchmarks.chaos.storm import SENDER
from local.cloud.local_cloud import LocalCloud
from local.cloud.stack import REGION

T = TypeVar("T")
_TRIES = 25
_PAUSE = 0.1
_LONGEST_PAUSE = 1.0
_SECONDS = 90
# Answers that say "try again": the rest of 4xx is about the request itself.
_AGAIN = frozenset({408, 425, 429})


class Refused(Exception):
    """A 4xx that trying again does not change."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status} {text[:200]}")
        self.status = status


class Courier:
    """One thread's client. `tokens`: a bearer token by tenant."""

    def __init__(self, cloud: LocalCloud, tokens: dict[str, str], ledger: Ledger) -> None:
        self._url = cloud.api_url
        self._temp = cloud.stack.bucket("TempBucket")
        self._tokens = tokens
        self._ledger = ledger
        self._session = requests.Session()
        self._session.trust_env = False
        self._s3 = boto3.Session().client(
            "s3",
            endpoint_url=cloud.endpoint_url,
            region_name=REGION,
            aws_access_key_id=SENDER,
            aws_secret_access_key="local",
            config=Config(retries={"total_max_attempts": 1}, proxies={}, read_timeout=_SECONDS),
        )

    def send(self, sending: Sending) -> None:
        """Through its door, until it is accepted, refused, or patience is over; the ledger's entry says which."""
        try:
            if sending.door == DROP:
                self._drop(sending)
            elif sending.door in (RAW, FORM):
                sending.ids.add(self._submit(sending)["id"])
            else:
                sending.ids.add(self._upload(sending)["id"])
        except Refused as refused:
            sending.refused = refused.status
        except TimeoutError:
            sending.gave_up = True

    def put_scheme(self, tenant: str, assessment: str, scheme: bytes) -> None:
        headers = {"Content-Type": "application/json"}
        self._api(tenant, "PUT", f"/assessments/{assessment}/marking-scheme", data=scheme, headers=headers)

    def erase(self, sending: Sending) -> None:
        """DELETE what was accepted."""
        try:
            for submission_id in sending.ids:
                self._api(sending.document.tenant, "DELETE", f"/submissions/{submission_id}")
                sending.erased = True
        except (Refused, TimeoutError):
            sending.gave_up = True

    def marks_table(self, tenant: str, assessment: str) -> str:
        return self._answer(tenant, "GET", f"/assessments/{assessment}/results.csv").text

    def _submit(self, sending: Sending) -> dict[str, Any]:
        document = sending.document
        fields = {"assessment": document.assessment, "kind": document.kind}
        fields |= {"student": document.student} if document.student else {}
        if sending.door == RAW:
            headers = {"Content-Type": document.media_type}
            return self._api(
                document.tenant, "POST", "/submissions", params=fields, data=document.body, headers=headers
            )
        file = ("file", (f"file.{document.extension}", document.body, document.media_type))
        return self._api(document.tenant, "POST", "/submissions", data=fields, files=[file])

    def _upload(self, sending: Sending) -> dict[str, Any]:
        document = sending.document
        wish = {
            "assessment": document.assessment,
            "kind": document.kind,
            "student": document.student,
            "sha256": document.sha256,
            "size": len(document.body),
            "media_type": document.media_type,
        }
        ticket = self._api(document.tenant, "POST", "/uploads", json=wish)
        form = [(name, (None, value)) for name, value in ticket["fields"].items()]
        file = ("file", ("file", document.body, document.media_type))
        self._until_told(lambda: _checked(requests.post(ticket["url"], files=[*form, file], timeout=_SECONDS)))
        # S3 has it: from here on the event alone would do.
        sending.ids.add(ticket["id"])
        return self._api(document.tenant, "POST", f"/uploads/{ticket['id']}/complete")

    def _drop(self, sending: Sending) -> None:
        document = sending.document
        name = {"question_paper": "question-paper", "answer_key": "answer-key"}.get(document.kind)
        name = name or f"answers/{document.student}"
        sending.key = f"drop/{document.assessment}/{name}.{document.extension}"

        def put() -> str:
            try:
                answer = self._s3.put_object(Bucket=self._temp, Key=sending.key, Body=document.body)
            except ClientError as error:
                raise _Again from error
            except BotoCoreError as error:
                raise _Again from error
            return str(answer["VersionId"])

        sending.versions.add(self._until_told(put))

    def _api(self, tenant: str, method: str, path: str, **request: Any) -> dict[str, Any]:
        body: dict[str, Any] = self._answer(tenant, method, path, **request).json()
        return body

    def _answer(self, tenant: str, method: str, path: str, **request: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self._tokens[tenant]}", **request.pop("headers", {})}
        url = self._url + path
        return self._until_told(
            lambda: _checked(self._session.request(method, url, headers=headers, timeout=_SECONDS, **request))
        )

    def _until_told(self, ask: Callable[[], T]) -> T:
        pause = _PAUSE
        for _ in range(_TRIES):
            self._ledger.count_try()
            try:
                return ask()
            except (requests.RequestException, _Again):
                time.sleep(pause * random.random())
                pause = min(_LONGEST_PAUSE, pause * 1.5)
        raise TimeoutError


class _Again(Exception):
    """No good answer, and nothing wrong with the question."""


def _checked(answer: requests.Response) -> requests.Response:
    if answer.status_code >= 500 or answer.status_code in _AGAIN:
        raise _Again
    if not answer.ok:
        raise Refused(answer.status_code, answer.text)
    return answer

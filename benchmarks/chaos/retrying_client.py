"""A client that sends, and repeats the request where it gets no good response."""

import random
import time
from collections.abc import Callable
from typing import Any, TypeVar

import boto3
import requests
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from benchmarks.chaos.fault_plan import CLIENT_ACCESS_KEY
from benchmarks.chaos.send_log import DROP, FORM, RAW, SendLog, SentDocument
from local.cloud.local_cloud import LocalCloud
from local.cloud.stack import REGION

T = TypeVar("T")
_MAX_ATTEMPTS = 25
_FIRST_PAUSE = 0.1
_MAX_PAUSE = 1.0
_TIMEOUT_SECONDS = 90
# Statuses worth a retry; any other 4xx is about the request itself.
_RETRYABLE_STATUSES = frozenset({408, 425, 429})


class RequestRejected(Exception):
    """A 4xx that a retry does not change."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status} {text[:200]}")
        self.status = status


class RetryingClient:
    """One thread's client. `tokens` maps each tenant to its bearer token."""

    def __init__(self, cloud: LocalCloud, tokens: dict[str, str], send_log: SendLog) -> None:
        self._url = cloud.api_url
        self._temp = cloud.stack.bucket("TempBucket")
        self._tokens = tokens
        self._send_log = send_log
        self._session = requests.Session()
        self._session.trust_env = False
        self._s3 = boto3.Session().client(
            "s3",
            endpoint_url=cloud.endpoint_url,
            region_name=REGION,
            aws_access_key_id=CLIENT_ACCESS_KEY,
            aws_secret_access_key="local",
            config=Config(retries={"total_max_attempts": 1}, proxies={}, read_timeout=_TIMEOUT_SECONDS),
        )

    def send(self, sent_document: SentDocument) -> None:
        """Send through its channel until accepted, refused, or out of attempts. The log entry records which."""
        try:
            if sent_document.channel == DROP:
                self._drop(sent_document)
            elif sent_document.channel in (RAW, FORM):
                sent_document.ids.add(self._submit(sent_document)["id"])
            else:
                sent_document.ids.add(self._upload(sent_document)["id"])
        except RequestRejected as refused:
            sent_document.refused = refused.status
        except TimeoutError:
            sent_document.timed_out = True

    def put_scheme(self, tenant: str, assessment: str, scheme: bytes) -> None:
        headers = {"Content-Type": "application/json"}
        self._api(tenant, "PUT", f"/assessments/{assessment}/marking-scheme", data=scheme, headers=headers)

    def erase(self, sent_document: SentDocument) -> None:
        """DELETE the submissions that were accepted."""
        try:
            for submission_id in sent_document.ids:
                self._api(sent_document.document.tenant, "DELETE", f"/submissions/{submission_id}")
                sent_document.erased = True
        except (RequestRejected, TimeoutError):
            sent_document.timed_out = True

    def marks_table(self, tenant: str, assessment: str) -> str:
        return self._request(tenant, "GET", f"/assessments/{assessment}/results.csv").text

    def _submit(self, sent_document: SentDocument) -> dict[str, Any]:
        document = sent_document.document
        fields = {"assessment": document.assessment, "kind": document.kind}
        fields |= {"student": document.student} if document.student else {}
        if sent_document.channel == RAW:
            headers = {"Content-Type": document.media_type}
            return self._api(
                document.tenant, "POST", "/submissions", params=fields, data=document.body, headers=headers
            )
        file = ("file", (f"file.{document.extension}", document.body, document.media_type))
        return self._api(document.tenant, "POST", "/submissions", data=fields, files=[file])

    def _upload(self, sent_document: SentDocument) -> dict[str, Any]:
        document = sent_document.document
        upload_request = {
            "assessment": document.assessment,
            "kind": document.kind,
            "student": document.student,
            "sha256": document.sha256,
            "size": len(document.body),
            "media_type": document.media_type,
        }
        ticket = self._api(document.tenant, "POST", "/uploads", json=upload_request)
        form = [(name, (None, value)) for name, value in ticket["fields"].items()]
        file = ("file", ("file", document.body, document.media_type))
        self._retry(
            lambda: _check_response(requests.post(ticket["url"], files=[*form, file], timeout=_TIMEOUT_SECONDS))
        )
        # S3 has the file: from here on the S3 event alone would suffice.
        sent_document.ids.add(ticket["id"])
        return self._api(document.tenant, "POST", f"/uploads/{ticket['id']}/complete")

    def _drop(self, sent_document: SentDocument) -> None:
        document = sent_document.document
        name = {"question_paper": "question-paper", "answer_key": "answer-key"}.get(document.kind)
        name = name or f"answers/{document.student}"
        sent_document.key = f"drop/{document.assessment}/{name}.{document.extension}"

        def put() -> str:
            try:
                response = self._s3.put_object(Bucket=self._temp, Key=sent_document.key, Body=document.body)
            except ClientError as error:
                raise _RetryableError from error
            except BotoCoreError as error:
                raise _RetryableError from error
            return str(response["VersionId"])

        sent_document.versions.add(self._retry(put))

    def _api(self, tenant: str, method: str, path: str, **request: Any) -> dict[str, Any]:
        body: dict[str, Any] = self._request(tenant, method, path, **request).json()
        return body

    def _request(self, tenant: str, method: str, path: str, **request: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self._tokens[tenant]}", **request.pop("headers", {})}
        url = self._url + path
        return self._retry(
            lambda: _check_response(
                self._session.request(method, url, headers=headers, timeout=_TIMEOUT_SECONDS, **request)
            )
        )

    def _retry(self, request_once: Callable[[], T]) -> T:
        pause = _FIRST_PAUSE
        for _ in range(_MAX_ATTEMPTS):
            self._send_log.count_attempt()
            try:
                return request_once()
            except (requests.RequestException, _RetryableError):
                time.sleep(pause * random.random())
                pause = min(_MAX_PAUSE, pause * 1.5)
        raise TimeoutError


class _RetryableError(Exception):
    """No good response, and nothing wrong with the request."""


def _check_response(response: requests.Response) -> requests.Response:
    if response.status_code >= 500 or response.status_code in _RETRYABLE_STATUSES:
        raise _RetryableError
    if not response.ok:
        raise RequestRejected(response.status_code, response.text)
    return response

"""A client of the HTTP API with a connection pool, timeouts and retries of dropped connections.

Every call may be repeated: a submission's id is derived from its content, so sending it twice has no effect.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from core.models.transcript import Transcript, TranscriptPart
from local.cli.assessment_overview import AssessmentOverview, StoredScheme
from local.cli.submission_status import SubmissionStatus

_CONNECT_SECONDS = 5.0
_READ_SECONDS = 60.0
_POOL_SIZE = 16
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class ApiError(Exception):
    """The API refused a request. `str(error)` is the sentence of the problem document."""

    def __init__(self, message: str, *, status: int, kind: str) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind


class ApiUnreachable(Exception):
    """All attempts got no answer, or the answer is not one of this API."""


class InsecureApiUrl(Exception):
    """The URL would send the token unencrypted over a network."""


@dataclass(frozen=True, slots=True)
class AcceptedSubmission:
    """An accepted submission: `id` and `run` identify its execution."""

    id: str
    run: int


class _BearerAuth(requests.auth.AuthBase):
    """Sets the Authorization header. Without it, requests would use a ~/.netrc entry instead of the token."""

    def __init__(self, token: str | Callable[[], str]) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        token = self._token if isinstance(self._token, str) else self._token()
        request.headers["Authorization"] = f"Bearer {token}"
        return request


class ApiClient:
    """Client of the API at `url`. Safe to share between threads.

    `token` is the bearer token, or a function that returns it and is called before each request. A request is made
    at most `max_attempts` times if the connection drops or the server answers 429, 500, 502, 503 or 504.
    `backoff_seconds` is the first wait between two attempts in seconds; it doubles, with jitter.
    """

    def __init__(
        self, url: str, token: str | Callable[[], str], *, max_attempts: int = 5, backoff_seconds: float = 0.3
    ) -> None:
        parts = urlsplit(url)
        local = parts.hostname in _LOOPBACK
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InsecureApiUrl(f"{url} is not the address of an API (https://…).")
        if parts.scheme == "http" and not local:
            raise InsecureApiUrl(
                f"{url} is not encrypted; the token and the sheets would travel in the clear. Use https."
            )
        self.url = url.rstrip("/")
        self.clock_offset_seconds = 0.0
        self._shares_clock = local
        retry = Retry(
            total=max_attempts - 1,
            backoff_factor=backoff_seconds,
            backoff_jitter=backoff_seconds,
            backoff_max=8.0,
            status_forcelist=(429, 500, 502, 503, 504),
            allowed_methods=None,
            raise_on_status=False,
        )
        self._session = _make_session(retry, proxies=not local)
        self._session.auth = _BearerAuth(token)
        # S3 gets only the presigned form: its signature is the permission, so the token is not sent there.
        self._uploads = _make_session(retry, proxies=not local)

    def close(self) -> None:
        self._session.close()
        self._uploads.close()

    def __enter__(self) -> "ApiClient":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def put_scheme(self, assessment: str, body: bytes, media_type: str) -> StoredScheme:
        """Set the marking scheme (YAML or JSON by `media_type`)."""
        path = f"/assessments/{quote(assessment, safe='')}/marking-scheme"
        stored = self._json("PUT", path, data=body, headers={"Content-Type": media_type})
        return StoredScheme(int(stored.get("entries") or 0), tuple(stored.get("warnings") or ()))

    def put_roster(self, assessment: str, body: bytes) -> None:
        """Set the class list of an assessment, as CSV."""
        path = f"/assessments/{quote(assessment, safe='')}/roster"
        self._json("PUT", path, data=body, headers={"Content-Type": "text/csv"})

    def submit(
        self, assessment: str, kind: str, body: bytes, *, media_type: str, student: str | None = None
    ) -> AcceptedSubmission:
        """Send a file in the body of one request."""
        query = {"assessment": assessment, "kind": kind} | ({"student": student} if student else {})
        return _parse_accepted(
            self._json("POST", "/submissions", params=query, data=body, headers={"Content-Type": media_type})
        )

    def upload(
        self, assessment: str, kind: str, body: bytes, *, media_type: str, student: str | None = None
    ) -> AcceptedSubmission:
        """Send a file of any size: request a presigned form, post the file to S3 with it, complete the upload."""
        upload_request = {
            "assessment": assessment,
            "kind": kind,
            "student": student,
            "sha256": hashlib.sha256(body).hexdigest(),
            "size": len(body),
            "media_type": media_type,
        }
        presigned_form = self._json("POST", "/uploads", json=upload_request)
        form = [(name, (None, value)) for name, value in presigned_form["fields"].items()]
        # The file must be the last part: S3 ignores every field after it.
        response = self._send(
            self._uploads, "POST", presigned_form["url"], files=[*form, ("file", ("file", body, media_type))]
        )
        if not response.ok:
            raise ApiError(
                f"S3 refused the upload (HTTP {response.status_code}).", status=response.status_code, kind="Upload"
            )
        return _parse_accepted(self._json("POST", f"/uploads/{presigned_form['id']}/complete"))

    def submission(self, submission_id: str, *, wait: int | None = None) -> SubmissionStatus:
        """Return one submission. With `wait`, the server may hold the request up to so many seconds until it ends."""
        headers = {"Prefer": f"wait={wait}"} if wait else {}
        return _parse_status(self._json("GET", f"/submissions/{submission_id}", headers=headers))

    def transcript(self, submission_id: str) -> Transcript:
        """Return the transcript of a submission, fetched in parts."""
        parts: list[TranscriptPart] = []
        first_page: int | None = 1
        while first_page:
            body = self._json("GET", f"/submissions/{submission_id}/transcript?next={first_page}")
            parts.append(TranscriptPart.from_dict(body))
            first_page = parts[-1].next_page
        return Transcript(tuple(page for part in parts for page in part.pages), parts[0].warnings)

    def assessment(self, assessment: str) -> AssessmentOverview:
        return AssessmentOverview.from_dict(self._json("GET", f"/assessments/{quote(assessment, safe='')}"))

    def submissions(self, assessment: str) -> Iterator[SubmissionStatus]:
        """Yield every submission of an assessment, without marks, fetched page by page."""
        path = f"/assessments/{quote(assessment, safe='')}/submissions"
        query: dict[str, str] = {}
        while True:
            page = self._json("GET", path, params=query)
            for item in page["submissions"]:
                yield _parse_status(item)
            if not page.get("next"):
                return
            query = {"next": page["next"]}

    def _json(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        response = self._send(self._session, method, self.url + path, **request)
        self._update_clock_offset(response)
        if not response.ok:
            raise _api_error(response)
        try:
            body = response.json()
        except requests.JSONDecodeError:
            body = None
        if not isinstance(body, dict):
            raise ApiUnreachable(f"{self.url} answers, but is not this API. Is the address right?")
        return body

    def _send(self, session: requests.Session, method: str, url: str, **request: Any) -> requests.Response:
        try:
            return session.request(method, url, timeout=(_CONNECT_SECONDS, _READ_SECONDS), **request)
        except requests.RequestException as error:
            raise ApiUnreachable(f"{_origin(url)} cannot be reached ({_cause_text(error)}).") from None

    def _update_clock_offset(self, response: requests.Response) -> None:
        """Note how many seconds the server's clock is ahead of ours; needed to draw a branch that is still running."""
        stamp = response.headers.get("Date")
        if not stamp or self._shares_clock:
            return
        try:
            ahead = (parsedate_to_datetime(stamp) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError):
            return
        # A Date header has whole seconds, so differences up to two seconds cannot be measured.
        self.clock_offset_seconds = ahead if abs(ahead) > 2 else 0.0


def _make_session(retry: Retry, *, proxies: bool) -> requests.Session:
    session = requests.Session()
    # A proxy set in the environment is meant for remote hosts, never for this machine.
    session.trust_env = proxies
    adapter = HTTPAdapter(pool_connections=4, pool_maxsize=_POOL_SIZE, max_retries=retry)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


def _parse_accepted(body: dict[str, Any]) -> AcceptedSubmission:
    return AcceptedSubmission(body["id"], int(body.get("run") or 1))


def _parse_status(body: dict[str, Any]) -> SubmissionStatus:
    try:
        return SubmissionStatus.from_dict(body)
    except (KeyError, ValueError, TypeError) as error:
        raise ApiUnreachable(f"The API's answer cannot be parsed ({error}).") from None


def _api_error(response: requests.Response) -> ApiError:
    """Make an error from a problem document, or from the status code if a gateway answered instead of the API."""
    try:
        body = response.json()
    except requests.JSONDecodeError:
        body = None
    if isinstance(body, dict) and (body.get("detail") or body.get("title")):
        kind = str(body.get("type") or "").rstrip("/").rsplit("/", 1)[-1].rsplit(":", 1)[-1]
        return ApiError(str(body.get("detail") or body["title"]), status=response.status_code, kind=kind)
    sentence = {
        401: "The token was not accepted. Is it still valid?",
        403: "This token may not do that.",
        404: "The API did not find this. Is the address right?",
        413: "The file is too large for this way of sending it.",
        429: "The API is too busy. Try again in a minute.",
    }.get(response.status_code, f"The API answered with HTTP {response.status_code}.")
    return ApiError(sentence, status=response.status_code, kind="Http")


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _cause_text(error: requests.RequestException) -> str:
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate is not trusted"
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    return "connection refused or dropped"

"""Parsers of request bodies and headers of the results API."""

import json
import re
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

from core.models import errors
from core.models.answer_limits import MAX_ANSWER_CHARACTERS
from core.platform.http import decode_body
from core.platform.sanitize import has_control_characters
from core.storage.tenant_repository import TenantSettings

_MAX_MARKS = 1e6
_REVISION_ETAG = re.compile(r'"(\d{1,9})"')
_EDITION_ETAG = re.compile(r'"(\d+\.\d+)"')


@dataclass(frozen=True, slots=True)
class MarkUpdate:
    """A teacher's mark; None removes it."""

    value: float | None


@dataclass(frozen=True, slots=True)
class AnswerUpdate:
    """The answer's text as a teacher reads it, "" for no answer; None restores the recognised text."""

    value: str | None


def parse_mark_change(event: APIGatewayProxyEventV2) -> MarkUpdate | AnswerUpdate:
    """Parse a body of `{"marks": 2.5}` or `{"answer": "12 m/s"}`; null removes such a change.

    Raises
    ------
    InvalidMark, InvalidAnswer
    """
    try:
        body = json.loads(decode_body(event))
    except (ValueError, RecursionError):
        raise errors.InvalidMark('The body is not JSON; send {"marks": 2.5} or {"answer": "…"}.') from None
    if isinstance(body, dict) and set(body) == {"answer"}:
        return AnswerUpdate(_parse_answer(body["answer"]))
    if not isinstance(body, dict) or set(body) != {"marks"}:
        raise errors.InvalidMark('Send {"marks": 2.5} or {"answer": "…"}; null removes the change.')
    raw = body["marks"]
    if raw is None:
        return MarkUpdate(None)
    # The range check also refuses integers that are too large for a float.
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not -_MAX_MARKS < raw < _MAX_MARKS:
        raise errors.InvalidMark("marks is a number.")
    return MarkUpdate(float(raw))


def _parse_answer(raw: Any) -> str | None:
    if raw is None:
        return None
    if not isinstance(raw, str):
        raise errors.InvalidAnswer("answer is text.")
    text = raw.replace("\r\n", "\n").strip()
    if len(text) > MAX_ANSWER_CHARACTERS:
        raise errors.InvalidAnswer(f"An answer has at most {MAX_ANSWER_CHARACTERS:,} characters.")
    if has_control_characters(text):
        raise errors.InvalidAnswer("The answer contains control characters.")
    return text


def parse_tenant_settings(event: APIGatewayProxyEventV2) -> TenantSettings:
    """Parse `{"model": true, "spend_limit_usd": 20}`; null means no limit.

    Raises
    ------
    InvalidSettings
    """
    try:
        body = json.loads(decode_body(event))
    except (ValueError, RecursionError):
        raise errors.InvalidSettings("The body is not JSON.") from None
    if not isinstance(body, dict) or set(body) != {"model", "spend_limit_usd"}:
        raise errors.InvalidSettings('Send {"model": true or false, "spend_limit_usd": dollars a month or null}.')
    model, limit = body["model"], body["spend_limit_usd"]
    if not isinstance(model, bool):
        raise errors.InvalidSettings("model is true or false.")
    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int | float) or not 0 <= limit <= 1e6):
        raise errors.InvalidSettings("spend_limit_usd is a number from 0 to 1,000,000, or null.")
    return TenantSettings(model, None if limit is None else round(float(limit), 2))


def parse_publication(event: APIGatewayProxyEventV2) -> bool:
    """Parse `{"published": true}`; false unpublishes the marks.

    Raises
    ------
    InvalidPublication
    """
    try:
        body = json.loads(decode_body(event))
    except (ValueError, RecursionError):
        raise errors.InvalidPublication("The body is not JSON.") from None
    if not isinstance(body, dict) or set(body) != {"published"} or not isinstance(body["published"], bool):
        raise errors.InvalidPublication('Send {"published": true}, or false to unpublish the marks.')
    raw: bool = body["published"]
    return raw


def parse_expected_revision(header: str | None) -> int | None:
    """The revision of an assessment in an If-Match header; None if there is no header or it is "*".

    Raises
    ------
    ChangedMeanwhile
        The header is not an ETag of this API.
    """
    named = _parse_etag(header, _REVISION_ETAG, "assessment")
    return None if named is None else int(named)


def parse_expected_edition(header: str | None) -> str | None:
    """The edition of a submission's marks in an If-Match header; None if there is no header or it is "*".

    Raises
    ------
    ChangedMeanwhile
        The header is not an ETag of this API.
    """
    return _parse_etag(header, _EDITION_ETAG, "submission")


def _parse_etag(header: str | None, pattern: re.Pattern[str], resource: str) -> str | None:
    if header is None or header.strip() == "*":
        return None
    found = pattern.fullmatch(header.strip())
    if found is None:
        raise errors.ChangedMeanwhile(f"If-Match is not an ETag of this API. Fetch the {resource} again.")
    return str(found.group(1))

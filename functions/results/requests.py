"""What people send to the results, parsed once."""

import json
import re
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

from core import errors
from core.http import raw_body
from core.limits import LONGEST_ANSWER
from core.tenant import TenantSettings

_MOST = 1e6
_NO_TEXT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_REVISION = re.compile(r'"(\d{1,9})"')
_EDITION = re.compile(r'"(\d+\.\d+)"')


@dataclass(frozen=True, slots=True)
class Mark:
    """A teacher's mark; None takes it back."""

    value: float | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What an answer says in a teacher's reading, "" for nothing; None lets the machine's reading count again."""

    value: str | None


def change(event: APIGatewayProxyEventV2) -> Mark | Answer:
    """A body of `{"marks": 2.5}` or `{"answer": "12 m/s"}`; null takes such a change back.

    Raises
    ------
    InvalidMark, InvalidAnswer
    """
    try:
        body = json.loads(raw_body(event))
    except (ValueError, RecursionError):
        raise errors.InvalidMark('The body is no JSON; send {"marks": 2.5} or {"answer": "…"}.') from None
    if isinstance(body, dict) and set(body) == {"answer"}:
        return Answer(_answer(body["answer"]))
    if not isinstance(body, dict) or set(body) != {"marks"}:
        raise errors.InvalidMark('Send {"marks": 2.5} or {"answer": "…"}, with null to let the machine\'s count again.')
    given = body["marks"]
    if given is None:
        return Mark(None)
    # Numbers of hundreds of digits are none that a float could hold.
    if isinstance(given, bool) or not isinstance(given, int | float) or not -_MOST < given < _MOST:
        raise errors.InvalidMark("marks is a number.")
    return Mark(float(given))


def _answer(given: Any) -> str | None:
    if given is None:
        return None
    if not isinstance(given, str):
        raise errors.InvalidAnswer("answer is text.")
    text = given.replace("\r\n", "\n").strip()
    if len(text) > LONGEST_ANSWER:
        raise errors.InvalidAnswer(f"An answer has at most {LONGEST_ANSWER:,} characters.")
    # Half a character of two, or signs that no sheet holds.
    if _NO_TEXT.search(text):
        raise errors.InvalidAnswer("The answer holds characters that are no text.")
    return text


def tenant_settings(event: APIGatewayProxyEventV2) -> TenantSettings:
    """`{"model": true, "spend_limit_usd": 20}`; a limit of null is none.

    Raises
    ------
    InvalidSettings
    """
    try:
        body = json.loads(raw_body(event))
    except (ValueError, RecursionError):
        raise errors.InvalidSettings("The body is no JSON.") from None
    if not isinstance(body, dict) or set(body) != {"model", "spend_limit_usd"}:
        raise errors.InvalidSettings('Send {"model": true or false, "spend_limit_usd": dollars a month or null}.')
    model, limit = body["model"], body["spend_limit_usd"]
    if not isinstance(model, bool):
        raise errors.InvalidSettings("model is true or false.")
    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int | float) or not 0 <= limit <= 1e6):
        raise errors.InvalidSettings("spend_limit_usd is a number from 0 to 1,000,000, or null.")
    return TenantSettings(model, None if limit is None else round(float(limit), 2))


def published(event: APIGatewayProxyEventV2) -> bool:
    """`{"published": true}` gives the marks out, false holds them again.

    Raises
    ------
    InvalidPublication
    """
    try:
        body = json.loads(raw_body(event))
    except (ValueError, RecursionError):
        raise errors.InvalidPublication("The body is no JSON.") from None
    if not isinstance(body, dict) or set(body) != {"published"} or not isinstance(body["published"], bool):
        raise errors.InvalidPublication('Send {"published": true}, or false to hold the marks again.')
    given: bool = body["published"]
    return given


def revision(header: str | None) -> int | None:
    """The revision of an assessment that If-Match names; None where it names none ("*" is any).

    Raises
    ------
    ChangedMeanwhile
        It names something that no answer has given.
    """
    named = _named(header, _REVISION, "assessment")
    return None if named is None else int(named)


def edition(header: str | None) -> str | None:
    """The edition of a submission's marks that If-Match names; None where it names none ("*" is any).

    Raises
    ------
    ChangedMeanwhile
        It names something that no answer has given.
    """
    return _named(header, _EDITION, "submission")


def _named(header: str | None, form: re.Pattern[str], what: str) -> str | None:
    if header is None or header.strip() == "*":
        return None
    found = form.fullmatch(header.strip())
    if found is None:
        raise errors.ChangedMeanwhile(f"If-Match is not the ETag of any answer. Fetch the {what} again.")
    return str(found.group(1))

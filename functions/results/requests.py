"""What people send to the results: a changed mark, parsed once."""

import json
import re

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

from core import errors
from core.http import raw_body
from core.tenant import TenantSettings

_MOST = 1e6
_EDITION = re.compile(r'"(\d+\.\d+)"')


def marks(event: APIGatewayProxyEventV2) -> float | None:
    """The mark in a body of `{"marks": 2.5}`; None in `{"marks": null}`, which takes a change back.

    Raises
    ------
    InvalidMark
    """
    try:
        body = json.loads(raw_body(event))
    except (ValueError, RecursionError):
        raise errors.InvalidMark('The body is no JSON; send {"marks": 2.5}.') from None
    if not isinstance(body, dict) or set(body) != {"marks"}:
        raise errors.InvalidMark('Send {"marks": 2.5}, or {"marks": null} to let the machine\'s mark count again.')
    given = body["marks"]
    if given is None:
        return None
    # Numbers of hundreds of digits are none that a float could hold.
    if isinstance(given, bool) or not isinstance(given, int | float) or not -_MOST < given < _MOST:
        raise errors.InvalidMark("marks is a number.")
    return float(given)


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


def edition(header: str | None) -> str | None:
    """The edition that If-Match names; None where it names none ("*" is any).

    Raises
    ------
    ChangedMeanwhile
        It names something that no answer has given.
    """
    if header is None or header.strip() == "*":
        return None
    named = _EDITION.fullmatch(header.strip())
    if named is None:
        raise errors.ChangedMeanwhile("If-Match is not the ETag of any answer. Fetch the submission again.")
    return named.group(1)

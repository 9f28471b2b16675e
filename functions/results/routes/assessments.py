"""Routes of assessments: overview, submissions, publication, and the paper, scheme and roster that a teacher stores."""

import json
import re
from typing import Any

from aws_lambda_powertools.event_handler import Response

from core.models import errors
from core.models.submission import parse_assessment
from results import assessments, request_parsers
from results.routes import request
from results.routes.request import tenant_context

router = request.create_router()
_LIMIT_PATTERN = re.compile(r"[1-9]\d{0,3}")
# This many records of a hundred questions each stay well below the limit of a Lambda response.
_MAX_PAGE_SIZE = 200
_CURSOR = re.compile(r"[a-z_]+#[0-9TZ:.+-]+#[0-9a-f]{32}")


@router.get("/assessments")
def list_assessments() -> dict[str, Any]:
    return {"assessments": assessments.list_assessments(tenant_context(router))}


@router.get("/assessments/<assessment>")
def get_assessment(assessment: str) -> Response[str]:
    return assessment_response(assessments.get_overview(tenant_context(router), parse_assessment(assessment)))


def assessment_response(body: dict[str, Any]) -> Response[str]:
    """An assessment's paper and scheme. Their revision is the ETag that a change is conditional on."""
    return request.json_response(body, etag=body["revision"])


@router.get("/assessments/<assessment>/submissions")
def list_submissions(assessment: str) -> dict[str, Any]:
    query = request.query(router)
    raw_limit = query.get("limit", "")
    limit = min(int(raw_limit), _MAX_PAGE_SIZE) if _LIMIT_PATTERN.fullmatch(raw_limit) else _MAX_PAGE_SIZE
    after = query.get("next", "")
    if after and not _CURSOR.fullmatch(after):
        raise errors.InvalidCursor("next must be the next of an earlier response.")
    context = tenant_context(router)
    entries, last = assessments.list_submissions(context, parse_assessment(assessment), limit=limit, after=after)
    return {"submissions": entries, "next": last or None}


@router.put("/assessments/<assessment>/publication")
def put_publication(assessment: str) -> dict[str, Any]:
    context, published = tenant_context(router), request_parsers.parse_publication(request.current_event(router))
    return assessments.publish(context, parse_assessment(assessment), published=published)


@router.put("/assessments/<assessment>/marking-scheme")
def put_marking_scheme(assessment: str) -> dict[str, Any]:
    # Imported here, because only this route needs YAML.
    from core.models.scheme.scheme_parser import parse_scheme
    from results import assessment_updates

    name = parse_assessment(assessment)
    text = request.text_body(router, errors.InvalidMarkingScheme("The marking scheme is not UTF-8 text."))
    try:
        scheme = parse_scheme(text)
    except (ValueError, OverflowError, RecursionError):
        # The YAML reader's own limits: numbers of a thousand digits, endless nesting.
        raise errors.InvalidMarkingScheme(
            "The marking scheme has a number that is too long, or too many levels."
        ) from None
    revision = request_parsers.parse_expected_revision(request.if_match(router))
    context = tenant_context(router)
    return assessment_updates.put_scheme(context, name, scheme, expected_revision=revision)


@router.put("/assessments/<assessment>/paper")
def put_paper(assessment: str) -> Response[str]:
    from results import assessment_updates

    name = parse_assessment(assessment)
    text = request.text_body(router, errors.InvalidPaper("The paper is not UTF-8 text."))
    revision = request_parsers.parse_expected_revision(request.if_match(router))
    context = tenant_context(router)
    return assessment_response(assessment_updates.put_paper(context, name, text, expected_revision=revision))


@router.put("/assessments/<assessment>/roster")
def put_roster(assessment: str) -> dict[str, Any]:
    from results import assessment_updates
    from results.roster_parser import parse_roster

    name = parse_assessment(assessment)
    text = request.text_body(router, errors.InvalidRoster("The roster is not UTF-8 text."))
    roster = parse_roster(text) if text.strip() else None
    return assessment_updates.put_roster(tenant_context(router), name, roster)


@router.get("/assessments/<assessment>/roster")
def get_roster_comparison(assessment: str) -> Response[str]:
    comparison = assessments.compare_roster(tenant_context(router), parse_assessment(assessment))
    return Response(200, content_type="application/json", body=json.dumps(comparison, ensure_ascii=False))

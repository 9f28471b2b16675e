"""Routes of exports: an assessment's marks as CSV, as JSON, and as a gradebook file.

The exports are imported with the first request for one: most cold starts answer a status.
"""

from typing import Any

from aws_lambda_powertools.event_handler import Response

from core.models import errors
from core.models.submission import parse_assessment
from results.routes import request
from results.routes.request import tenant_context

router = request.create_router()


@router.get("/assessments/<assessment>/results.csv")
def get_results_csv(assessment: str) -> Response[str]:
    from results.exports import marks_export

    return request.csv_response(marks_export.results_csv(tenant_context(router), parse_assessment(assessment)))


@router.get("/assessments/<assessment>/results.json")
def get_results_json(assessment: str) -> dict[str, Any]:
    from results.exports import marks_export

    return marks_export.results_json(tenant_context(router), parse_assessment(assessment))


@router.get("/assessments/<assessment>/gradebook.csv")
def get_gradebook_csv(assessment: str) -> Response[str]:
    from results.exports import marks_export
    from results.exports.gradebook.export import FORMATS

    query = request.query(router)
    gradebook_format = FORMATS.get(query.get("for", ""))
    if gradebook_format is None:
        raise errors.UnknownPlatform(f"Say {' or '.join(f'for={name}' for name in FORMATS)}.")
    body = marks_export.gradebook_csv(
        tenant_context(router),
        parse_assessment(assessment),
        gradebook_format,
        draft=query.get("draft") == "true",
        leave_out_unknown=query.get("unknown") == "leave_out",
    )
    return request.csv_response(body)

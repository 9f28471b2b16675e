"""All routes of the API: what each takes and returns, and the errors with which it refuses a request."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from core.models import errors

_REF = "#/components/schemas/"
_ID = {"type": "string", "pattern": "^[0-9a-f]{32}$"}
_NAME = {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"}
_TEXT = {"type": "string"}
_BYTES = {"type": "string", "format": "binary"}
_PDF = ("application/pdf", "image/jpeg", "image/png", "image/tiff")


def _schema_ref(name: str) -> dict[str, Any]:
    return {"$ref": _REF + name}


@dataclass(frozen=True)
class Parameter:
    name: str
    location: str
    description: str
    schema: dict[str, Any]
    required: bool = False

    def to_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "in": self.location,
            "required": self.required,
            "description": self.description,
            "schema": self.schema,
        }


@dataclass(frozen=True)
class RouteResponse:
    """A successful response. `headers` are pairs of name and description."""

    description: str
    content: dict[str, Any] | None = None
    media_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Route:
    """`error_types` are the route's own errors; every route may also return 403, 500 and 503. `open`: no token."""

    method: str
    path: str
    name: str
    summary: str
    responses: dict[int, RouteResponse]
    parameters: Sequence[Parameter] = ()
    body: dict[str, Any] | None = None
    error_types: Sequence[type[errors.GradelineError]] = field(default=())
    open: bool = False


_SUBMISSION = Parameter("id", "path", "The submission.", _ID, required=True)
_ASSESSMENT = Parameter("id", "path", "The assessment.", _NAME, required=True)
_NEXT = Parameter("next", "query", "The `next` of the previous response.", _TEXT)
_IF_MATCH = Parameter("if-match", "header", "The ETag of the marks that the change is based on, or *.", _TEXT)
_WAIT = Parameter(
    "prefer", "header", "wait=N: respond when the submission has ended, or after N (at most 20) seconds.", _TEXT
)
_LOCATION = (("Location", "The submission's status."),)
_ETAG = (("ETag", "The edition of the marks, if there are any: the value for If-Match."),)
_REVISION = (("ETag", "The revision of paper and scheme: the value for If-Match when changing them."),)
_DRAFT = Parameter("draft", "query", "true: even if the marks are not published.", {"type": "string", "enum": ["true"]})
_IF_REVISION = Parameter("if-match", "header", "The ETag of the assessment that the change is based on, or *.", _TEXT)
_FILE_ERRORS = (
    errors.MissingAssessment,
    errors.InvalidAssessment,
    errors.UnknownKind,
    errors.InvalidStudent,
    errors.InvalidHeader,
    errors.InvalidUpload,
    errors.EmptyFile,
    errors.FileTooLarge,
    errors.UnsupportedFileType,
    errors.TooManyFiles,
)
_FORM = {
    "type": "object",
    "required": ["assessment", "kind", "file"],
    "properties": {"assessment": _NAME, "kind": _schema_ref("Kind"), "student": _TEXT, "file": _BYTES},
}

ROUTES: tuple[Route, ...] = (
    Route(
        "POST",
        "/submissions",
        "submit",
        "Send a file of up to 4.4 MB: the bytes as the body with query parameters, or a form",
        {202: RouteResponse("Accepted: stored durably, being processed.", _schema_ref("Receipt"), headers=_LOCATION)},
        (
            Parameter("assessment", "query", "The assessment (raw body).", _NAME),
            Parameter("kind", "query", "What the file is (raw body).", _schema_ref("Kind")),
            Parameter("student", "query", "The student, if known (raw body).", _TEXT),
        ),
        {**{kind: {"schema": _BYTES} for kind in _PDF}, "multipart/form-data": {"schema": _FORM}},
        (*_FILE_ERRORS, errors.FileTypeMismatch, errors.PayloadTooLarge, errors.SubmissionErased),
    ),
    Route(
        "POST",
        "/uploads",
        "requestUpload",
        "Request a form to upload a file of up to 100 MB directly to storage",
        {
            201: RouteResponse(
                "Post these fields, then the file.", _schema_ref("Ticket"), headers=(("Location", "The upload."),)
            )
        },
        (),
        {"application/json": {"schema": _schema_ref("UploadRequest")}},
        _FILE_ERRORS,
    ),
    Route(
        "POST",
        "/uploads/{id}/complete",
        "completeUpload",
        "Report that the file has been uploaded (storage reports it as well)",
        {202: RouteResponse("Accepted: stored durably, being processed.", _schema_ref("Receipt"), headers=_LOCATION)},
        (Parameter("id", "path", "The upload, which will be the submission.", _ID, required=True),),
        None,
        (errors.UploadIncomplete, errors.SubmissionErased),
    ),
    Route(
        "GET",
        "/submissions/{id}",
        "submission",
        "A submission's status, with its marks or its question tree",
        {200: RouteResponse("The status.", _schema_ref("Status"), headers=_ETAG)},
        (_SUBMISSION, _WAIT),
        None,
        (),
    ),
    Route(
        "DELETE",
        "/submissions/{id}",
        "erase",
        "Erase a submission and every trace that names its student",
        {202: RouteResponse("No longer accessible; its data is deleted in a moment.", _schema_ref("Erased"))},
        (_SUBMISSION,),
        None,
        (),
    ),
    Route(
        "PATCH",
        "/submissions/{id}/marks/{question}",
        "changeMark",
        "Change a question's mark, or correct its recognised answer (marked again at once), or undo such a change",
        {200: RouteResponse("The status with the change in it.", _schema_ref("Status"), headers=_ETAG)},
        (_SUBMISSION, Parameter("question", "path", "The question's id in the tree.", _TEXT, required=True), _IF_MATCH),
        {"application/json": {"schema": {"oneOf": [_schema_ref("Mark"), _schema_ref("Answer")]}}},
        (errors.NotMarked, errors.InvalidMark, errors.InvalidAnswer, errors.InvalidUpload, errors.ChangedMeanwhile),
    ),
    Route(
        "GET",
        "/submissions/{id}/transcript",
        "transcript",
        "The recognised text: lines in reading order, with their positions",
        {200: RouteResponse("Pages from `next` on, as many as fit.", _schema_ref("TranscriptPart"))},
        (
            _SUBMISSION,
            Parameter("next", "query", "The first page.", {"type": "string", "pattern": "^[1-9][0-9]{0,4}$"}),
        ),
        None,
        (errors.InvalidCursor, errors.PayloadTooLarge),
    ),
    Route(
        "GET",
        "/submissions/{id}/pages/{page}",
        "pagePicture",
        "A page of the file as an image",
        {
            200: RouteResponse(
                "The page, upright.", _BYTES, "image/jpeg", (("Cache-Control", "private"), ("Vary", "Authorization"))
            )
        },
        (
            _SUBMISSION,
            Parameter("page", "path", "From 1.", {"type": "integer", "minimum": 1}, required=True),
            Parameter(
                "longest", "query", "Pixels of the longer side, at most 3000.", {"type": "integer", "minimum": 1}
            ),
            Parameter("turn", "query", "Degrees clockwise.", {"type": "integer", "enum": [0, 90, 180, 270]}),
        ),
        None,
        errors.DocumentRejected.__subclasses__(),
    ),
    Route(
        "GET",
        "/settings",
        "settings",
        "The tenant's settings for the model, and what it has spent this month",
        {200: RouteResponse("The settings.", _schema_ref("Settings"))},
    ),
    Route(
        "PUT",
        "/settings",
        "changeSettings",
        "Switch the model on or off, and limit its monthly cost",
        {200: RouteResponse("The new settings.", _schema_ref("Settings"))},
        (),
        {"application/json": {"schema": _schema_ref("SettingsRequest")}},
        (errors.InvalidSettings, errors.InvalidUpload),
    ),
    Route(
        "GET",
        "/assessments",
        "assessments",
        "The tenant's assessments",
        {200: RouteResponse("Sorted by name.", _schema_ref("Assessments"))},
    ),
    Route(
        "GET",
        "/assessments/{id}",
        "assessment",
        "The current paper and marking scheme, and the number of submissions in each state",
        {200: RouteResponse("The assessment.", _schema_ref("Assessment"), headers=_REVISION)},
        (_ASSESSMENT,),
        None,
        (errors.InvalidAssessment,),
    ),
    Route(
        "GET",
        "/assessments/{id}/submissions",
        "submissions",
        "The submissions of an assessment, page by page",
        {200: RouteResponse("By kind, oldest first.", _schema_ref("Submissions"))},
        (
            _ASSESSMENT,
            Parameter("limit", "query", "At most 200.", {"type": "integer", "minimum": 1}),
            _NEXT,
        ),
        None,
        (errors.InvalidAssessment, errors.InvalidCursor),
    ),
    Route(
        "GET",
        "/assessments/{id}/results.csv",
        "resultsCsv",
        "The marks as a table: one row per student, one column per question",
        {200: RouteResponse("CSV (RFC 4180), safe in spreadsheets.", _TEXT, "text/csv")},
        (_ASSESSMENT,),
        None,
        (errors.InvalidAssessment,),
    ),
    Route(
        "GET",
        "/assessments/{id}/results.json",
        "resultsJson",
        "The same table as JSON",
        {200: RouteResponse("The marks.", _schema_ref("Results"))},
        (_ASSESSMENT,),
        None,
        (errors.InvalidAssessment,),
    ),
    Route(
        "GET",
        "/assessments/{id}/gradebook.csv",
        "gradebookCsv",
        "The marks as a file for import into Canvas or Moodle",
        {200: RouteResponse("CSV: one line per student, by id.", _TEXT, "text/csv")},
        (
            _ASSESSMENT,
            Parameter("for", "query", "The platform.", {"type": "string", "enum": ["canvas", "moodle"]}, required=True),
            Parameter(
                "unknown",
                "query",
                "leave_out: leave out sheets that match no student on the class list, instead of refusing.",
                {"type": "string", "enum": ["leave_out"]},
            ),
            _DRAFT,
        ),
        None,
        (errors.InvalidAssessment, errors.UnknownPlatform, errors.NotPublished, errors.GradebookIncomplete),
    ),
    Route(
        "PUT",
        "/assessments/{id}/publication",
        "publish",
        "Publish the marks, or unpublish them",
        {200: RouteResponse("The new status.", _schema_ref("Publication"))},
        (_ASSESSMENT,),
        {"application/json": {"schema": _schema_ref("PublicationRequest")}},
        (errors.InvalidAssessment, errors.InvalidPublication, errors.InvalidUpload),
    ),
    Route(
        "GET",
        "/submissions/{id}/feedback.pdf",
        "feedback",
        "A student's feedback sheet as PDF; only as a draft before the marks are published",
        {200: RouteResponse("The sheet.", _BYTES, media_type="application/pdf")},
        (_SUBMISSION, _DRAFT),
        None,
        (errors.NotMarked, errors.NotPublished, errors.FeedbackTooLarge),
    ),
    Route(
        "GET",
        "/assessments/{id}/feedback.pdf",
        "classFeedback",
        "The feedback sheets of a class in one file, sorted by student",
        {200: RouteResponse("The sheets.", _BYTES, media_type="application/pdf")},
        (_ASSESSMENT, _DRAFT),
        None,
        (errors.InvalidAssessment, errors.NotPublished, errors.FeedbackTooLarge),
    ),
    Route(
        "PUT",
        "/assessments/{id}/marking-scheme",
        "putMarkingScheme",
        "Store a marking scheme (YAML or JSON) and grade the sheets by it",
        {200: RouteResponse("Stored.", _schema_ref("SchemeKept"))},
        (_ASSESSMENT, _IF_REVISION),
        {"application/yaml": {"schema": _TEXT}, "application/json": {"schema": {"type": "object"}}},
        (errors.InvalidAssessment, errors.InvalidMarkingScheme, errors.InvalidUpload, errors.ChangedMeanwhile),
    ),
    Route(
        "PUT",
        "/assessments/{id}/paper",
        "putPaper",
        "Correct the question tree and grade the sheets by it; only answers to changed questions are marked again",
        {200: RouteResponse("Stored.", _schema_ref("PaperKept"), headers=_REVISION)},
        (_ASSESSMENT, _IF_REVISION),
        {"application/json": {"schema": _schema_ref("CorrectedPaper")}},
        (errors.InvalidAssessment, errors.InvalidPaper, errors.InvalidUpload, errors.ChangedMeanwhile),
    ),
    Route(
        "PUT",
        "/assessments/{id}/roster",
        "putRoster",
        "Store the class list (CSV with a header line; an empty body removes it)",
        {200: RouteResponse("Stored.", _schema_ref("RosterKept"))},
        (_ASSESSMENT,),
        {"text/csv": {"schema": _TEXT}},
        (errors.InvalidAssessment, errors.InvalidRoster, errors.InvalidUpload),
    ),
    Route(
        "GET",
        "/assessments/{id}/roster",
        "rosterCompared",
        "The class list compared with the sheets: students with a sheet, students without, sheets that match nobody",
        {200: RouteResponse("In the order of the class list.", _schema_ref("RosterCompared"))},
        (_ASSESSMENT,),
        None,
        (errors.InvalidAssessment,),
    ),
    Route(
        "GET",
        "/openapi.json",
        "openapi",
        "This description",
        {200: RouteResponse("OpenAPI 3.1.", {"type": "object"}, headers=(("Cache-Control", "An hour."),))},
        open=True,
    ),
)

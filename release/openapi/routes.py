"""Every route of the API: what it takes, what it answers, and the errors by which it refuses."""

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
    """A good answer. `headers`: names and what they say."""

    description: str
    content: dict[str, Any] | None = None
    media_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Route:
    """`refusals` are the errors of the route's own; every route may also answer 403, 500 and 503. `open`: no token."""

    method: str
    path: str
    name: str
    summary: str
    answers: dict[int, RouteResponse]
    parameters: Sequence[Parameter] = ()
    body: dict[str, Any] | None = None
    error_types: Sequence[type[errors.GradelineError]] = field(default=())
    open: bool = False


_SUBMISSION = Parameter("id", "path", "The submission.", _ID, required=True)
_ASSESSMENT = Parameter("id", "path", "The assessment.", _NAME, required=True)
_NEXT = Parameter("next", "query", "What an earlier answer gave as `next`.", _TEXT)
_IF_MATCH = Parameter("if-match", "header", "The ETag of the marks that were looked at, or *.", _TEXT)
_WAIT = Parameter("prefer", "header", "wait=N: the answer comes at the ending, or after N (at most 20) seconds.", _TEXT)
_LOCATION = (("Location", "Where the submission's status is."),)
_ETAG = (("ETag", "The edition of the marks, where there are any: what If-Match takes."),)
_REVISION = (("ETag", "The revision of paper and scheme: what If-Match takes where they are changed."),)
_DRAFT = Parameter("draft", "query", "true: also while the marks are held.", {"type": "string", "enum": ["true"]})
_IF_REVISION = Parameter("if-match", "header", "The ETag of the assessment that was looked at, or *.", _TEXT)
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
        {202: RouteResponse("Accepted: durable, and under way.", _schema_ref("Receipt"), headers=_LOCATION)},
        (
            Parameter("assessment", "query", "The assessment (raw body).", _NAME),
            Parameter("kind", "query", "What the file is (raw body).", _schema_ref("Kind")),
            Parameter("student", "query", "Whose sheet it is, where that is known (raw body).", _TEXT),
        ),
        {**{kind: {"schema": _BYTES} for kind in _PDF}, "multipart/form-data": {"schema": _FORM}},
        (*_FILE_ERRORS, errors.FileTypeMismatch, errors.PayloadTooLarge, errors.SubmissionErased),
    ),
    Route(
        "POST",
        "/uploads",
        "requestUpload",
        "Ask for a form by which a file of up to 100 MB goes to storage directly",
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
        "Say that the file has been posted (storage tells us as well)",
        {202: RouteResponse("Accepted: durable, and under way.", _schema_ref("Receipt"), headers=_LOCATION)},
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
        {202: RouteResponse("It is gone for everybody; what lies behind it goes in a moment.", _schema_ref("Erased"))},
        (_SUBMISSION,),
        None,
        (),
    ),
    Route(
        "PATCH",
        "/submissions/{id}/marks/{question}",
        "changeMark",
        "Change a question's mark, or what its answer is read as (marked again at once), or take that back",
        {200: RouteResponse("The status with the change in it.", _schema_ref("Status"), headers=_ETAG)},
        (_SUBMISSION, Parameter("question", "path", "The question's id in the tree.", _TEXT, required=True), _IF_MATCH),
        {"application/json": {"schema": {"oneOf": [_schema_ref("Mark"), _schema_ref("Answer")]}}},
        (errors.NotMarked, errors.InvalidMark, errors.InvalidAnswer, errors.InvalidUpload, errors.ChangedMeanwhile),
    ),
    Route(
        "GET",
        "/submissions/{id}/transcript",
        "transcript",
        "What was read: lines in reading order, with their places",
        {200: RouteResponse("Pages from `next` on, as many as fit.", _schema_ref("TranscriptPart"))},
        (
            _SUBMISSION,
            Parameter("next", "query", "The page to begin with.", {"type": "string", "pattern": "^[1-9][0-9]{0,4}$"}),
        ),
        None,
        (errors.InvalidCursor, errors.PayloadTooLarge),
    ),
    Route(
        "GET",
        "/submissions/{id}/pages/{page}",
        "pagePicture",
        "A page of the file as a picture",
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
        "What the tenant has decided on the model, and what it has spent this month",
        {200: RouteResponse("The settings.", _schema_ref("Settings"))},
    ),
    Route(
        "PUT",
        "/settings",
        "changeSettings",
        "Switch the model off or on, and cap what it may cost in a month",
        {200: RouteResponse("The settings as they now are.", _schema_ref("Settings"))},
        (),
        {"application/json": {"schema": _schema_ref("SettingsRequest")}},
        (errors.InvalidSettings, errors.InvalidUpload),
    ),
    Route(
        "GET",
        "/assessments",
        "assessments",
        "The tenant's assessments",
        {200: RouteResponse("In the order of their names.", _schema_ref("Assessments"))},
    ),
    Route(
        "GET",
        "/assessments/{id}",
        "assessment",
        "The paper and the scheme that count now, and how many submissions stand where",
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
        (_ASSESSMENT, Parameter("limit", "query", "At most so many (200).", {"type": "integer", "minimum": 1}), _NEXT),
        None,
        (errors.InvalidAssessment, errors.InvalidCursor),
    ),
    Route(
        "GET",
        "/assessments/{id}/results.csv",
        "resultsCsv",
        "The marks as a table: one row a student, one column a question",
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
        "The marks as Canvas or Moodle imports them",
        {200: RouteResponse("CSV: a line a student, by id.", _TEXT, "text/csv")},
        (
            _ASSESSMENT,
            Parameter("for", "query", "The platform.", {"type": "string", "enum": ["canvas", "moodle"]}, required=True),
            Parameter(
                "unknown",
                "query",
                "leave_out: without the sheets that are nobody's on the class list, instead of refusing.",
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
        "Give the marks out, or hold them again",
        {200: RouteResponse("As it now is.", _schema_ref("Publication"))},
        (_ASSESSMENT,),
        {"application/json": {"schema": _schema_ref("PublicationRequest")}},
        (errors.InvalidAssessment, errors.InvalidPublication, errors.InvalidUpload),
    ),
    Route(
        "GET",
        "/submissions/{id}/feedback.pdf",
        "feedback",
        "A student's feedback sheet as PDF; while the marks are held only as a draft",
        {200: RouteResponse("The sheet.", _BYTES, media_type="application/pdf")},
        (_SUBMISSION, _DRAFT),
        None,
        (errors.NotMarked, errors.NotPublished, errors.FeedbackTooLarge),
    ),
    Route(
        "GET",
        "/assessments/{id}/feedback.pdf",
        "classFeedback",
        "The feedback sheets of a class in one file, in the order of the students' names",
        {200: RouteResponse("The sheets.", _BYTES, media_type="application/pdf")},
        (_ASSESSMENT, _DRAFT),
        None,
        (errors.InvalidAssessment, errors.NotPublished, errors.FeedbackTooLarge),
    ),
    Route(
        "PUT",
        "/assessments/{id}/marking-scheme",
        "putMarkingScheme",
        "Keep a marking scheme (YAML or JSON) and have the sheets graded by it",
        {200: RouteResponse("Kept.", _schema_ref("SchemeKept"))},
        (_ASSESSMENT, _IF_REVISION),
        {"application/yaml": {"schema": _TEXT}, "application/json": {"schema": {"type": "object"}}},
        (errors.InvalidAssessment, errors.InvalidMarkingScheme, errors.InvalidUpload, errors.ChangedMeanwhile),
    ),
    Route(
        "PUT",
        "/assessments/{id}/paper",
        "putPaper",
        "Correct the question tree and have the sheets graded by it; only what is changed is marked again",
        {200: RouteResponse("Kept.", _schema_ref("PaperKept"), headers=_REVISION)},
        (_ASSESSMENT, _IF_REVISION),
        {"application/json": {"schema": _schema_ref("CorrectedPaper")}},
        (errors.InvalidAssessment, errors.InvalidPaper, errors.InvalidUpload, errors.ChangedMeanwhile),
    ),
    Route(
        "PUT",
        "/assessments/{id}/roster",
        "putRoster",
        "Keep who sits the assessment (CSV with a header line; empty takes the roster away)",
        {200: RouteResponse("Kept.", _schema_ref("RosterKept"))},
        (_ASSESSMENT,),
        {"text/csv": {"schema": _TEXT}},
        (errors.InvalidAssessment, errors.InvalidRoster, errors.InvalidUpload),
    ),
    Route(
        "GET",
        "/assessments/{id}/roster",
        "rosterCompared",
        "The class list beside the sheets: students with a sheet, students without, sheets of nobody on it",
        {200: RouteResponse("In the order of the list.", _schema_ref("RosterCompared"))},
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

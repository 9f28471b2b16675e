"""Routes of uploads, submissions and settings: what each takes and returns, and its errors."""

from core.models import errors
from release.openapi.route_model import (
    ASSESSMENT_NAME,
    BYTES,
    EDITION_ETAG,
    IF_MATCH,
    LOCATION,
    MEDIA_TYPES,
    SUBMISSION,
    SUBMISSION_ID,
    TEXT,
    WAIT,
    Parameter,
    Route,
    RouteResponse,
    schema_ref,
)

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
    "properties": {"assessment": ASSESSMENT_NAME, "kind": schema_ref("Kind"), "student": TEXT, "file": BYTES},
}

ROUTES: tuple[Route, ...] = (
    Route(
        "POST",
        "/submissions",
        "submit",
        "Send a file of up to 4.4 MB: the bytes as the body with query parameters, or a form",
        {202: RouteResponse("Accepted: stored durably, being processed.", schema_ref("Receipt"), headers=LOCATION)},
        (
            Parameter("assessment", "query", "The assessment (raw body).", ASSESSMENT_NAME),
            Parameter("kind", "query", "What the file is (raw body).", schema_ref("Kind")),
            Parameter("student", "query", "The student, if known (raw body).", TEXT),
        ),
        {**{kind: {"schema": BYTES} for kind in MEDIA_TYPES}, "multipart/form-data": {"schema": _FORM}},
        (*_FILE_ERRORS, errors.FileTypeMismatch, errors.PayloadTooLarge, errors.SubmissionErased),
    ),
    Route(
        "POST",
        "/uploads",
        "requestUpload",
        "Request a form to upload a file of up to 100 MB directly to storage",
        {
            201: RouteResponse(
                "Post these fields, then the file.", schema_ref("Ticket"), headers=(("Location", "The upload."),)
            )
        },
        (),
        {"application/json": {"schema": schema_ref("UploadRequest")}},
        _FILE_ERRORS,
    ),
    Route(
        "POST",
        "/uploads/{id}/complete",
        "completeUpload",
        "Report that the file has been uploaded (storage reports it as well)",
        {202: RouteResponse("Accepted: stored durably, being processed.", schema_ref("Receipt"), headers=LOCATION)},
        (Parameter("id", "path", "The upload, which will be the submission.", SUBMISSION_ID, required=True),),
        None,
        (errors.UploadIncomplete, errors.SubmissionErased),
    ),
    Route(
        "GET",
        "/submissions/{id}",
        "submission",
        "A submission's status, with its marks or its question tree",
        {200: RouteResponse("The status.", schema_ref("Status"), headers=EDITION_ETAG)},
        (SUBMISSION, WAIT),
        None,
        (),
    ),
    Route(
        "DELETE",
        "/submissions/{id}",
        "erase",
        "Erase a submission and every trace that names its student",
        {202: RouteResponse("No longer accessible; its data is deleted in a moment.", schema_ref("Erased"))},
        (SUBMISSION,),
        None,
        (),
    ),
    Route(
        "PATCH",
        "/submissions/{id}/marks/{question}",
        "changeMark",
        "Change a question's mark, or correct its recognised answer (marked again at once), or undo such a change",
        {200: RouteResponse("The status with the change in it.", schema_ref("Status"), headers=EDITION_ETAG)},
        (SUBMISSION, Parameter("question", "path", "The question's id in the tree.", TEXT, required=True), IF_MATCH),
        {"application/json": {"schema": {"oneOf": [schema_ref("Mark"), schema_ref("Answer")]}}},
        (errors.NotMarked, errors.InvalidMark, errors.InvalidAnswer, errors.InvalidUpload, errors.ChangedMeanwhile),
    ),
    Route(
        "GET",
        "/submissions/{id}/transcript",
        "transcript",
        "The recognised text: lines in reading order, with their positions",
        {200: RouteResponse("Pages from `next` on, as many as fit.", schema_ref("TranscriptPart"))},
        (
            SUBMISSION,
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
                "The page, upright.", BYTES, "image/jpeg", (("Cache-Control", "private"), ("Vary", "Authorization"))
            )
        },
        (
            SUBMISSION,
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
        {200: RouteResponse("The settings.", schema_ref("Settings"))},
    ),
    Route(
        "PUT",
        "/settings",
        "changeSettings",
        "Switch the model on or off, and limit its monthly cost",
        {200: RouteResponse("The new settings.", schema_ref("Settings"))},
        (),
        {"application/json": {"schema": schema_ref("SettingsRequest")}},
        (errors.InvalidSettings, errors.InvalidUpload),
    ),
)

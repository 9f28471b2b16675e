"""Presigned uploads for files too large for an API body: a presigned POST, then `complete` or the S3 event.

Whichever of the two comes first starts the execution.
"""

import base64
import re
from dataclasses import dataclass, replace
from typing import Any

from core.models import errors, media_types
from core.models.document_kinds import DocumentKind
from core.models.submission import IntakeChannel, Submission, submission_id_from_content
from core.platform.clock import format_timestamp, now
from receive.intake import IntakeContext
from receive.upload_metadata import METADATA_NAME, UploadMetadata

_SHA256 = re.compile(r"[0-9a-f]{64}")
_ID = re.compile(r"[0-9a-f]{32}")
PREFIX = "uploads/"
EXPIRES_IN_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class PresignedUpload:
    """A permission to upload one declared file: post the form's `fields` to S3, then the file.

    `expires_in`: seconds.
    """

    id: str
    url: str
    fields: dict[str, str]
    expires_in: int


def create_presigned_upload(metadata: UploadMetadata, context: IntakeContext, *, max_bytes: int) -> PresignedUpload:
    """Create a presigned POST that accepts exactly the declared bytes: S3 enforces size, checksum and metadata.

    Raises
    ------
    InvalidUpload, EmptyFile, FileTooLarge, UnsupportedFileType
    """
    check_metadata(metadata, max_bytes)
    submission_id = submission_id_from_content(
        context.secret,
        tenant=metadata.tenant,
        assessment=metadata.assessment,
        kind=metadata.kind,
        student=metadata.student,
        sha256=metadata.sha256,
    )
    key = PREFIX + submission_id
    metadata = replace(metadata, received_at=now())
    fields = {
        f"x-amz-meta-{METADATA_NAME}": metadata.encrypted_text(context.cipher, submission_id),
        "x-amz-checksum-algorithm": "SHA256",
        "x-amz-checksum-sha256": base64.b64encode(bytes.fromhex(metadata.sha256)).decode(),
        "Content-Type": metadata.media_type or "application/octet-stream",
    }
    post = context.s3.generate_presigned_post(
        Bucket=context.bucket,
        Key=key,
        Fields=fields,
        Conditions=[
            ["content-length-range", metadata.size, metadata.size],
            *({name: value} for name, value in fields.items()),
        ],
        ExpiresIn=EXPIRES_IN_SECONDS,
    )
    return PresignedUpload(submission_id, post["url"], post["fields"], EXPIRES_IN_SECONDS)


def check_metadata(metadata: UploadMetadata, max_bytes: int) -> None:
    """Check the declared checksum, size and media type.

    Raises
    ------
    InvalidUpload, EmptyFile, FileTooLarge, UnsupportedFileType
    """
    if not _SHA256.fullmatch(metadata.sha256):
        raise errors.InvalidUpload("sha256 must be the file's SHA-256 as 64 hexadecimal digits in lower case.")
    if metadata.size <= 0:
        raise errors.EmptyFile("The file is empty (0 bytes). Please send the document itself.")
    if metadata.size > max_bytes:
        raise errors.FileTooLarge(f"The file has {metadata.size} bytes; at most {max_bytes} can be read.")
    if metadata.media_type is not None and metadata.media_type not in media_types.BY_EXTENSION.values():
        raise errors.UnsupportedFileType(f"{metadata.media_type} is not {media_types.SUPPORTED_TYPES_TEXT}.")


def complete_upload(
    submission_id: str, context: IntakeContext, *, tenant: str | None, version_id: str | None = None
) -> Submission:
    """Start the execution of an uploaded file. `tenant` is the caller's; None if S3's event reports the upload.

    Raises
    ------
    NotFound
        This tenant has no upload with this id.
    UploadIncomplete
        The file has not arrived yet.
    """
    if not _ID.fullmatch(submission_id):
        raise errors.NotFound("There is no upload with this id.")
    found = _head_object(submission_id, context, version_id)
    if found is None:
        return _find_recorded_submission(submission_id, context, tenant)
    submission = _build_submission(submission_id, found, context, tenant)
    if not context.starter.start(submission):
        return _handle_repeat(submission, context, tenant)
    return submission


def _build_submission(
    submission_id: str, found: dict[str, Any], context: IntakeContext, tenant: str | None
) -> Submission:
    try:
        metadata = UploadMetadata.from_encrypted_text(
            found["Metadata"].get(METADATA_NAME, ""), context.cipher, submission_id
        )
    except ValueError:
        raise errors.NotFound("There is no upload with this id.") from None
    if tenant is not None and metadata.tenant != tenant:
        raise errors.NotFound("There is no upload with this id.")
    if found["ContentLength"] != metadata.size:
        raise errors.UploadIncomplete(f"{metadata.size} bytes were declared and {found['ContentLength']} have arrived.")
    return metadata.to_submission(
        submission_id,
        context.cipher,
        channel=IntakeChannel.UPLOAD,
        bucket=context.bucket,
        key=PREFIX + submission_id,
        version_id=found["VersionId"],
        # Equal for `complete` and for the event, so that both give the same input. If S3 stored two files in the same
        # second, the one whose form was issued later is the newer.
        received_at=max(format_timestamp(found["LastModified"]), metadata.received_at or ""),
    )


def _handle_repeat(submission: Submission, context: IntakeContext, tenant: str | None) -> Submission:
    """Handle an id that was started before: by this very upload, or by an earlier one of the same content."""
    found = context.starter.find_record(submission.id)
    if found is None:
        # This very upload was reported twice, and the record of the first report is not written yet.
        return submission
    from core.storage.submission_record import Tombstone

    if not isinstance(found, Tombstone):
        context.starter.handle_repeat(submission.id, found, submission.received_at)
        return submission
    erased = found.targets is not None and found.targets.version_id == submission.file.version_id
    # S3's timestamps have whole seconds.
    if not erased and submission.received_at[:19] >= found.erased_at[:19]:
        return context.starter.restart_after_erasure(submission, found)
    if tenant is not None:
        raise errors.NotFound("This upload has been erased.")
    return submission


def _find_recorded_submission(submission_id: str, context: IntakeContext, tenant: str | None) -> Submission:
    """Return the submission whose object does not exist any more, because it was stored durably.

    Raises
    ------
    UploadIncomplete
        The object has not arrived yet.
    NotFound
        S3 reports an upload that has been erased.
    """
    from core.storage.submission_record import SubmissionRecord, Tombstone

    found = context.starter.find_record(submission_id)
    if isinstance(found, Tombstone) and tenant is None:
        raise errors.NotFound("This upload has been erased.")
    if isinstance(found, SubmissionRecord) and tenant in (None, found.tenant):
        return found.submission
    raise errors.UploadIncomplete("The file has not arrived yet: post it to the upload's url first.")


def _head_object(submission_id: str, context: IntakeContext, version_id: str | None) -> dict[str, Any] | None:
    """Return the head of the uploaded object (in the version that S3 reported); None if it does not exist."""
    version = {"VersionId": version_id} if version_id else {}
    try:
        found: dict[str, Any] = context.s3.head_object(Bucket=context.bucket, Key=PREFIX + submission_id, **version)
    except context.s3.exceptions.ClientError as error:
        # Without permission to list the bucket, S3 returns 403 for an object that does not exist. If S3 itself reported
        # the version, the object exists, or it was stored durably and has a record: anything else is an error.
        missing = error.response["ResponseMetadata"]["HTTPStatusCode"] in (403, 404)
        if not missing or (version_id is not None and context.starter.find_record(submission_id) is None):
            raise
        return None
    return found


def parse_upload_request(
    body: dict[str, Any], *, tenant: str, assessment: str, kind: DocumentKind, student: str | None
) -> UploadMetadata:
    """Return the metadata of an upload request's JSON body. Raises InvalidUpload.

    Assessment, kind and student are parsed by the caller.
    """
    sha256, size, media_type = body.get("sha256"), body.get("size"), body.get("media_type")
    if not isinstance(sha256, str) or not isinstance(size, int) or isinstance(size, bool):
        raise errors.InvalidUpload("An upload request names sha256 (text) and size (a whole number of bytes).")
    if media_type is not None and not isinstance(media_type, str):
        raise errors.InvalidUpload("media_type, where it is given, is text.")
    return UploadMetadata(tenant, assessment, kind, student, sha256, size, media_types.parse_content_type(media_type))

"""Intake of API bodies: put the file in the temp bucket, start its execution, respond.

No other call is made between.
"""

import base64
import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from core.models import errors, media_types
from core.models.document_kinds import DocumentKind
from core.models.submission import IntakeChannel, Submission, submission_id_from_content
from core.platform.clock import now
from core.storage.encryption import TextCipher
from receive.execution_starter import ExecutionStarter
from receive.upload_metadata import METADATA_NAME, UploadMetadata

if TYPE_CHECKING:
    from core.storage.submission_record import Tombstone

PREFIX = "incoming/"
# Attempts to write a file that other requests write and remove at the same time.
_MAX_PUT_ATTEMPTS = 4


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file as the API received it. `media_type` and `name` are declared by the sender."""

    tenant: str
    assessment: str
    kind: DocumentKind
    student: str | None
    body: bytes
    media_type: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class IntakeContext:
    """What every intake channel uses: the identity secret, the temp bucket, S3 and the starter of executions."""

    secret: bytes
    cipher: TextCipher
    bucket: str
    s3: Any
    starter: ExecutionStarter


def accept_file(uploaded_file: UploadedFile, context: IntakeContext) -> Submission:
    """Store the file, start its execution and return the submission.

    When this returns, the file is durable in the temp bucket and its execution exists. The same file sent again finds
    the first one's object and execution and returns the same submission; after its erasure it is restarted in a new
    run.

    Raises
    ------
    EmptyFile, UnsupportedFileType, FileTypeMismatch
        The body is not a supported file; nothing was written.
    """
    media_type = check_media_type(uploaded_file)
    sha256 = hashlib.sha256(uploaded_file.body).hexdigest()
    submission_id = submission_id_from_content(
        context.secret,
        tenant=uploaded_file.tenant,
        assessment=uploaded_file.assessment,
        kind=uploaded_file.kind,
        student=uploaded_file.student,
        sha256=sha256,
    )
    metadata = UploadMetadata(
        uploaded_file.tenant,
        uploaded_file.assessment,
        uploaded_file.kind,
        uploaded_file.student,
        sha256,
        len(uploaded_file.body),
        media_type,
        now(),
    )
    metadata, version_id, existed = _put_object_once(submission_id, uploaded_file.body, metadata, context)
    submission = _build_submission(submission_id, metadata, version_id, context)
    started = context.starter.start(submission)
    if started and not existed:
        return submission
    found = context.starter.find_record(submission_id)
    from core.storage.submission_record import Tombstone

    if isinstance(found, Tombstone):
        return _restart_after_erasure(submission_id, uploaded_file.body, metadata, found, context)
    context.starter.handle_repeat(submission_id, found, now())
    return submission


def _build_submission(
    submission_id: str, metadata: UploadMetadata, version_id: str, context: IntakeContext
) -> Submission:
    return metadata.to_submission(
        submission_id,
        context.cipher,
        channel=IntakeChannel.API,
        bucket=context.bucket,
        key=_object_key(submission_id),
        version_id=version_id,
        received_at=metadata.received_at or now(),
    )


def _object_key(submission_id: str) -> str:
    return PREFIX + submission_id


def _restart_after_erasure(
    submission_id: str, body: bytes, metadata: UploadMetadata, tombstone: "Tombstone", context: IntakeContext
) -> Submission:
    """Restart an erased submission with bytes that were received after the erasure."""
    metadata, version_id, _ = _put_object_once(
        submission_id, body, replace(metadata, received_at=now()), context, overwrite=True
    )
    return context.starter.restart_after_erasure(
        _build_submission(submission_id, metadata, version_id, context), tombstone
    )


def check_media_type(uploaded_file: UploadedFile) -> str:
    """Return the media type of the body by its content.

    Raises
    ------
    EmptyFile, UnsupportedFileType, FileTypeMismatch
    """
    if not uploaded_file.body:
        raise errors.EmptyFile("The file is empty (0 bytes). Please send the document itself.")
    found = media_types.detect_media_type(uploaded_file.body[:1024])
    if found is None:
        raise errors.UnsupportedFileType(f"The file is not {media_types.SUPPORTED_TYPES_TEXT}.")
    for declared in (
        media_types.parse_content_type(uploaded_file.media_type),
        media_types.media_type_from_name(uploaded_file.name or ""),
    ):
        if declared is not None and declared != found:
            raise errors.FileTypeMismatch(f"The file says it is {declared}, but its content is {found}.")
    return found


def _put_object_once(
    submission_id: str, body: bytes, metadata: UploadMetadata, context: IntakeContext, *, overwrite: bool = False
) -> tuple[UploadMetadata, str, bool]:
    """Write the object unless it exists; returns the metadata and version that count, and whether it existed.

    The present object's own metadata and version count. With `overwrite` the object is written in any case.
    """
    key = _object_key(submission_id)
    for _ in range(_MAX_PUT_ATTEMPTS):
        try:
            return (
                metadata,
                _put_object(
                    key,
                    body,
                    metadata.encrypted_text(context.cipher, submission_id),
                    metadata,
                    context,
                    overwrite=overwrite,
                ),
                False,
            )
        except context.s3.exceptions.ClientError as error:
            # 412: the object exists. 409: another request is writing the same object.
            if _http_status(error) not in (409, 412):
                raise
        try:
            existing = context.s3.head_object(Bucket=context.bucket, Key=key)
        except context.s3.exceptions.ClientError as error:
            # It was stored durably and then removed from the temp bucket: it can be written again.
            if _http_status(error) not in (403, 404):
                raise
        else:
            found = UploadMetadata.from_encrypted_text(
                existing["Metadata"][METADATA_NAME], context.cipher, submission_id
            )
            return found, existing["VersionId"], True
    raise errors.ServiceUnavailable("The same file is being received several times. Please send it again.")


def _put_object(
    key: str, body: bytes, encrypted_text: str, metadata: UploadMetadata, context: IntakeContext, *, overwrite: bool
) -> str:
    """Put the object; returns its version."""
    response = context.s3.put_object(
        Bucket=context.bucket,
        Key=key,
        Body=body,
        ContentType=metadata.media_type,
        ChecksumSHA256=base64.b64encode(bytes.fromhex(metadata.sha256)).decode(),
        Metadata={METADATA_NAME: encrypted_text},
        **({} if overwrite else {"IfNoneMatch": "*"}),
    )
    return str(response["VersionId"])


def _http_status(error: Any) -> int:
    return int(error.response["ResponseMetadata"]["HTTPStatusCode"])


def start_from_object(submission_id: str, context: IntakeContext, version_id: str) -> Submission:
    """Start the execution of an object in the temp bucket that has none, from the object alone (the sweep found it)."""
    found = context.s3.head_object(Bucket=context.bucket, Key=_object_key(submission_id), VersionId=version_id)
    metadata = UploadMetadata.from_encrypted_text(found["Metadata"][METADATA_NAME], context.cipher, submission_id)
    submission = _build_submission(submission_id, metadata, version_id, context)
    if not context.starter.start(submission):
        record = context.starter.find_record(submission_id)
        from core.storage.submission_record import Tombstone

        if isinstance(record, Tombstone) and submission.received_at > record.erased_at:
            return context.starter.restart_after_erasure(submission, record)
    return submission

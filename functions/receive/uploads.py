"""Files too large for an API body: a presigned POST, then `complete` or the S3 event, whichever is first."""

import base64
import re
from dataclasses import dataclass, replace
from typing import Any

from core import errors, filetypes
from core.clock import now, stamp
from core.record import submission_of
from core.submission import Door, Kind, Submission, id_from_content
from receive.claims import METADATA_NAME, Claims
from receive.intake import Desk

_SHA256 = re.compile(r"[0-9a-f]{64}")
_ID = re.compile(r"[0-9a-f]{32}")
PREFIX = "uploads/"
VALID_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Ticket:
    """A permission to upload one declared file: a form to be posted to S3, field by field, then the file."""

    id: str
    url: str
    fields: dict[str, str]
    expires_in: int


def issue(claims: Claims, desk: Desk, *, max_bytes: int) -> Ticket:
    """A presigned POST that takes exactly the declared bytes: S3 enforces size, checksum and metadata.

    Raises
    ------
    InvalidUpload, EmptyFile, FileTooLarge, UnsupportedFileType
    """
    check(claims, max_bytes)
    submission_id = id_from_content(
        desk.secret,
        tenant=claims.tenant,
        assessment=claims.assessment,
        kind=claims.kind,
        student=claims.student,
        sha256=claims.sha256,
    )
    key = PREFIX + submission_id
    claims = replace(claims, received_at=now())
    fields = {
        f"x-amz-meta-{METADATA_NAME}": claims.sealed(desk.seal, submission_id),
        "x-amz-checksum-algorithm": "SHA256",
        "x-amz-checksum-sha256": base64.b64encode(bytes.fromhex(claims.sha256)).decode(),
        "Content-Type": claims.media_type or "application/octet-stream",
    }
    post = desk.s3.generate_presigned_post(
        Bucket=desk.bucket,
        Key=key,
        Fields=fields,
        Conditions=[
            ["content-length-range", claims.size, claims.size],
            *({name: value} for name, value in fields.items()),
        ],
        ExpiresIn=VALID_SECONDS,
    )
    return Ticket(submission_id, post["url"], post["fields"], VALID_SECONDS)


def check(claims: Claims, max_bytes: int) -> None:
    if not _SHA256.fullmatch(claims.sha256):
        raise errors.InvalidUpload("sha256 must be the file's SHA-256 as 64 hexadecimal digits in small letters.")
    if claims.size <= 0:
        raise errors.EmptyFile("The file is empty (0 bytes). Please send the document itself.")
    if claims.size > max_bytes:
        raise errors.FileTooLarge(f"The file has {claims.size} bytes; at most {max_bytes} can be read.")
    if claims.media_type is not None and claims.media_type not in filetypes.BY_EXTENSION.values():
        raise errors.UnsupportedFileType(f"{claims.media_type} is not {filetypes.READABLE}.")


def complete(submission_id: str, desk: Desk, *, tenant: str | None, version_id: str | None = None) -> Submission:
    """Start what has been uploaded. `tenant` is who asks; None where S3 itself tells of the upload.

    Raises
    ------
    NotFound
        The id is of no upload of this tenant.
    UploadIncomplete
        The file has not arrived yet.
    """
    if not _ID.fullmatch(submission_id):
        raise errors.NotFound("There is no upload of this id.")
    found = _head(submission_id, desk, version_id)
    if found is None:
        return _taken_in(submission_id, desk, tenant)
    submission = _uploaded(submission_id, found, desk, tenant)
    if not desk.starting.start(submission):
        return _repeated(submission, desk, tenant)
    return submission


def _uploaded(submission_id: str, found: dict[str, Any], desk: Desk, tenant: str | None) -> Submission:
    try:
        claims = Claims.unsealed(found["Metadata"].get(METADATA_NAME, ""), desk.seal, submission_id)
    except ValueError:
        raise errors.NotFound("There is no upload of this id.") from None
    if tenant is not None and claims.tenant != tenant:
        raise errors.NotFound("There is no upload of this id.")
    if found["ContentLength"] != claims.size:
        raise errors.UploadIncomplete(f"{claims.size} bytes were declared and {found['ContentLength']} have arrived.")
    return claims.submission(
        submission_id,
        desk.seal,
        door=Door.UPLOAD,
        bucket=desk.bucket,
        key=PREFIX + submission_id,
        version_id=found["VersionId"],
        # The same for `complete` and for the event, so both give one input. Of two files in one of S3's seconds the
        # one whose form was given out later is the newer.
        received_at=max(stamp(found["LastModified"]), claims.received_at or ""),
    )


def _repeated(submission: Submission, desk: Desk, tenant: str | None) -> Submission:
    """The id was started before: by this very upload, or by an earlier one of the same content."""
    found = desk.starting.record(submission.id)
    if found is None:
        # The very upload, told of twice: the first one's record is not written yet.
        return submission
    if "erased_at" not in found:
        desk.starting.repeat(submission.id, found, submission.received_at)
        return submission
    erased = found.get("erasing", {}).get("version_id") == submission.file.version_id
    # S3 tells whole seconds.
    if not erased and submission.received_at[:19] >= found["erased_at"][:19]:
        return desk.starting.anew(submission, found)
    if tenant is not None:
        raise errors.NotFound("This upload has been erased.")
    return submission


def _taken_in(submission_id: str, desk: Desk, tenant: str | None) -> Submission:
    """The object is not there: not yet, or not any more, because it has been read and kept since."""
    found = desk.starting.record(submission_id)
    if found is not None and "erased_at" in found and tenant is None:
        raise errors.NotFound("This upload has been erased.")
    if found is not None and "input" in found and tenant in (None, found["tenant"]):
        return submission_of(found)
    raise errors.UploadIncomplete("The file has not arrived yet: post it to the upload's url first.")


def _head(submission_id: str, desk: Desk, version_id: str | None) -> dict[str, Any] | None:
    """The uploaded object (the version that S3 told of); None where it is not there."""
    pinned = {"VersionId": version_id} if version_id else {}
    try:
        found: dict[str, Any] = desk.s3.head_object(Bucket=desk.bucket, Key=PREFIX + submission_id, **pinned)
    except desk.s3.exceptions.ClientError as error:
        # Without the right to list a bucket, S3 answers 403 for what is not there. Told of by S3 itself (with its
        # version) it is there, or it was and has been kept: else that is a fault of ours.
        missing = error.response["ResponseMetadata"]["HTTPStatusCode"] in (403, 404)
        if not missing or (version_id is not None and desk.starting.record(submission_id) is None):
            raise
        return None
    return found


def parse_request(body: dict[str, Any], *, tenant: str, assessment: str, kind: Kind, student: str | None) -> Claims:
    """The JSON body of an upload request, as claims; the names in it have been parsed already."""
    sha256, size, media_type = body.get("sha256"), body.get("size"), body.get("media_type")
    if not isinstance(sha256, str) or not isinstance(size, int) or isinstance(size, bool):
        raise errors.InvalidUpload("An upload request names sha256 (text) and size (a whole number of bytes).")
    if media_type is not None and not isinstance(media_type, str):
        raise errors.InvalidUpload("media_type, where it is given, is text.")
    return Claims(tenant, assessment, kind, student, sha256, size, filetypes.declared(media_type))

"""Renders a page of a stored document for people to look at: on request, in the sandbox, without storing it."""

import tempfile
from dataclasses import dataclass
from typing import Any

from core.models import errors, media_types
from core.storage.branch_items import load_stored_file
from core.storage.submission_queries import load_record
from core.storage.submission_record import SubmissionRecord
from core.storage.table import Table
from extract.limits import DOWNLOAD_CHUNK_BYTES, DocumentLimits
from extract.sandbox.process import Sandbox


@dataclass(frozen=True, slots=True)
class PageImageContext:
    """What rendering a page needs. `tenant` is the tenant of the request's token; `s3` is a boto3 client."""

    tenant: str
    table: Table
    s3: Any
    documents_bucket: str
    sandbox: Sandbox
    limits: DocumentLimits


def render_stored_page(
    submission_id: str, page: int, context: PageImageContext, *, longest: int, turn: int = 0
) -> bytes:
    """Render page `page` (from 1) of a stored submission as a JPEG of at most `longest` pixels a side, rotated by
    `turn` degrees clockwise.

    Raises
    ------
    NotFound
        This tenant has no such submission, it is not stored yet, or it has no such page.
    DocumentRejected
        One of its subclasses: the file cannot be rendered.
    """
    key, version_id = _find_stored_file(submission_id, context)
    with tempfile.TemporaryFile() as spool:
        body = _open_object(key, version_id, context)
        head = b""
        for chunk in body.iter_chunks(DOWNLOAD_CHUNK_BYTES):
            head = head or chunk[:1024]
            spool.write(chunk)
        spool.flush()
        task = {"media_type": media_types.detect_media_type(head), "show": page, "longest": longest, "turn": turn}
        if task["media_type"] is None:
            raise errors.UnsupportedFileType(f"This file is not {media_types.SUPPORTED_TYPES_TEXT}.")
        try:
            with context.sandbox.run(task, spool.fileno(), context.limits) as frames:
                return next(frames).body
        except errors.NoPages as error:
            raise errors.NotFound(error.message) from error


def _open_object(key: str, version_id: str, context: PageImageContext) -> Any:
    try:
        return context.s3.get_object(Bucket=context.documents_bucket, Key=key, VersionId=version_id)["Body"]
    except context.s3.exceptions.ClientError as error:
        # Without the right to list the bucket, S3 answers 403 for a key that does not exist.
        if error.response["ResponseMetadata"]["HTTPStatusCode"] not in (403, 404):
            raise
        raise errors.NotFound("The file has been erased.") from None


def _find_stored_file(submission_id: str, context: PageImageContext) -> tuple[str, str]:
    """Key and version of the submission's durable copy."""
    record = load_record(context.table, submission_id)
    if not isinstance(record, SubmissionRecord) or record.tenant != context.tenant:
        raise errors.NotFound("There is no submission of this id.")
    stored = load_stored_file(context.table, submission_id, record.run)
    if stored is not None:
        return stored.key, stored.version_id
    # A later run's input already names the durable copy.
    file = record.submission.file
    if file.bucket != context.documents_bucket:
        raise errors.NotFound("The file is not stored yet.")
    return file.key, file.version_id

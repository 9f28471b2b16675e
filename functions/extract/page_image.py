"""A page for people to look at: drawn on request from the stored file, in the child that may die, and not kept."""

import json
import tempfile
from dataclasses import dataclass
from typing import Any

from core.models import errors, media_types
from core.models.submission import Submission
from core.storage.table import RECORD_SK, Table, branch_sk, submission_pk
from extract.limits import DocumentLimits
from extract.sandbox.process import Sandbox

_CHUNK_BYTES = 1_048_576


@dataclass(frozen=True, slots=True)
class PageImageContext:
    """What showing a page needs. `tenant` is whose token asks; `s3` is a client."""

    tenant: str
    table: Table
    s3: Any
    documents_bucket: str
    sandbox: Sandbox
    limits: DocumentLimits


def render_stored_page(
    submission_id: str, page: int, context: PageImageContext, *, longest: int, turn: int = 0
) -> bytes:
    """Page `page` (from 1) of a stored submission as a JPEG of at most `longest` pixels a side, turned clockwise.

    Raises
    ------
    NotFound
        No such submission of this tenant, it is not stored yet, or it has no such page.
    DocumentRejected
        One of its subclasses: the file cannot be drawn.
    """
    key, version_id = _find_stored_file(submission_id, context)
    with tempfile.TemporaryFile() as spool:
        body = _open_object(key, version_id, context)
        head = b""
        for chunk in body.iter_chunks(_CHUNK_BYTES):
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
        # Without the right to list a bucket, S3 answers 403 for what is not there.
        if error.response["ResponseMetadata"]["HTTPStatusCode"] not in (403, 404):
            raise
        raise errors.NotFound("The file has been erased.") from None


def _find_stored_file(submission_id: str, context: PageImageContext) -> tuple[str, str]:
    """Key and version of the durable copy."""
    pk = submission_pk(submission_id)
    record = context.table.get(pk, RECORD_SK)
    if record is None or record.get("tenant") != context.tenant or "erased_at" in record:
        raise errors.NotFound("There is no submission of this id.")
    stored = context.table.get(pk, branch_sk(int(record["run"]), "storing"))
    if stored and "version_id" in stored:
        return stored["key"], stored["version_id"]
    # A later run reads the durable copy itself, and its input says where that lies.
    file = Submission.from_state(json.loads(record["input"])).file
    if file.bucket != context.documents_bucket:
        raise errors.NotFound("The file is not stored yet.")
    return file.key, file.version_id

"""The durable copy: a server-side copy of the received version in the documents bucket, verified by its checksum."""

import base64
from typing import Any

from core.models import errors
from core.models.stored_file import StoredFile
from core.models.submission import Submission

_SOURCE_VERSION_METADATA = "source-version"


def stored_file_key(submission: Submission) -> str:
    return f"documents/{submission.tenant}/{submission.id}"


def store_file(submission: Submission, *, source_key: str, s3: Any, bucket: str) -> StoredFile:
    """Copy the pinned version, or find the copy that a previous run has made.

    When this returns, the bytes are durable in `bucket` with a SHA-256 that S3 computed over them, equal to the one
    declared on receipt if there was one.

    Raises
    ------
    CopyNotVerified
        The checksum is not the declared one (transient: the copy is made again).
    """
    key = stored_file_key(submission)
    stored_file = _find_copy(s3, bucket, key, submission)
    if stored_file is None:
        response = s3.copy_object(
            Bucket=bucket,
            Key=key,
            CopySource={"Bucket": submission.file.bucket, "Key": source_key, "VersionId": submission.file.version_id},
            ChecksumAlgorithm="SHA256",
            MetadataDirective="REPLACE",
            # The tags of a dropped object are not copied: that needs permissions that nothing else here needs.
            TaggingDirective="REPLACE",
            Metadata={_SOURCE_VERSION_METADATA: submission.file.version_id},
            ContentType=submission.file.media_type or "application/octet-stream",
        )
        stored_file = StoredFile(
            bucket,
            key,
            response["VersionId"],
            _checksum_to_hex(response["CopyObjectResult"].get("ChecksumSHA256")),
            submission.file.size,
        )
    if submission.file.sha256 is not None and stored_file.sha256 != submission.file.sha256:
        raise errors.CopyNotVerified("The durable copy does not have the checksum that was declared on receipt.")
    return stored_file


def _find_copy(s3: Any, bucket: str, key: str, submission: Submission) -> StoredFile | None:
    """Return the copy of this very version if there is one and it has a checksum."""
    try:
        found = s3.head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED")
    except s3.exceptions.ClientError as error:
        # Without permission to list the bucket, S3 returns 403 for an object that does not exist.
        if error.response["ResponseMetadata"]["HTTPStatusCode"] in (403, 404):
            return None
        raise
    is_source = submission.file.bucket == bucket and submission.file.version_id == found["VersionId"]
    if not is_source and found["Metadata"].get(_SOURCE_VERSION_METADATA) != submission.file.version_id:
        return None
    if not found.get("ChecksumSHA256"):
        return None
    return StoredFile(
        bucket, key, found["VersionId"], _checksum_to_hex(found["ChecksumSHA256"]), found["ContentLength"]
    )


def _checksum_to_hex(checksum: str | None) -> str:
    if not checksum:
        raise errors.CopyNotVerified("S3 returned no checksum of the copy.")
    return base64.b64decode(checksum).hex()

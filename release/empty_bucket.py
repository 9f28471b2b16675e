"""Empties a versioned bucket permanently: python release/empty_bucket.py BUCKET --yes BUCKET

CloudFormation deletes only empty buckets, and `aws s3 rm` leaves every version behind. The bucket's name must be given
twice, because this cannot be undone.
"""

import argparse
import sys
from collections.abc import Iterator
from typing import Any

# The maximum number of keys of one DeleteObjects request.
_BATCH_SIZE = 1000


def main() -> int:
    parser = argparse.ArgumentParser(description="Delete every version of everything in a bucket.")
    parser.add_argument("bucket")
    parser.add_argument("--yes", metavar="BUCKET", help="the same name again, to confirm")
    arguments = parser.parse_args()
    if arguments.yes != arguments.bucket:
        print(f"This deletes every version of everything in {arguments.bucket}. Confirm with --yes {arguments.bucket}")
        return 2
    import boto3

    print(f"{empty_bucket(boto3.client('s3'), arguments.bucket)} versions and delete markers deleted.")
    return 0


def empty_bucket(s3: Any, bucket: str) -> int:
    """Delete all versions, delete markers and unfinished uploads. Return the number of versions and delete markers.

    Raises
    ------
    RuntimeError
        S3 did not delete some of them; the message names the first five with S3's error codes.
    """
    deleted = 0
    for batch in _version_batches(s3, bucket):
        answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": batch, "Quiet": True})
        failures = [f"{fault['Key']}: {fault.get('Code')}" for fault in answer.get("Errors", ())]
        if failures:
            raise RuntimeError(f"S3 did not delete {len(failures)} of them: {', '.join(failures[:5])}")
        deleted += len(batch)
    for page in s3.get_paginator("list_multipart_uploads").paginate(Bucket=bucket):
        for upload in page.get("Uploads", ()):
            s3.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])
    return deleted


def _version_batches(s3: Any, bucket: str) -> Iterator[list[dict[str, str]]]:
    """Yield batches of versions and delete markers. A page is listed only after the batches before it were consumed."""
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        found = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        versions = [{"Key": version["Key"], "VersionId": version["VersionId"]} for version in found]
        for start in range(0, len(versions), _BATCH_SIZE):
            yield versions[start : start + _BATCH_SIZE]


if __name__ == "__main__":
    sys.exit(main())

"""Empties a versioned bucket for good: python release/empty_bucket.py BUCKET --yes BUCKET

CloudFormation deletes no bucket that holds anything, and `aws s3 rm` leaves every version behind. The bucket's name has
to be given twice: there is no way back.
"""

import argparse
import sys
from collections.abc import Iterator
from typing import Any

# What one DeleteObjects takes.
_BATCH_SIZE = 1000


def main() -> int:
    parser = argparse.ArgumentParser(description="Delete every version of everything in a bucket.")
    parser.add_argument("bucket")
    parser.add_argument("--yes", metavar="BUCKET", help="the same name again")
    arguments = parser.parse_args()
    if arguments.yes != arguments.bucket:
        print(f"This deletes every version of everything in {arguments.bucket}. Say so with --yes {arguments.bucket}")
        return 2
    import boto3

    print(f"{empty_bucket(boto3.client('s3'), arguments.bucket)} versions and delete markers are gone.")
    return 0


def empty_bucket(s3: Any, bucket: str) -> int:
    """Delete all versions, delete markers and unfinished uploads; how many versions and markers there were.

    Raises
    ------
    RuntimeError
        S3 kept something: each is named with S3's reason.
    """
    deleted = 0
    for batch in _version_batches(s3, bucket):
        answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": batch, "Quiet": True})
        failures = [f"{fault['Key']}: {fault.get('Code')}" for fault in answer.get("Errors", ())]
        if failures:
            raise RuntimeError(f"S3 kept {len(failures)} of them: {', '.join(failures[:5])}")
        deleted += len(batch)
    for page in s3.get_paginator("list_multipart_uploads").paginate(Bucket=bucket):
        for upload in page.get("Uploads", ()):
            s3.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])
    return deleted


def _version_batches(s3: Any, bucket: str) -> Iterator[list[dict[str, str]]]:
    """What there is, page by page; a page is listed after the one before has been deleted or is on its way."""
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        found = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        named = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in found]
        for start in range(0, len(named), _BATCH_SIZE):
            yield named[start : start + _BATCH_SIZE]


if __name__ == "__main__":
    sys.exit(main())

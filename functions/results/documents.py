"""JSON documents in the documents bucket: results, transcripts, papers."""

import json
from typing import Any

from core.models import errors


def read_json(s3: Any, bucket: str, key: str) -> Any:
    """Load a JSON document from the documents bucket.

    Raises
    ------
    NotFound
        It has been erased since its key was read.
    """
    try:
        return json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    except s3.exceptions.ClientError as error:
        # Without permission to list the bucket, S3 answers 403 for a missing object.
        if error.response["ResponseMetadata"]["HTTPStatusCode"] not in (403, 404):
            raise
        raise errors.NotFound("This document is no longer there.") from None

"""The JSON documents behind a status: results, transcripts, papers."""

import json
from typing import Any

from core.models import errors


def read(s3: Any, bucket: str, key: str) -> Any:
    """A JSON document of the documents bucket.

    Raises
    ------
    NotFound
        It was erased meanwhile.
    """
    try:
        return json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    except s3.exceptions.ClientError as error:
        # Without the right to list a bucket, S3 answers 403 for what is not there.
        if error.response["ResponseMetadata"]["HTTPStatusCode"] not in (403, 404):
            raise
        raise errors.NotFound("This document is no longer there.") from None

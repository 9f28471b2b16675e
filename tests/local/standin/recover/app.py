"""Stands in for the endings: says what it was asked, and keeps the events it was sent."""

import json
import os

import boto3
from behaviour import answer


def handler(event, _context):
    if "detail" in event:
        key = f"told/{event['detail']['name']}"
        boto3.client("s3").put_object(Bucket=os.environ["DOCUMENTS_BUCKET"], Key=key, Body=json.dumps(event).encode())
    asked = event.get("action", "told")
    # The state machine looks at this one's word: an ending that stands otherwise is no failure.
    return answer("recover", {"state": "FAILED" if asked == "fail" else asked})

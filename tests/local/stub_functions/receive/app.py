"""Stub of the receive function: an API body or an S3 event starts an execution, and a form is presigned."""

import base64
import json
import os
from urllib.parse import unquote_plus

import boto3
from botocore.config import Config


def handler(event, _context):
    if "Records" in event:
        stored = event["Records"][0]["s3"]["object"]
        start("drop" + stored["sequencer"], unquote_plus(stored["key"]), stored["versionId"])
        return None
    if event["routeKey"] == "POST /uploads":
        return {"statusCode": 201, "body": json.dumps(presign_upload(json.loads(event["body"])))}
    body = base64.b64decode(event["body"]) if event["isBase64Encoded"] else event["body"].encode()
    name = event["queryStringParameters"]["id"]
    put = boto3.client("s3").put_object(Bucket=os.environ["TEMP_BUCKET"], Key=f"incoming/{name}", Body=body)
    start(name, f"incoming/{name}", put["VersionId"])
    return {"statusCode": 202, "headers": {"Location": f"/submissions/{name}"}, "body": json.dumps({"id": name})}


def start(name, key, version):
    submission = {"id": name, "run": 1, "tenant": "t", "assessment": "a", "kind": "answer_sheet"}
    submission |= {"student": "", "door": "api", "received_at": "2026-01-01T00:00:00Z"}
    file = {"bucket": os.environ["TEMP_BUCKET"], "key": key, "version_id": version, "size": 1}
    boto3.client("stepfunctions").start_execution(
        stateMachineArn=os.environ["STATE_MACHINE_ARN"],
        name=f"{name}-1",
        input=json.dumps({"contract": 1, "submission": submission, "file": file}),
    )


def presign_upload(request):
    s3 = boto3.client("s3", config=Config(signature_version="s3v4"))
    fields = {"x-amz-checksum-sha256": request["sha256"]}
    return s3.generate_presigned_post(
        os.environ["TEMP_BUCKET"],
        "uploads/" + request["id"],
        Fields=fields,
        Conditions=[fields, ["content-length-range", 1, 1000]],
        ExpiresIn=60,
    )

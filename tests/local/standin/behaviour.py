"""Stand-ins for the functions of the stack: each does what the object `behaviour/{function}` in the documents
bucket says ({"return": …}, {"raise": [class, message]}, {"exit": status}), or what its own file says by default."""

import json
import os

import boto3


def answer(function, default):
    s3 = boto3.client("s3")
    try:
        body = s3.get_object(Bucket=os.environ["DOCUMENTS_BUCKET"], Key=f"behaviour/{function}")["Body"].read()
    except s3.exceptions.NoSuchKey:
        return default
    told = json.loads(body)
    if "exit" in told:
        os._exit(told["exit"])
    if "raise" in told:
        name, message = told["raise"]
        raise type(name, (Exception,), {})(message)
    return told["return"]

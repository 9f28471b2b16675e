"""Stub of the extract function: sends one page to Textract, so that the call is made, and returns a reference."""

import os

import boto3
from behaviour import run_behaviour


def handler(state, _context):
    file = state["file"]
    s3_object = {"Bucket": file["bucket"], "Name": file["key"], "Version": file["version_id"]}
    boto3.client("textract").detect_document_text(Document={"S3Object": s3_object})
    return run_behaviour("extract", {"sha256": "aa", "tps": os.environ["TEXTRACT_TPS"]})

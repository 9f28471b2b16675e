"""Stub of the results function: returns who sent the request."""

import json


def handler(event, _context):
    claims = event["requestContext"]["authorizer"]["jwt"]["claims"]
    return {"statusCode": 200, "body": json.dumps({"tenant": claims["custom:tenant"], "name": claims["name"]})}

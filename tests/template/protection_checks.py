"""Checks of data protection: encryption keys, TLS, retention, throttling and access logs. Checks return sentences."""

import json
import re
from typing import Any

from tests.template.cloudformation import Template, functions, of_type

_CUSTOMER_KEY = {"Ref": "KmsKeyArn"}
# What an access log may contain: nothing that identifies a person, a token, an address or an id.
_LOGGED = frozenset(
    ["requestId", "requestTime", "routeKey", "status", "responseLength", "responseLatency", "integrationErrorMessage"]
)
# Buckets with the page's files, which hold no data of persons.
PUBLIC_CODE = ("WebBucket",)


def data_without_customer_key(template: Template) -> list[str]:
    """Resources with data that are not encrypted with the customer's key (KmsKeyArn), and roles that may not use it."""
    found = []
    for name, bucket in of_type(template, "AWS::S3::Bucket").items():
        if name in PUBLIC_CODE:
            continue
        rules = bucket.get("BucketEncryption", {}).get("ServerSideEncryptionConfiguration", ())
        if not any(_uses_customer_key(rule["ServerSideEncryptionByDefault"], "KMSMasterKeyID") for rule in rules):
            found.append(f"{name} does not use the customer's key")
    for name, table in of_type(template, "AWS::DynamoDB::Table").items():
        if not _uses_customer_key(table.get("SSESpecification", {}), "KMSMasterKeyId"):
            found.append(f"{name} does not use the customer's key")
    customer_key = {"Fn::If": ["HasOwnKey", _CUSTOMER_KEY, {"Ref": "AWS::NoValue"}]}
    for name, secret in of_type(template, "AWS::SecretsManager::Secret").items():
        if secret.get("KmsKeyId") != customer_key:
            found.append(f"{name} does not use the customer's key")
    for function in functions(template):
        if customer_key not in (function.globals.get("KmsKeyArn"), function.properties.get("KmsKeyArn")):
            found.append(f"{function.name} does not use the customer's key")
    return found + _roles_without_customer_key(template)


def _uses_customer_key(setting: dict[str, Any], key: str) -> bool:
    condition, encryption, _ = setting.get("Fn::If", ("", {}, {}))
    return bool(condition == "HasOwnKey" and encryption.get(key) == _CUSTOMER_KEY)


def _roles_without_customer_key(template: Template) -> list[str]:
    policies = of_type(template, "AWS::IAM::ManagedPolicy").values()
    [policy] = [body for body in policies if "kms:Decrypt" in json.dumps(body)] or [{}]
    roles = {role["Ref"] for role in policy.get("Roles", ())}
    principals = [*of_type(template, "AWS::Serverless::Function"), *of_type(template, "AWS::Serverless::StateMachine")]
    found = [f"{name} may not use the customer's key" for name in principals if f"{name}Role" not in roles]
    for statement in policy.get("PolicyDocument", {}).get("Statement", ()):
        if "kms:ViaService" not in json.dumps(statement.get("Condition", {})):
            found.append("the customer's key may be used outside the services that hold the data")
        if statement["Resource"] != _CUSTOMER_KEY:
            found.append("other keys than the customer's may be used")
    return found


def buckets_with_old_tls(template: Template) -> list[str]:
    """Buckets that do not refuse requests over a TLS version below 1.2."""
    refusing = {
        policy["Bucket"]["Ref"]
        for policy in of_type(template, "AWS::S3::BucketPolicy").values()
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Deny"
        and statement.get("Condition", {}).get("NumericLessThan", {}).get("s3:TlsVersion") == "1.2"
    }
    return [f"{name} accepts old TLS" for name in of_type(template, "AWS::S3::Bucket") if name not in refusing]


def unprotected_data(template: Template) -> list[str]:
    """Data deleted with the stack, tables without point-in-time recovery, and tables without deletion protection."""
    found = []
    retained = ("AWS::DynamoDB::Table", "AWS::SecretsManager::Secret")
    for name, body in template["Resources"].items():
        if body["Type"] in retained or name == "DocumentsBucket":
            for policy in ("DeletionPolicy", "UpdateReplacePolicy"):
                if body.get(policy) != "Retain":
                    found.append(f"{name} is deleted with the stack ({policy})")
    for name, table in of_type(template, "AWS::DynamoDB::Table").items():
        if not table.get("PointInTimeRecoverySpecification", {}).get("PointInTimeRecoveryEnabled"):
            found.append(f"{name} has no point-in-time recovery")
        if table.get("DeletionProtectionEnabled") != {"Fn::If": ["IsProduction", True, False]}:
            found.append(f"{name} can be deleted in prod")
    return found


def apis_without_throttling(template: Template) -> list[str]:
    """APIs without a rate limit, without an access log, or with a log that identifies people."""
    found = []
    for name, api in of_type(template, "AWS::Serverless::HttpApi").items():
        settings = api.get("DefaultRouteSettings", {})
        if not {"ThrottlingRateLimit", "ThrottlingBurstLimit"} <= set(settings):
            found.append(f"{name} has no rate limit")
        logged = set(re.findall(r"\$context\.([\w.]+)", api.get("AccessLogSettings", {}).get("Format", "")))
        if not logged:
            found.append(f"{name} has no access log")
        found += [f"{name} logs {field}" for field in sorted(logged - _LOGGED)]
    return found

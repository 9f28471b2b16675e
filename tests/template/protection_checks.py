"""What keeps people's data in: keys, traffic, who may ask how often, and what is written down. Sentences each."""

import json
import re
from typing import Any

from tests.template.cloudformation import Template, functions, of_type

_CUSTOMER_KEY = {"Ref": "KmsKeyArn"}
# What an access log may say: nothing that names a person, a token, an address or an id.
_LOGGED = frozenset(
    ["requestId", "requestTime", "routeKey", "status", "responseLength", "responseLatency", "integrationErrorMessage"]
)


# What holds the page's files and nobody's data.
PUBLIC_CODE = ("WebBucket",)


def data_without_customer_key(template: Template) -> list[str]:
    """With a key of one's own, everything that holds data is under it, and every role may use it."""
    found = []
    for name, bucket in of_type(template, "AWS::S3::Bucket").items():
        if name in PUBLIC_CODE:
            continue
        rules = bucket.get("BucketEncryption", {}).get("ServerSideEncryptionConfiguration", ())
        if not any(_uses_customer_key(rule["ServerSideEncryptionByDefault"], "KMSMasterKeyID") for rule in rules):
            found.append(f"{name} does not take the own key")
    for name, table in of_type(template, "AWS::DynamoDB::Table").items():
        if not _uses_customer_key(table.get("SSESpecification", {}), "KMSMasterKeyId"):
            found.append(f"{name} does not take the own key")
    own = {"Fn::If": ["HasOwnKey", _CUSTOMER_KEY, {"Ref": "AWS::NoValue"}]}
    for name, secret in of_type(template, "AWS::SecretsManager::Secret").items():
        if secret.get("KmsKeyId") != own:
            found.append(f"{name} does not take the own key")
    for function in functions(template):
        if own not in (function.globals.get("KmsKeyArn"), function.properties.get("KmsKeyArn")):
            found.append(f"{function.name} does not take the own key")
    return found + _roles_without_customer_key(template)


def _uses_customer_key(setting: dict[str, Any], key: str) -> bool:
    condition, own, _ = setting.get("Fn::If", ("", {}, {}))
    return bool(condition == "HasOwnKey" and own.get(key) == _CUSTOMER_KEY)


def _roles_without_customer_key(template: Template) -> list[str]:
    policies = of_type(template, "AWS::IAM::ManagedPolicy").values()
    [policy] = [body for body in policies if "kms:Decrypt" in json.dumps(body)] or [{}]
    told = {role["Ref"] for role in policy.get("Roles", ())}
    holders = [*of_type(template, "AWS::Serverless::Function"), *of_type(template, "AWS::Serverless::StateMachine")]
    found = [f"{name} may not use the own key" for name in holders if f"{name}Role" not in told]
    for statement in policy.get("PolicyDocument", {}).get("Statement", ()):
        if "kms:ViaService" not in json.dumps(statement.get("Condition", {})):
            found.append("the own key may be used past the services that hold the data")
        if statement["Resource"] != _CUSTOMER_KEY:
            found.append("more keys than the own one may be used")
    return found


def buckets_with_old_tls(template: Template) -> list[str]:
    """Each bucket refuses what comes over a TLS older than 1.2."""
    strong = {
        policy["Bucket"]["Ref"]
        for policy in of_type(template, "AWS::S3::BucketPolicy").values()
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Deny"
        and statement.get("Condition", {}).get("NumericLessThan", {}).get("s3:TlsVersion") == "1.2"
    }
    return [f"{name} takes old TLS" for name in of_type(template, "AWS::S3::Bucket") if name not in strong]


def unprotected_data(template: Template) -> list[str]:
    """Data outlives a deleted stack, the table goes back to any second, prod is not deleted by mistake."""
    found = []
    lasting = ("AWS::DynamoDB::Table", "AWS::SecretsManager::Secret")
    for name, body in template["Resources"].items():
        if body["Type"] in lasting or name == "DocumentsBucket":
            for policy in ("DeletionPolicy", "UpdateReplacePolicy"):
                if body.get(policy) != "Retain":
                    found.append(f"{name} goes with the stack ({policy})")
    for name, table in of_type(template, "AWS::DynamoDB::Table").items():
        if not table.get("PointInTimeRecoverySpecification", {}).get("PointInTimeRecoveryEnabled"):
            found.append(f"{name} cannot go back in time")
        if table.get("DeletionProtectionEnabled") != {"Fn::If": ["IsProduction", True, False]}:
            found.append(f"{name} can be deleted in prod")
    return found


def apis_without_throttling(template: Template) -> list[str]:
    """The API has a rate, and its access log names routes, not people."""
    found = []
    for name, api in of_type(template, "AWS::Serverless::HttpApi").items():
        settings = api.get("DefaultRouteSettings", {})
        if not {"ThrottlingRateLimit", "ThrottlingBurstLimit"} <= set(settings):
            found.append(f"{name} takes as many requests as anybody sends")
        logged = set(re.findall(r"\$context\.([\w.]+)", api.get("AccessLogSettings", {}).get("Format", "")))
        if not logged:
            found.append(f"{name} keeps no access log")
        found += [f"{name} writes down {field}" for field in sorted(logged - _LOGGED)]
    return found

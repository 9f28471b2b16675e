"""Checks of template.yaml, resource by resource. Each check returns what is wrong, in sentences."""

import ast
from typing import Any

import yaml

from local.cloud.template import SafeLoader
from tests.template.cloudformation import Function, Template, functions, of_type, references

# Actions without a resource ARN in IAM, and so the only ones that may name "*" (Service Authorization Reference).
WITHOUT_RESOURCE_ARN = frozenset(
    {
        "textract:DetectDocumentText",
        "textract:StartDocumentTextDetection",
        "textract:GetDocumentTextDetection",
        "logs:CreateLogDelivery",
        "logs:GetLogDelivery",
        "logs:UpdateLogDelivery",
        "logs:DeleteLogDelivery",
        "logs:ListLogDeliveries",
        "logs:PutResourcePolicy",
        "logs:DescribeResourcePolicies",
        "logs:DescribeLogGroups",
    }
)
# The integration timeout of an HTTP API.
_GATEWAY_TIMEOUT_SECONDS = 30


def undocumented_resources(text: str) -> list[str]:
    """Resources without a comment directly above them; the ruled heading of a section does not count."""
    root = yaml.compose(text, Loader=SafeLoader)
    assert isinstance(root, yaml.MappingNode)
    lines = text.splitlines()
    [resources] = [value for key, value in root.value if key.value == "Resources"]
    return [
        f"{key.value} has no comment above it"
        for key, _ in resources.value
        if not (above := lines[key.start_mark.line - 1].strip()).startswith("#") or above.startswith("# ──")
    ]


def missing_handlers(template: Template) -> list[str]:
    """Handlers that are not a function of an existing module."""
    found = []
    for function in functions(template):
        name = function.properties["Handler"].rpartition(".")[2]
        if not function.handler_file.is_file():
            found.append(f"{function.name}: there is no {function.properties['Handler']}")
        elif name not in _defined(function):
            found.append(f"{function.name}: {function.handler_file.name} defines no {name}")
    return found


def _defined(function: Function) -> set[str]:
    tree = ast.parse(function.handler_file.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def roles_too_wide(template: Template) -> list[str]:
    """Functions without a role of their own statements: with a shared role, a managed policy or a wildcard."""
    found = []
    principals = {
        **of_type(template, "AWS::Serverless::Function"),
        **of_type(template, "AWS::Serverless::StateMachine"),
    }
    for name, body in principals.items():
        if "Role" in body:
            found.append(f"{name} has a role from elsewhere")
        if not body.get("Policies"):
            found.append(f"{name} has no statements of its own")
        for policy in body.get("Policies", ()):
            document = policy["Fn::If"][1] if isinstance(policy, dict) and "Fn::If" in policy else policy
            if not isinstance(document, dict) or "Statement" not in document:
                found.append(f"{name} has a managed policy: {policy}")
                continue
            for statement in document["Statement"]:
                found += [f"{name} {finding}" for finding in _too_wide(statement)]
    return found


def _too_wide(statement: dict[str, Any]) -> list[str]:
    actions = _listed(statement["Action"])
    found = [f"may do {action}" for action in actions if "*" in action]
    if "*" in _listed(statement["Resource"]):
        found += [f"may do {action} to everything" for action in actions if action not in WITHOUT_RESOURCE_ARN]
    return found + [f"has {key}" for key in ("NotAction", "NotResource") if key in statement]


def log_groups_without_retention(template: Template) -> list[str]:
    """Functions without a log group of their own in the template, and log groups without retention."""
    groups = of_type(template, "AWS::Logs::LogGroup")
    named = [
        (found.name, found.properties.get("LoggingConfig", {}).get("LogGroup", {}).get("Ref"))
        for found in functions(template)
    ]
    found = [f"{name} has no log group in the template" for name, group in named if group not in groups]
    found += [f"{group} has no retention" for group, body in groups.items() if not body.get("RetentionInDays")]
    shared = [group for _, group in named]
    return found + [f"{name} shares its log group" for name, group in named if shared.count(group) > 1]


def missing_failure_destinations(template: Template) -> list[str]:
    """Functions called asynchronously without an OnFailure destination or without a number of retries."""
    found = []
    invoked_by_functions = functions_invoked_asynchronously(template)
    queues = of_type(template, "AWS::SQS::Queue")
    for function in functions(template):
        called = function.events("S3", "EventBridgeRule", "Schedule", "ScheduleV2", "SNS", "CloudWatchEvent")
        if not called and function.name not in invoked_by_functions:
            continue
        config = function.properties.get("EventInvokeConfig", {})
        destination = config.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination", {})
        if destination.get("Fn::GetAtt", [None])[0] not in queues:
            found.append(f"{function.name} is called asynchronously, and has no failure destination")
        if "MaximumRetryAttempts" not in config:
            found.append(f"{function.name} is called asynchronously without MaximumRetryAttempts")
    return found


def functions_invoked_asynchronously(template: Template) -> set[str]:
    """The functions that another one calls with InvocationType=Event, found by the setting that names them."""
    known = {function.name for function in functions(template)}
    return {
        name
        for function in functions(template)
        for setting, value in function.own_environment.items()
        if isinstance(value, dict) and (name := str(value.get("Ref")).removesuffix(".Alias")) in known
        if setting.lower() in _async_invocation_targets(function)
    }


def _async_invocation_targets(function: Function) -> set[str]:
    """The settings NAME of calls `invoke(FunctionName=settings().NAME, InvocationType="Event", …)`."""
    calls = (
        {keyword.arg: keyword.value for keyword in node.keywords}
        for path in function.folder.glob("**/*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
    )
    kinds = ((call.get("InvocationType"), call.get("FunctionName")) for call in calls)
    return {
        name.attr
        for kind, name in kinds
        if isinstance(kind, ast.Constant) and kind.value == "Event" and isinstance(name, ast.Attribute)
    }


def buckets_too_open(template: Template) -> list[str]:
    """Buckets that are not versioned, private, encrypted, TLS only and rid of incomplete uploads."""
    found = []
    policies = list(of_type(template, "AWS::S3::BucketPolicy").values())
    for name, body in of_type(template, "AWS::S3::Bucket").items():
        if body.get("VersioningConfiguration", {}).get("Status") != "Enabled":
            found.append(f"{name} is not versioned")
        blocks = body.get("PublicAccessBlockConfiguration", {})
        wanted = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
        found += [f"{name} does not set {key}" for key in wanted if blocks.get(key) is not True]
        if not body.get("BucketEncryption", {}).get("ServerSideEncryptionConfiguration"):
            found.append(f"{name} is not encrypted")
        if not any(policy["Bucket"] == {"Ref": name} and _demands_tls(policy, name) for policy in policies):
            found.append(f"{name} can be reached without TLS")
        rules = body.get("LifecycleConfiguration", {}).get("Rules", ())
        if not any("AbortIncompleteMultipartUpload" in rule and rule["Status"] == "Enabled" for rule in rules):
            found.append(f"{name} never aborts incomplete uploads")
    return found


def _demands_tls(policy: dict[str, Any], bucket: str) -> bool:
    resources = [{"Fn::GetAtt": [bucket, "Arn"]}, {"Fn::Sub": f"${{{bucket}.Arn}}/*"}]
    return any(
        statement["Effect"] == "Deny"
        and statement["Principal"] == "*"
        and statement["Action"] == "s3:*"
        and all(resource in statement["Resource"] for resource in resources)
        and str(statement["Condition"].get("Bool", {}).get("aws:SecureTransport")).lower() == "false"
        for statement in policy["PolicyDocument"]["Statement"]
    )


def callers_bypassing_the_alias(template: Template) -> list[str]:
    """Functions whose alias does not move with the release, and resources that refer to a function without its alias.

    Only alarms may refer to the function itself, whatever its version.
    """
    found = []
    for function in functions(template):
        if function.properties.get("AutoPublishCodeSha256") != {"Ref": "ReleaseHash"}:
            found.append(f"{function.name} does not move with the release")
        if "live" not in (function.globals.get("AutoPublishAlias"), function.properties.get("AutoPublishAlias")):
            found.append(f"{function.name} publishes no alias")
    names = {function.name for function in functions(template)}
    for name, body in template["Resources"].items():
        if not body["Type"].startswith("AWS::CloudWatch::"):
            found += [f"{name} bypasses the alias of {called}" for called in sorted(references(body) & names)]
    return found


def handlers_slower_than_the_gateway(template: Template) -> list[str]:
    """Functions behind the HTTP API whose timeout is not below the gateway's."""
    return [
        f"{function.name} may take {function.timeout} s"
        for function in functions(template)
        if function.events("HttpApi") and function.timeout >= _GATEWAY_TIMEOUT_SECONDS
    ]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]

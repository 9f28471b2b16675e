"""The resources of `template.yaml`, resolved for the local cloud: names, functions, triggers, routes and rules.

Creates nothing (`local.cloud.provision` does that). Functions and the state machine refer to each other, and
environments contain secrets, so an environment is resolved on first use.
"""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from local.cloud.resources import Cors, Function, Notification, Route, Rule
from local.cloud.template import Template, TemplateError, as_text, load, parse_yaml

ACCOUNT = "123456789012"
REGION = "us-east-1"
STACK_NAME = "gradeline-local"

_NAME_PROPERTIES = {
    "AWS::S3::Bucket": "BucketName",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::Serverless::Function": "FunctionName",
    "AWS::Serverless::StateMachine": "Name",
    "AWS::SQS::Queue": "QueueName",
    "AWS::SecretsManager::Secret": "Name",
    "AWS::Logs::LogGroup": "LogGroupName",
}
_ARN_FORMATS = {
    "AWS::S3::Bucket": "arn:aws:s3:::{name}",
    "AWS::DynamoDB::Table": "arn:aws:dynamodb:{region}:{account}:table/{name}",
    "AWS::Serverless::Function": "arn:aws:lambda:{region}:{account}:function:{name}",
    "AWS::Serverless::StateMachine": "arn:aws:states:{region}:{account}:stateMachine:{name}",
    "AWS::SQS::Queue": "arn:aws:sqs:{region}:{account}:{name}",
    "AWS::SecretsManager::Secret": "arn:aws:secretsmanager:{region}:{account}:secret:{name}",
    "AWS::Logs::LogGroup": "arn:aws:logs:{region}:{account}:log-group:{name}",
}
_TYPES_REFERENCED_BY_ARN = {"AWS::Serverless::StateMachine", "AWS::SecretsManager::Secret"}


class Stack:
    """The template, resolved for this machine: maps logical ids to names and descriptions."""

    def __init__(
        self,
        template: Path,
        *,
        parameters: Mapping[str, str] | None = None,
        secret: Callable[[str], str],
        endpoint_url: str = "http://127.0.0.1:0",
    ) -> None:
        self.folder = template.parent
        self.endpoint_url = endpoint_url
        self.template = Template(
            load(template),
            parameters=parameters or {},
            pseudo={
                "AWS::AccountId": ACCOUNT,
                "AWS::Partition": "aws",
                "AWS::Region": REGION,
                "AWS::StackName": STACK_NAME,
                "AWS::StackId": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{STACK_NAME}/local",
                "AWS::URLSuffix": "amazonaws.com",
            },
            reference=self._reference,
            attribute=self._attribute,
            secret=secret,
        )
        self.functions = {name: self._function(name) for name in self.template.of_type("AWS::Serverless::Function")}
        self.notifications: list[Notification] = []
        self.routes: list[Route] = []
        self.rules: list[Rule] = []
        for name in self.functions:
            self._read_triggers(name)

    # ── names ────────────────────────────────────────────────────────────────────────────────────

    def name(self, logical_id: str) -> str:
        """Returns the physical name: the template's own, or one made of stack name and logical id."""
        kind = self._kind(logical_id)
        explicit_name = None
        if kind in _NAME_PROPERTIES:
            explicit_name = self.template.resolve(self.template.properties(logical_id).get(_NAME_PROPERTIES[kind]))
        return str(explicit_name) if explicit_name else f"{STACK_NAME}-{logical_id}"

    def arn(self, logical_id: str) -> str:
        kind = self._kind(logical_id)
        if kind not in _ARN_FORMATS:
            raise TemplateError(f"The local cloud has no ARN for {logical_id} ({kind}).")
        return _ARN_FORMATS[kind].format(name=self.name(logical_id), region=REGION, account=ACCOUNT)

    def bucket(self, logical_id: str) -> str:
        if self._kind(logical_id) != "AWS::S3::Bucket":
            raise KeyError(logical_id)
        return self.name(logical_id)

    @property
    def table(self) -> str:
        return self.name(self._find_single("AWS::DynamoDB::Table"))

    @property
    def state_machine_arn(self) -> str:
        return self.arn(self._find_single("AWS::Serverless::StateMachine"))

    def _reference(self, logical_id: str) -> str:
        name, _, part = logical_id.partition(".")
        if part == "Alias":
            # SAM's `<function>.Alias` refers to the published alias of a function.
            return f"{self.arn(name)}:{self.template.properties(name)['AutoPublishAlias']}"
        kind = self._kind(logical_id)
        if kind == "AWS::SQS::Queue":
            return f"{self.endpoint_url}/{ACCOUNT}/{self.name(logical_id)}"
        return self.arn(logical_id) if kind in _TYPES_REFERENCED_BY_ARN else self.name(logical_id)

    def _attribute(self, logical_id: str, attribute: str) -> str:
        if attribute == "Arn":
            return self.arn(logical_id)
        if attribute in ("QueueName", "Name", "TableName"):
            return self.name(logical_id)
        if attribute == "ApiEndpoint":
            return self.endpoint_url
        if attribute == "DomainName" and self._kind(logical_id) == "AWS::CloudFront::Distribution":
            # The page is served from this endpoint as well.
            return self.endpoint_url.partition("://")[2]
        raise TemplateError(f"The local cloud does not support {logical_id}.{attribute}.")

    def _kind(self, logical_id: str) -> str:
        try:
            return str(self.template.resources[logical_id]["Type"])
        except KeyError:
            raise TemplateError(f"The template has no resource {logical_id!r} here.") from None

    def _find_single(self, kind: str) -> str:
        names = self.template.of_type(kind)
        if len(names) != 1:
            raise TemplateError(f"The local cloud expects one {kind}; the template has {len(names)}.")
        return names[0]

    # ── resources ────────────────────────────────────────────────────────────────────────────────

    def properties(self, logical_id: str) -> dict[str, Any]:
        """Returns all properties of a resource, resolved."""
        resolved: dict[str, Any] = self.template.resolve(self.template.properties(logical_id))
        return resolved

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """Returns the resolved properties of all resources of one type, by logical id."""
        return {name: self.properties(name) for name in self.template.of_type(kind)}

    def state_machine(self, definition_file: Path | None = None) -> tuple[str, str]:
        """Returns the state machine's name and its definition as JSON, with all substitutions made.

        `definition_file` replaces the template's definition.
        """
        logical_id = self._find_single("AWS::Serverless::StateMachine")
        properties = self.properties(logical_id)
        substitutions = {name: str(value) for name, value in properties.get("DefinitionSubstitutions", {}).items()}
        text = (definition_file or self.folder / properties["DefinitionUri"]).read_text(encoding="utf-8")
        used = set(re.findall(r"\$\{(\w+)\}", text))
        if used - set(substitutions):
            raise TemplateError(
                f"The state machine uses {sorted(used - set(substitutions))}, which nothing substitutes."
            )
        definition = re.sub(r"\$\{(\w+)\}", lambda match: substitutions[match[1]], text)
        return self.name(logical_id), json.dumps(parse_yaml(definition))

    @property
    def api_id(self) -> str:
        """The value of `!Ref` of the HTTP API."""
        return self.name(self._find_single("AWS::Serverless::HttpApi"))

    @property
    def cors(self) -> Cors:
        names = self.template.of_type("AWS::Serverless::HttpApi")
        body = self.properties(names[0]).get("CorsConfiguration") if names else None
        if not body:
            return Cors()
        return Cors(
            origins=tuple(body.get("AllowOrigins", ())),
            methods=tuple(body.get("AllowMethods", ())),
            headers=tuple(body.get("AllowHeaders", ())),
            exposed=tuple(body.get("ExposeHeaders", ())),
            max_age=int(body.get("MaxAge", 0)),
        )

    def page_security_policy(self) -> str:
        """Returns the page's Content-Security-Policy: the template's, but with this endpoint as the only one to connect
        to. A form's target keeps the name that the stack gives it."""
        for name in self.template.of_type("AWS::CloudFront::ResponseHeadersPolicy"):
            headers = self.properties(name)["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
            policy = str(headers["ContentSecurityPolicy"]["ContentSecurityPolicy"])
            return re.sub(r"connect-src [^;]*", f"connect-src 'self' {self.endpoint_url}", " ".join(policy.split()))
        return ""

    def upload_origins(self) -> dict[str, set[str]]:
        """Returns, for each bucket, the origins whose pages may POST into it."""
        origins: dict[str, set[str]] = {}
        for name, properties in self.of_type("AWS::S3::Bucket").items():
            for rule in properties.get("CorsConfiguration", {}).get("CorsRules", ()):
                if "POST" in rule["AllowedMethods"]:
                    origins.setdefault(self.bucket(name), set()).update(rule["AllowedOrigins"])
        return origins

    def jwt_configuration(self) -> tuple[str, tuple[str, ...]]:
        """Returns issuer and audiences of the API's tokens."""
        for name in self.template.of_type("AWS::Serverless::HttpApi"):
            auth = self.properties(name).get("Auth", {})
            for authorizer in auth.get("Authorizers", {}).values():
                rules = authorizer.get("JwtConfiguration", {})
                return str(rules.get("issuer", "")), tuple(str(value) for value in rules.get("audience", ()))
        return "", ()

    def _function(self, logical_id: str) -> Function:
        properties = self.template.properties(logical_id)
        unresolved = properties.get("Environment", {}).get("Variables", {})
        body = {key: value for key, value in properties.items() if key not in ("Environment", "Policies", "Events")}
        invoke = properties.get("EventInvokeConfig", {})
        destination = invoke.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
        queues = {self.arn(name): self.name(name) for name in self.template.of_type("AWS::SQS::Queue")}
        resolved = {key: self.template.resolve(body[key]) for key in ("Handler", "Timeout", "MemorySize", "CodeUri")}
        return Function(
            logical_id=logical_id,
            name=self.name(logical_id),
            arn=self.arn(logical_id),
            handler=resolved["Handler"],
            timeout=float(resolved["Timeout"]),
            memory=int(resolved["MemorySize"]),
            code=self.folder / resolved["CodeUri"],
            layers=tuple(layer["Ref"] for layer in body.get("Layers", ())),
            retries=int(invoke.get("MaximumRetryAttempts", 2)),
            failure_queue=queues[self.template.resolve(destination)] if destination else None,
            resolve_environment=lambda: {
                key: as_text(self.template.resolve(value)) for key, value in unresolved.items()
            },
        )

    def _read_triggers(self, function: str) -> None:
        for name, event in self.template.properties(function).get("Events", {}).items():
            body = event.get("Properties", {})
            match event["Type"]:
                case "S3":
                    self.notifications.append(self._notification(name, function, body))
                case "HttpApi":
                    auth = self.template.resolve(body.get("Auth", {})).get("Authorizer")
                    self.routes.append(Route(body["Method"].upper(), body["Path"], function, auth != "NONE"))
                case "EventBridgeRule" | "CloudWatchEvent" | "Schedule" | "ScheduleV2":
                    self._read_rule(name, function, self.template.resolve(body))
                case other:
                    raise TemplateError(f"The local cloud does not support the event type {other} ({function}.{name}).")

    def _read_rule(self, name: str, function: str, body: dict[str, Any]) -> None:
        if body.get("State") == "DISABLED" or body.get("Enabled") is False:
            return
        schedule = body.get("Schedule") or body.get("ScheduleExpression")
        self.rules.append(Rule(name, function, body.get("Pattern"), schedule, body.get("Input")))

    def _notification(self, name: str, function: str, body: dict[str, Any]) -> Notification:
        events = self.template.resolve(body["Events"])
        rules = self.template.resolve(body.get("Filter", {})).get("S3Key", {}).get("Rules", ())
        filters = {rule["Name"].lower(): rule["Value"] for rule in rules}
        return Notification(
            id=name,
            bucket=self.bucket(body["Bucket"]["Ref"]),
            function=function,
            events=(events,) if isinstance(events, str) else tuple(events),
            prefix=filters.get("prefix", ""),
            suffix=filters.get("suffix", ""),
        )

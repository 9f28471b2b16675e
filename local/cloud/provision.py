"""Creates the template's resources with public API calls: buckets, table, queues, secrets, state machine."""

import secrets
import string
from collections.abc import Callable
from pathlib import Path
from typing import Any

from local.cloud.private_files import write_private
from local.cloud.stack import ACCOUNT, REGION, Stack

_TABLE_PROPERTIES = (
    "AttributeDefinitions",
    "KeySchema",
    "GlobalSecondaryIndexes",
    "LocalSecondaryIndexes",
    "BillingMode",
    "ProvisionedThroughput",
    "StreamSpecification",
)


class SecretStrings:
    """The strings of the stack's secrets, generated once; stored in `folder` if one is given."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._strings: dict[str, str] = {}

    def string(self, arn: str) -> str:
        name = arn.rsplit(":", 1)[-1]
        if name not in self._strings:
            self._strings[name] = self._load_or_create(name)
        return self._strings[name]

    def _load_or_create(self, name: str) -> str:
        alphabet = string.ascii_letters + string.digits
        generated = "".join(secrets.choice(alphabet) for _ in range(48))
        if self._folder is None:
            return generated
        path = self._folder / f"secret-{name}"
        if not path.exists():
            write_private(path, generated.encode())
        return path.read_text(encoding="utf-8")


def provision(stack: Stack, client: Callable[[str], Any], secret_strings: SecretStrings) -> None:
    """Creates everything in an empty account."""
    for name, properties in stack.of_type("AWS::S3::Bucket").items():
        _create_bucket(client("s3"), stack.bucket(name), properties)
    for name, properties in stack.of_type("AWS::DynamoDB::Table").items():
        _create_table(client("dynamodb"), stack.name(name), properties)
    for name in stack.of_type("AWS::SQS::Queue"):
        client("sqs").create_queue(QueueName=stack.name(name))
    for name in stack.of_type("AWS::SecretsManager::Secret"):
        client("secretsmanager").create_secret(
            Name=stack.name(name), SecretString=secret_strings.string(stack.arn(name))
        )
    machine, definition = stack.state_machine()
    client("stepfunctions").create_state_machine(
        name=machine, definition=definition, roleArn=f"arn:aws:iam::{ACCOUNT}:role/{machine}-{REGION}"
    )


def _create_bucket(s3: Any, name: str, properties: dict[str, Any]) -> None:
    s3.create_bucket(Bucket=name)
    versioning = properties.get("VersioningConfiguration")
    if versioning:
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration=versioning)
    rules = properties.get("CorsConfiguration", {}).get("CorsRules")
    if rules:
        names = {"MaxAge": "MaxAgeSeconds", "ExposedHeaders": "ExposeHeaders", "Id": "ID"}
        renamed = [{names.get(key, key): value for key, value in rule.items()} for rule in rules]
        s3.put_bucket_cors(Bucket=name, CORSConfiguration={"CORSRules": renamed})


def _create_table(dynamodb: Any, name: str, properties: dict[str, Any]) -> None:
    dynamodb.create_table(TableName=name, **{key: properties[key] for key in _TABLE_PROPERTIES if key in properties})
    time_to_live = properties.get("TimeToLiveSpecification")
    if time_to_live:
        dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=time_to_live)

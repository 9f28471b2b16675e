"""Doors against moto, in memory: real boto3, real handlers, no server."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from types import SimpleNamespace
from typing import Any

import boto3
import botocore.session
import pytest
from moto import mock_aws

from core.platform import aws
from core.platform.settings import settings

REGION = "eu-west-1"
TEMP, DOCUMENTS, TABLE = "stack-temp", "stack-documents", "stack-table"
STATE_MACHINE_ARN = f"arn:aws:states:{REGION}:123456789012:stateMachine:stack-grading"
SECRET = "a secret of the tests"
ENVIRONMENT = {
    "AWS_DEFAULT_REGION": REGION,
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "TEMP_BUCKET": TEMP,
    "DOCUMENTS_BUCKET": DOCUMENTS,
    "TABLE": TABLE,
    "STATE_MACHINE_ARN": STATE_MACHINE_ARN,
    "IDENTITY_SECRET": SECRET,
    "DROP_TENANT": "demo",
    "RECOVER_FUNCTION": "stack-recover",
    "RECEIVE_FUNCTION": "stack-receive",
    "DEAD_ENDS_URL": f"https://sqs.{REGION}.amazonaws.com/123456789012/stack-dead-ends",
}


@dataclass
class MotoCloud:
    """An account in memory, the calls that were made of it in order, and what functions were told behind our back."""

    calls: list[str] = field(default_factory=list)
    told: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def client(self, service: str) -> Any:
        """A client of the test's own: its calls are not recorded."""
        return _own_client(service)

    def put(self, key: str, body: bytes, **more: Any) -> str:
        return self.client("s3").put_object(Bucket=TEMP, Key=key, Body=body, **more)["VersionId"]

    def _accept_invocation(self, params: dict[str, Any], **_: Any) -> tuple[Any, dict[str, Any]]:
        """Lambda's answer to an asynchronous call: there is no function behind it here."""
        name = params["url_path"].split("/")[-2]
        self.told.append((name, json.loads(params["body"])))
        return SimpleNamespace(status_code=202), {"StatusCode": 202}

    def executions(self) -> dict[str, dict[str, Any]]:
        """Inputs of all executions by name."""
        stepfunctions = self.client("stepfunctions")
        found = stepfunctions.list_executions(stateMachineArn=STATE_MACHINE_ARN)["executions"]
        return {
            run["name"]: json.loads(stepfunctions.describe_execution(executionArn=run["executionArn"])["input"])
            for run in found
        }


@cache
def _own_client(service: str) -> Any:
    return boto3.Session("testing", "testing", region_name=REGION).client(service)


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[MotoCloud]:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        made = MotoCloud()
        _make_stack(made)
        _clear_caches()
        session = aws._session()
        session._session.register_component("data_loader", _shared_data_loader())
        session.events.register("before-call.*.*", lambda model, **_: made.calls.append(model.name))
        session.events.register("before-call.lambda.Invoke", made._accept_invocation)
        yield made
    _clear_caches()


@cache
def _shared_data_loader() -> Any:
    """The SDK's long descriptions of every service, read once for all tests: most of what a client costs."""
    return botocore.session.get_session().get_component("data_loader")


def _clear_caches() -> None:
    from receive import app as receive_door

    for cached in (aws.client, aws._session, settings, receive_door.intake_context):
        cached.cache_clear()


def _make_stack(cloud: MotoCloud) -> None:
    s3 = cloud.client("s3")
    for bucket in (TEMP, DOCUMENTS):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    names = ("pk", "sk", "gsi1pk", "gsi1sk", "pending", "pending_at")
    cloud.client("dynamodb").create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-assessment",
                "KeySchema": [
                    {"AttributeName": "gsi1pk", "KeyType": "HASH"},
                    {"AttributeName": "gsi1sk", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            },
            {
                "IndexName": "by-pending",
                "KeySchema": [
                    {"AttributeName": "pending", "KeyType": "HASH"},
                    {"AttributeName": "pending_at", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            },
        ],
    )
    cloud.client("sqs").create_queue(QueueName="stack-dead-ends")
    trust = {"Version": "2012-10-17", "Statement": []}
    role = cloud.client("iam").create_role(RoleName="flow", AssumeRolePolicyDocument=json.dumps(trust))
    cloud.client("stepfunctions").create_state_machine(
        name="stack-grading",
        roleArn=role["Role"]["Arn"],
        definition=json.dumps({"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}),
    )


@pytest.fixture
def context() -> SimpleNamespace:
    return SimpleNamespace(
        function_name="door",
        memory_limit_in_mb=512,
        invoked_function_arn="arn:aws:lambda:eu-west-1:123456789012:function:door",
        aws_request_id="00000000-0000-0000-0000-000000000000",
        get_remaining_time_in_millis=lambda: 30_000,
    )

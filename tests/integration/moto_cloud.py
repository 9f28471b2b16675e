"""The stack's resources in moto, and what the handlers did with them."""

import json
from dataclasses import dataclass, field
from functools import cache
from types import SimpleNamespace
from typing import Any

import boto3
import botocore.session

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
    """An account in memory: the AWS calls that were made, in order, and the asynchronous invocations of functions."""

    calls: list[str] = field(default_factory=list)
    invocations: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def client(self, service: str) -> Any:
        """Return a client of the test's own: its calls are not recorded."""
        return own_client(service)

    def put(self, key: str, body: bytes, **more: Any) -> str:
        return self.client("s3").put_object(Bucket=TEMP, Key=key, Body=body, **more)["VersionId"]

    def accept_invocation(self, params: dict[str, Any], **_: Any) -> tuple[Any, dict[str, Any]]:
        """Record an asynchronous invocation and return Lambda's response: moto runs no function."""
        name = params["url_path"].split("/")[-2]
        self.invocations.append((name, json.loads(params["body"])))
        return SimpleNamespace(status_code=202), {"StatusCode": 202}

    def executions(self) -> dict[str, dict[str, Any]]:
        """Return the inputs of all executions by name."""
        stepfunctions = self.client("stepfunctions")
        found = stepfunctions.list_executions(stateMachineArn=STATE_MACHINE_ARN)["executions"]
        return {
            run["name"]: json.loads(stepfunctions.describe_execution(executionArn=run["executionArn"])["input"])
            for run in found
        }


@cache
def own_client(service: str) -> Any:
    return boto3.Session("testing", "testing", region_name=REGION).client(service)


@cache
def shared_data_loader() -> Any:
    """The SDK's service descriptions, read once for all tests: reading them is most of what a client costs."""
    return botocore.session.get_session().get_component("data_loader")


def clear_caches() -> None:
    """Forget clients, session, settings and context that an earlier test cached."""
    from receive import app as receive_app

    for cached in (aws.client, aws._session, settings, receive_app.intake_context):
        cached.cache_clear()


def create_stack(cloud: MotoCloud) -> None:
    """Create buckets, table, queue and state machine as `template.yaml` does."""
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

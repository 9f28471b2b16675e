"""With the performance patches moto returns what it returns without them."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from local.cloud import moto_patches

ITEM: dict[str, Any] = {
    "pk": {"S": "a"},
    "text": {"S": ""},
    "marks": {"N": "-1.5"},
    "yes": {"BOOL": True},
    "nothing": {"NULL": True},
    "bytes": {"B": b"\x00\xff"},
    "texts": {"SS": ["a", "b"]},
    "numbers": {"NS": ["1", "2"]},
    "all_bytes": {"BS": [b"\x00"]},
    "list": {"L": [{"S": "x"}, {"M": {"in": {"L": []}}}, {"B": b"\x01"}]},
    "map": {"M": {"none": {"M": {}}, "S": {"N": "1"}, "bytes": {"B": b"\x02"}}},
}
IS_A = {"Variable": "$.name", "StringEquals": "a", "Next": "A"}
MACHINE = {
    "StartAt": "One",
    "States": {
        "One": {"Type": "Pass", "Parameters": {"name.$": "$.name", "all.$": "$.list[*]"}, "Next": "Two"},
        "Two": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.name", "StringEquals": "a", "Next": "A"}],
            "Default": "B",
        },
        "A": {"Type": "Pass", "Result": {"was": "a"}, "End": True},
        "B": {"Type": "Pass", "End": True},
    },
}


@pytest.fixture(params=[False, True], ids=["moto", "patched"])
def patched_or_not(request: pytest.FixtureRequest) -> Iterator[None]:
    """Runs the test with and without the patches."""
    undo_patches = moto_patches.apply_patches() if request.param else None
    with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
        yield
    if undo_patches:
        undo_patches()


@pytest.mark.usefixtures("patched_or_not")
def test_an_item_is_returned_as_it_was_put() -> None:
    table = boto3.client("dynamodb", region_name="us-east-1")
    table.create_table(
        TableName="t",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    table.put_item(TableName="t", Item=ITEM)
    assert table.get_item(TableName="t", Key={"pk": ITEM["pk"]})["Item"] == ITEM
    assert table.scan(TableName="t")["Items"] == [ITEM]
    changed = table.update_item(
        TableName="t",
        Key={"pk": ITEM["pk"]},
        UpdateExpression="SET #l = list_append(#l, :more), marks = marks + :one",
        ExpressionAttributeNames={"#l": "list"},
        ExpressionAttributeValues={":more": {"L": [{"S": "y"}]}, ":one": {"N": "1"}},
        ReturnValues="ALL_NEW",
    )["Attributes"]
    assert changed == ITEM | {"list": {"L": [*ITEM["list"]["L"], {"S": "y"}]}, "marks": {"N": "-0.5"}}
    with pytest.raises(table.exceptions.ConditionalCheckFailedException) as raised:
        table.put_item(
            TableName="t",
            Item=ITEM,
            ConditionExpression="attribute_not_exists(pk)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    assert raised.value.response["Item"] == changed


@pytest.mark.usefixtures("patched_or_not")
def test_executions_of_one_machine_do_not_share_state() -> None:
    machines = boto3.client("stepfunctions", region_name="us-east-1")
    arn = machines.create_state_machine(
        name="m", definition=json.dumps(MACHINE), roleArn="arn:aws:iam::123456789012:role/r"
    )["stateMachineArn"]
    inputs = [{"name": name, "list": [name, 1]} for name in ("a", "b", "a", "c")]
    started = [
        machines.start_execution(stateMachineArn=arn, name=str(n), input=json.dumps(each))["executionArn"]
        for n, each in enumerate(inputs)
    ]
    outputs = []
    for execution in started:
        while (found := machines.describe_execution(executionArn=execution))["status"] == "RUNNING":
            pass
        assert found["status"] == "SUCCEEDED", found
        outputs.append(json.loads(found["output"]))
    assert outputs == [{"was": "a"}, {"name": "b", "all": ["b", 1]}, {"was": "a"}, {"name": "c", "all": ["c", 1]}]

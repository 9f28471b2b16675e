"""The table in memory gives the same answers as moto's DynamoDB, so tests may use it in place of a real table."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from core.storage.table import ConditionFailed, Item, Table
from tests.memory_table import MemoryTable, condition_holds

ITEMS: tuple[Item, ...] = (
    {},
    {"run": 1, "state": "READING"},
    {"run": 1, "state": "READING", "claimed": 2},
    {"run": 2, "state": "GRADED", "claimed": 2, "counts_from": "2031"},
    {"run": 3, "state": "ERASED", "erased_at": "2032", "removing": "a call", "removing_until": "2033"},
    {
        "run": 3,
        "state": "ERASED",
        "erased_at": "2032",
        "erasing": {"key": "a"},
        "paper": {"key": "k", "received_at": "2"},
    },
)
# One of each form that the code uses: condition, update expression.
WRITES: tuple[tuple[str, str], ...] = (
    ("attribute_not_exists(#run) OR #run < :run", "SET #state = :state, #run = :run REMOVE erased_at, erasing"),
    ("#run = :run AND #state = :reading", "SET #state = :state REMOVE pending, pending_at"),
    (
        "#run = :run AND (attribute_not_exists(claimed) OR claimed <= :run) AND attribute_exists(erased_at)",
        "SET x = :run",
    ),
    ("erased_at = :at AND (attribute_not_exists(removing) OR removing = :me OR removing_until <= :at)", "SET x = :me"),
    ("attribute_not_exists(#slot) OR (#slot.received_at <= :at AND #slot.#key <> :me)", "SET #slot = :doc ADD n :run"),
    ("#slot.#key = :me", "REMOVE #slot ADD n :run"),
)
NAMES = {"#run": "run", "#state": "state", "#slot": "paper", "#key": "key"}
VALUES: Item = {
    ":run": 2,
    ":state": "NEW",
    ":reading": "READING",
    ":at": "2032",
    ":me": "k",
    ":doc": {"key": "k", "received_at": "9"},
}


@pytest.fixture(scope="module")
def moto_table() -> Iterator[Table]:
    with mock_aws():
        client = boto3.client("dynamodb", "eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")
        keys = [("pk", "HASH"), ("sk", "RANGE")]
        client.create_table(
            TableName="t",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name, _ in keys],
            KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys],
        )
        yield Table(client, "t")


@pytest.mark.parametrize("present", ITEMS)
@pytest.mark.parametrize(("condition", "expression"), WRITES)
def test_a_write_has_the_same_result_in_memory(
    moto_table: Table, present: Item, condition: str, expression: str
) -> None:
    values = {name: value for name, value in VALUES.items() if _has(name, condition, expression)}
    names = {name: value for name, value in NAMES.items() if _has(name, condition, expression)}

    def write(table: Table) -> Any:
        table.delete("a", "b")
        if present:
            table.put({"pk": "a", "sk": "b", **present})
        try:
            return table.update("a", "b", expression, values=values, names=names, condition=condition)
        except ConditionFailed as failed:
            return ("refused", failed.item)

    assert write(MemoryTable()) == write(moto_table)


def _has(name: str, *texts: str) -> bool:
    return any(
        name in text.replace(",", " ").replace(")", " ").replace("(", " ").replace(".", " ").split() for text in texts
    )


def test_replace_and_delete_have_the_same_result_in_memory(moto_table: Table) -> None:
    def replace_and_delete(table: Table) -> Any:
        table.delete("a", "b")
        table.put({"pk": "a", "sk": "b", "run": 1})
        with pytest.raises(ConditionFailed):
            table.replace({"pk": "a", "sk": "b"}, condition="#run = :run", names={"#run": "run"}, values={":run": 2})
        table.replace(
            {"pk": "a", "sk": "b", "x": 1}, condition="#run = :run", names={"#run": "run"}, values={":run": 1}
        )
        deleted = table.delete_if("a", "b", "x = :x", {":x": 2})
        return deleted, table.get("a", "b"), table.delete_if("a", "b", "x = :x", {":x": 1}), table.partition("a")

    expected = (False, {"pk": "a", "sk": "b", "x": 1}, True, [])
    assert replace_and_delete(MemoryTable()) == replace_and_delete(moto_table) == expected


@pytest.mark.parametrize("text", ["begins_with(a, :b)", "a IN (:b)", "NOT a = :b", "a = :b extra"])
def test_unsupported_conditions_are_refused(text: str) -> None:
    with pytest.raises((ValueError, KeyError)):
        condition_holds(text, {"a": 1}, {":b": 1}, {})

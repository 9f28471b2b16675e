"""The DynamoDB table: its keys, and a client for the calls that are made.

There is one table. A submission is one partition, read whole by one consistent query: its `record`, and an item
for each branch ("lane#0001#reading"), so that no two writers share an item. An assessment is another partition: its
`assessment` item and its parked sheets. `docs/record.md` lists every item, writer and condition.
"""

from decimal import Decimal
from typing import Any

from core.platform.aws import from_dynamodb, to_dynamodb

RECORD_SK = "record"
ASSESSMENT_SK = "assessment"
BRANCH_PREFIX = "lane#"
ASSESSMENT_INDEX = "by-assessment"
PENDING_INDEX = "by-pending"

_SUBMISSION_PREFIX = "submission#"

Item = dict[str, Any]


def submission_pk(submission_id: str) -> str:
    return f"{_SUBMISSION_PREFIX}{submission_id}"


def submission_id_from_pk(pk: str) -> str:
    return pk.removeprefix(_SUBMISSION_PREFIX)


def assessment_pk(tenant: str, assessment: str) -> str:
    return f"assessment#{tenant}#{assessment}"


def assessment_from_pk(pk: str) -> tuple[str, str]:
    """Return the tenant and the assessment of a partition."""
    _, tenant, assessment = pk.split("#")
    return tenant, assessment


def tenant_pk(tenant: str) -> str:
    return f"tenant#{tenant}"


def assessment_sk(assessment: str) -> str:
    return f"assessment#{assessment}"


def branch_sk(run: int, branch: str) -> str:
    return f"{BRANCH_PREFIX}{run:04d}#{branch}"


def branch_of_sk(sk: str) -> tuple[int, str]:
    """Return the run and the branch of an item."""
    _, run, branch = sk.split("#")
    return int(run), branch


def parked_sk(submission_id: str) -> str:
    return f"parked#{submission_id}"


def content_pk(key: str) -> str:
    return f"content#{key}"


def reference_pk(tenant: str, sha256: str) -> str:
    """Return the partition of the tenant's submissions with this content: an item each, sk = the submission's pk."""
    return f"bytes#{tenant}#{sha256}"


class ConditionFailed(Exception):
    """The condition of a write did not hold. `item` is the present item (None: there is none)."""

    def __init__(self, item: Item | None) -> None:
        super().__init__("the condition of a write did not hold")
        self.item = item


class Table:
    """A DynamoDB table that takes and returns plain Python values (numbers come back as int or float)."""

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self.name = name

    def get(self, pk: str, sk: str) -> Item | None:
        """Return an item, read consistently; None if there is none."""
        response = self._client.get_item(TableName=self.name, Key=_marshal({"pk": pk, "sk": sk}), ConsistentRead=True)
        return _unmarshal(response["Item"]) if "Item" in response else None

    def partition(self, pk: str, prefix: str = "") -> list[Item]:
        """Return all items of a partition (or those whose sort key starts with `prefix`), read consistently."""
        condition, values = "pk = :pk", {":pk": pk}
        if prefix:
            condition, values = "pk = :pk AND begins_with(sk, :sk)", {":pk": pk, ":sk": prefix}
        return self._query_all(KeyConditionExpression=condition, values=values, ConsistentRead=True)

    def query_by_assessment(self, tenant: str, assessment: str, kind: str = "") -> list[Item]:
        """Return the records of an assessment (or those of one kind), oldest first.

        Eventually consistent: it reads an index.
        """
        condition, values = "gsi1pk = :pk", {":pk": f"{tenant}#{assessment}"}
        if kind:
            condition, values = "gsi1pk = :pk AND begins_with(gsi1sk, :kind)", values | {":kind": f"{kind}#"}
        return self._query_all(IndexName=ASSESSMENT_INDEX, KeyConditionExpression=condition, values=values)

    def query_assessment_page(
        self, tenant: str, assessment: str, *, limit: int, after: str = ""
    ) -> tuple[list[Item], str]:
        """Return at most `limit` of an assessment's records in the order of the index, starting behind the sort key
        `after`.

        The second value is the last one's sort key if there are more, else "".
        """
        start_key: dict[str, Any] = {}
        if after:
            pk = submission_pk(after.rpartition("#")[2])
            start = {"pk": pk, "sk": RECORD_SK, "gsi1pk": f"{tenant}#{assessment}", "gsi1sk": after}
            start_key = {"ExclusiveStartKey": _marshal(start)}
        response = self._client.query(
            TableName=self.name,
            IndexName=ASSESSMENT_INDEX,
            KeyConditionExpression="gsi1pk = :pk",
            ExpressionAttributeValues=_marshal({":pk": f"{tenant}#{assessment}"}),
            Limit=limit,
            **start_key,
        )
        last = _unmarshal(response["LastEvaluatedKey"])["gsi1sk"] if "LastEvaluatedKey" in response else ""
        return [_unmarshal(item) for item in response["Items"]], str(last)

    def query_pending(
        self, reason: str, *, until: str, limit: int, after: Item | None = None
    ) -> tuple[list[Item], Item | None]:
        """Return the keys of at most `limit` items that have waited for `reason` since `until` or longer, oldest first.

        `after` is the cursor of the previous page, and the second value the cursor of the next one (None: there is
        none). Eventually consistent: it reads an index.
        """
        response = self._client.query(
            TableName=self.name,
            IndexName=PENDING_INDEX,
            KeyConditionExpression="pending = :reason AND pending_at <= :until",
            ExpressionAttributeValues=_marshal({":reason": reason, ":until": until}),
            Limit=limit,
            **({"ExclusiveStartKey": _marshal(after)} if after else {}),
        )
        last = response.get("LastEvaluatedKey")
        return [_unmarshal(item) for item in response["Items"]], _unmarshal(last) if last else None

    def put(self, item: Item) -> None:
        self._client.put_item(TableName=self.name, Item=_marshal(item))

    def replace(
        self, item: Item, *, condition: str, values: Item | None = None, names: dict[str, str] | None = None
    ) -> None:
        """Put an item in place of the present one if the condition holds.

        Raises
        ------
        ConditionFailed
        """
        request: dict[str, Any] = {"TableName": self.name, "Item": _marshal(item), "ConditionExpression": condition}
        if values:
            request["ExpressionAttributeValues"] = _marshal(values)
        if names:
            request["ExpressionAttributeNames"] = names
        try:
            self._client.put_item(**request, ReturnValuesOnConditionCheckFailure="ALL_OLD")
        except self._client.exceptions.ConditionalCheckFailedException as error:
            existing = error.response.get("Item")
            raise ConditionFailed(_unmarshal(existing) if existing else None) from error

    def update(
        self,
        pk: str,
        sk: str,
        expression: str,
        *,
        values: Item | None = None,
        names: dict[str, str] | None = None,
        condition: str | None = None,
    ) -> Item:
        """Make one UpdateItem call; returns the item afterwards.

        Raises
        ------
        ConditionFailed
            The condition did not hold; the error has the present item.
        """
        request: dict[str, Any] = {
            "TableName": self.name,
            "Key": _marshal({"pk": pk, "sk": sk}),
            "UpdateExpression": expression,
            "ReturnValues": "ALL_NEW",
        }
        if values:
            request["ExpressionAttributeValues"] = _marshal(values)
        if names:
            request["ExpressionAttributeNames"] = names
        if condition:
            request["ConditionExpression"] = condition
            request["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        try:
            response = self._client.update_item(**request)
        except self._client.exceptions.ConditionalCheckFailedException as error:
            existing = error.response.get("Item")
            raise ConditionFailed(_unmarshal(existing) if existing else None) from error
        return _unmarshal(response["Attributes"])

    def delete(self, pk: str, sk: str) -> None:
        self._client.delete_item(TableName=self.name, Key=_marshal({"pk": pk, "sk": sk}))

    def delete_if(self, pk: str, sk: str, condition: str, values: Item) -> bool:
        """Delete an item if the condition holds; returns False if it does not (or there is no item)."""
        try:
            self._client.delete_item(
                TableName=self.name,
                Key=_marshal({"pk": pk, "sk": sk}),
                ConditionExpression=condition,
                ExpressionAttributeValues=_marshal(values),
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def _query_all(self, *, values: Item, **request: Any) -> list[Item]:
        request |= {"TableName": self.name, "ExpressionAttributeValues": _marshal(values)}
        items: list[Item] = []
        while True:
            response = self._client.query(**request)
            items.extend(_unmarshal(item) for item in response["Items"])
            if "LastEvaluatedKey" not in response:
                return items
            request["ExclusiveStartKey"] = response["LastEvaluatedKey"]


def _marshal(item: Item) -> dict[str, Any]:
    return to_dynamodb({name: _floats_to_decimals(value) for name, value in item.items()})


def _unmarshal(item: dict[str, Any]) -> Item:
    return {name: _decimals_to_numbers(value) for name, value in from_dynamodb(item).items()}


def _floats_to_decimals(value: Any) -> Any:
    """Convert floats: DynamoDB accepts decimals, no binary floats."""
    if isinstance(value, float):
        return Decimal(str(value))
    if isinstance(value, dict):
        return {name: _floats_to_decimals(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_floats_to_decimals(part) for part in value]
    return value


def _decimals_to_numbers(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dict):
        return {name: _decimals_to_numbers(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_decimals_to_numbers(part) for part in value]
    return value

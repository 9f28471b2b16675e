"""After any sequence of calls S3, DynamoDB and SQS read the same after a restart as before it (property test)."""

import contextlib
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.local.restartable_services import BUCKETS, TABLE, RestartableServices, sha256

KEYS = ("a", "b/ü", "c d")
Step = Callable[[RestartableServices], Any]
buckets, keys, small = st.sampled_from(BUCKETS), st.sampled_from(KEYS), st.binary(max_size=40)
ids = st.fixed_dictionaries({"pk": st.sampled_from("pq"), "sk": st.sampled_from("12")})
attribute = st.one_of(
    st.text(max_size=8).map(lambda value: {"S": value}),
    st.integers(-(10**9), 10**9).map(lambda value: {"N": str(value)}),
    st.binary(min_size=1, max_size=6).map(lambda value: {"B": value}),
    st.booleans().map(lambda value: {"BOOL": value}),
    st.just({"NULL": True}),
    st.sets(st.binary(min_size=1, max_size=3), min_size=1, max_size=2).map(lambda value: {"BS": sorted(value)}),
    st.sets(st.text(min_size=1, max_size=3), min_size=1, max_size=3).map(lambda value: {"SS": sorted(value)}),
    st.lists(st.sampled_from([{"S": "in"}, {"N": "1.50"}]), max_size=3).map(lambda value: {"L": value}),
    st.dictionaries(st.sampled_from("mn"), st.just({"M": {"deep": {"N": "2"}}}), max_size=2).map(lambda v: {"M": v}),
)


def dynamodb_key(key: dict[str, str]) -> dict[str, Any]:
    return {name: {"S": value} for name, value in key.items()}


@st.composite
def object_steps(draw: st.DrawFn) -> Step:
    bucket, key, body, other = draw(buckets), draw(keys), draw(small), draw(keys)
    which = {"Bucket": bucket, "Key": key}
    number = draw(st.integers(0, 3))

    def version(services: RestartableServices) -> dict[str, str]:
        listed = services.s3.list_object_versions(Bucket=bucket, Prefix=key)
        ids = [version["VersionId"] for version in (*listed.get("Versions", ()), *listed.get("DeleteMarkers", ()))]
        return {"VersionId": ids[number]} if number < len(ids) else {}

    steps: list[Step] = [
        lambda m: m.s3.put_object(**which, Body=body, Metadata={"m": "1"}, ContentType="image/png"),
        lambda m: m.s3.put_object(**which, Body=body, IfNoneMatch="*", ChecksumSHA256=sha256(body)),
        lambda m: m.s3.put_object(**which, Body=body, ChecksumSHA256=sha256(body + b"!")),
        lambda m: m.s3.copy_object(Bucket=other_bucket(bucket), Key=other, CopySource={**which, **version(m)}),
        lambda m: m.s3.delete_object(**which),
        lambda m: m.s3.delete_object(**which, **version(m)),
        lambda m: m.s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key}, {"Key": other, **version(m)}]}),
        lambda m: m.s3.put_object_tagging(**which, Tagging={"TagSet": [{"Key": "t", "Value": str(number)}]}),
        lambda m: m.s3.delete_object_tagging(**which),
    ]
    return draw(st.sampled_from(steps))


def other_bucket(bucket: str) -> str:
    return BUCKETS[1 - BUCKETS.index(bucket)]


@st.composite
def item_steps(draw: st.DrawFn) -> Step:
    key, another, value = dynamodb_key(draw(ids)), dynamodb_key(draw(ids)), draw(attribute)
    which = {"TableName": TABLE, "Key": key}
    item = {**key, "index": {"S": draw(st.sampled_from("xy"))}, "v": value}
    counting = {"ExpressionAttributeNames": {"#n": "n"}, "ExpressionAttributeValues": {":one": {"N": "1"}}}
    steps: list[Step] = [
        lambda m: m.dynamodb.put_item(TableName=TABLE, Item=item),
        lambda m: m.dynamodb.put_item(TableName=TABLE, Item=item, ConditionExpression="attribute_not_exists(pk)"),
        lambda m: m.dynamodb.update_item(**which, UpdateExpression="ADD #n :one", **counting),
        lambda m: m.dynamodb.update_item(
            **which, UpdateExpression="SET #n = :one REMOVE v", ConditionExpression="attribute_exists(v)", **counting
        ),
        lambda m: m.dynamodb.delete_item(**which),
        lambda m: m.dynamodb.batch_write_item(
            RequestItems={TABLE: [{"PutRequest": {"Item": item}}, {"DeleteRequest": {"Key": another}}]}
        ),
        lambda m: m.dynamodb.transact_write_items(
            TransactItems=[
                {"Put": {"TableName": TABLE, "Item": item}},
                {
                    "Delete": {
                        "TableName": TABLE,
                        "Key": another,
                        "ConditionExpression": "attribute_exists(n)",
                    }
                },
            ]
        ),
    ]
    return draw(st.sampled_from(steps))


@st.composite
def message_steps(draw: st.DrawFn) -> Step:
    body = draw(st.text(alphabet="abc", min_size=1, max_size=5))

    def take(services: RestartableServices) -> None:
        received = services.sqs.receive_message(QueueUrl=services.queue_url, VisibilityTimeout=0)
        for message in received.get("Messages", ()):
            services.sqs.delete_message(QueueUrl=services.queue_url, ReceiptHandle=message["ReceiptHandle"])

    return draw(st.sampled_from([lambda m: m.sqs.send_message(QueueUrl=m.queue_url, MessageBody=body), take]))


steps = st.one_of(object_steps(), item_steps(), message_steps(), st.just(RestartableServices.restart))


@settings(max_examples=12, deadline=None)
@given(st.lists(steps, min_size=1, max_size=25))
def test_any_sequence_of_calls_reads_the_same_after_a_restart(sequence: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        services = RestartableServices(Path(folder))
        try:
            for step in sequence:
                # The service may reject a step: no such object, or a condition that fails.
                with contextlib.suppress(ClientError):
                    step(services)
            before = services.read_everything()
            services.restart()
            assert services.read_everything() == before
        finally:
            services.stop()

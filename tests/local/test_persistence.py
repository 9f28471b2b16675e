"""Whatever was done to S3, DynamoDB and SQS: after a restart every answer is the one before it."""

import base64
import contextlib
import functools
import hashlib
import io
import json
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.test import Client

from local.cloud import process_setup
from local.cloud.aws_calls import CallLog
from local.cloud.fault_injection import FaultInjector
from local.cloud.gateway import Gateway, SerializedMoto, WsgiResponse
from local.cloud.persistence import StorePersistence
from local.cloud.s3_service import S3Service
from local.cloud.store import Store

BUCKETS = ("versioned", "plain")
TABLE, QUEUE = "table", "queue"
KEYS = ("a", "b/ü", "c d")


class Machine:
    """S3, DynamoDB and SQS as the local cloud serves them, in this process, with a folder."""

    running: "Machine"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._start()

    def _start(self) -> None:
        self._undo = process_setup.configure_moto(0)
        moto = SerializedMoto(DomainDispatcherApplication(create_backend_app))
        self.store = Store(self.folder)
        self.persistence = StorePersistence(self.store)
        self.gateway = Gateway(
            moto=moto,
            services=(S3Service(moto),),
            persistence=self.persistence,
            http_api=lambda request: WsgiResponse(404),
            observers=(),
            buckets=BUCKETS,
            origins=(),
            log=CallLog(),
            faults=FaultInjector(),
            count_transferred_bytes=lambda *_: 0,
        )
        self.gateway.ready.set()
        self.http = Client(self.gateway, use_cookies=False)
        self.s3, self.dynamodb, self.sqs = map(client, ("s3", "dynamodb", "sqs"))
        Machine.running = self
        self._provision()
        self.persistence.restore()
        self.persistence.start()

    def stop(self) -> None:
        self.store.close()
        self._undo()

    def restart(self) -> None:
        self.stop()
        self._start()

    def send(self, request: Any, **_: Any) -> AWSResponse:
        path, _, query = request.url.removeprefix("http://localhost").partition("?")
        headers = {name: text(value) for name, value in request.headers.items()}
        body = request.body.read() if hasattr(request.body, "read") else request.body
        answer = self.http.open(path, query_string=query, method=request.method, headers=headers, data=body)
        return AWSResponse(request.url, answer.status_code, dict(answer.headers), Raw(answer.data))

    def _provision(self) -> None:
        for bucket in BUCKETS:
            self.s3.create_bucket(Bucket=bucket)
        self.s3.put_bucket_versioning(Bucket=BUCKETS[0], VersioningConfiguration={"Status": "Enabled"})
        self.dynamodb.create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "index")],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "by-index",
                    "KeySchema": [{"AttributeName": "index", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "ALL"},
                }
            ],
        )
        self.sqs.create_queue(QueueName=QUEUE)

    @property
    def queue_url(self) -> str:
        return str(self.sqs.get_queue_url(QueueName=QUEUE)["QueueUrl"])

    def answers(self) -> dict[str, Any]:
        """Everything that can be asked for."""
        found: dict[str, Any] = {}
        for bucket in BUCKETS:
            listed = self.s3.list_object_versions(Bucket=bucket)
            found[bucket] = [shown(one) for one in (*listed.get("Versions", ()), *listed.get("DeleteMarkers", ()))]
            found[f"{bucket} objects"] = [
                shown(one) for one in self.s3.list_objects_v2(Bucket=bucket).get("Contents", ())
            ]
            for version in listed.get("Versions", ()):
                which = {"Bucket": bucket, "Key": version["Key"], "VersionId": version["VersionId"]}
                got = self.s3.get_object(**which, ChecksumMode="ENABLED")
                body = got.pop("Body").read()
                tags = self.s3.get_object_tagging(**which)["TagSet"]
                found[str(which)] = (shown(got), body, sorted(map(str, tags)))
        items = self.dynamodb.scan(TableName=TABLE)["Items"]
        found["items"] = sorted(json.dumps(item, sort_keys=True, default=plain) for item in items)
        for value in ("x", "y"):
            asked = {"KeyConditionExpression": "#i = :i", "ExpressionAttributeNames": {"#i": "index"}}
            answer = self.dynamodb.query(
                TableName=TABLE, IndexName="by-index", ExpressionAttributeValues={":i": {"S": value}}, **asked
            )
            found[f"index {value}"] = sorted(
                json.dumps(item, sort_keys=True, default=plain) for item in answer["Items"]
            )
        received = self.sqs.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10, VisibilityTimeout=0)
        found["messages"] = [(one["MessageId"], one["Body"]) for one in received.get("Messages", ())]
        return found


class Raw(io.BytesIO):
    """A body as the HTTP client gives it."""

    def stream(self, *_: Any) -> Iterator[bytes]:
        yield self.read()


def send(**sent: Any) -> AWSResponse:
    return Machine.running.send(**sent)


@functools.cache
def client(service: str) -> Any:
    made = boto3.client(
        service,
        endpoint_url="http://localhost",
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
    )
    made.meta.events.register("before-send.*", send)
    return made


def text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def plain(value: Any) -> str:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)


def shown(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    machine = Machine(tmp_path)
    yield machine
    machine.stop()


def sha256(body: bytes) -> str:
    return base64.b64encode(hashlib.sha256(body).digest()).decode()


def test_an_object_comes_back_with_all_that_its_answers_show(machine: Machine) -> None:
    put = machine.s3.put_object(
        Bucket="versioned",
        Key="a",
        Body=b"first",
        ContentType="application/pdf",
        Metadata={"receipt": "sealed"},
        ChecksumSHA256=sha256(b"first"),
        Tagging="one=1&two=2",
    )
    machine.s3.put_object(Bucket="versioned", Key="a", Body=b"second")
    before = machine.answers()
    machine.restart()
    assert machine.answers() == before
    got = machine.s3.get_object(Bucket="versioned", Key="a", VersionId=put["VersionId"], ChecksumMode="ENABLED")
    assert (got["Body"].read(), got["ContentType"], got["Metadata"]) == (
        b"first",
        "application/pdf",
        {"receipt": "sealed"},
    )
    assert got["ChecksumSHA256"] == sha256(b"first")
    part = machine.s3.get_object(Bucket="versioned", Key="a", VersionId=put["VersionId"], Range="bytes=1-2")
    assert part["Body"].read() == b"ir"


def test_what_stands_is_met_by_conditions_after_a_restart(machine: Machine) -> None:
    machine.s3.put_object(Bucket="versioned", Key="a", Body=b"x")
    add(machine, "p", "s")
    machine.restart()
    with pytest.raises(ClientError, match="PreconditionFailed"):
        machine.s3.put_object(Bucket="versioned", Key="a", Body=b"y", IfNoneMatch="*")
    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        add(machine, "p", "s")


def test_versions_put_after_a_restart_stand_behind_those_before(machine: Machine) -> None:
    first = machine.s3.put_object(Bucket="versioned", Key="a", Body=b"1")["VersionId"]
    machine.restart()
    second = machine.s3.put_object(Bucket="versioned", Key="a", Body=b"2")["VersionId"]
    machine.restart()
    assert machine.s3.get_object(Bucket="versioned", Key="a")["VersionId"] == second
    machine.s3.delete_object(Bucket="versioned", Key="a", VersionId=second)
    machine.restart()
    assert machine.s3.get_object(Bucket="versioned", Key="a")["VersionId"] == first


def test_a_restored_object_is_copied_with_its_bytes(machine: Machine) -> None:
    machine.s3.put_object(Bucket="versioned", Key="a", Body=b"to be copied")
    machine.restart()
    machine.s3.copy_object(Bucket="plain", Key="b", CopySource={"Bucket": "versioned", "Key": "a"})
    machine.s3.delete_object(Bucket="versioned", Key="a")
    machine.restart()
    assert machine.s3.get_object(Bucket="plain", Key="b")["Body"].read() == b"to be copied"


def test_an_upload_in_parts_is_kept_once_it_is_complete(machine: Machine) -> None:
    which = {"Bucket": "versioned", "Key": "large"}
    body = b"p" * 5_300_000
    upload = machine.s3.create_multipart_upload(**which)["UploadId"]
    part = machine.s3.upload_part(**which, UploadId=upload, PartNumber=1, Body=body)
    assert "Contents" not in machine.s3.list_objects_v2(Bucket="versioned")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    machine.s3.complete_multipart_upload(**which, UploadId=upload, MultipartUpload=parts)
    before = machine.answers()
    machine.restart()
    assert machine.answers() == before
    assert machine.s3.get_object(**which)["Body"].read() == body


def test_what_would_not_be_kept_is_refused(machine: Machine) -> None:
    machine.s3.put_object(Bucket="versioned", Key="a", Body=b"x")
    for refused in (
        lambda: machine.s3.put_object_acl(Bucket="versioned", Key="a", ACL="public-read"),
        lambda: machine.s3.create_bucket(Bucket="another"),
        lambda: machine.dynamodb.delete_table(TableName=TABLE),
        lambda: machine.dynamodb.execute_statement(Statement="DELETE FROM table"),
        lambda: machine.sqs.create_queue(QueueName="another"),
    ):
        with pytest.raises(ClientError, match="keeps its data in a folder"):
            refused()


def test_an_answer_is_an_error_where_nothing_can_be_kept(machine: Machine) -> None:
    machine.store._fail(OSError(28, "No space left on device"))
    with pytest.raises(ClientError, match="cannot be written"):
        machine.s3.put_object(Bucket="versioned", Key="a", Body=b"x")
    with pytest.raises(ClientError, match="cannot be written"):
        add(machine, "p", "s")


def add(machine: Machine, pk: str, sk: str, value: str = "x") -> None:
    machine.dynamodb.put_item(
        TableName=TABLE,
        Item={"pk": {"S": pk}, "sk": {"S": sk}, "index": {"S": value}},
        ConditionExpression="attribute_not_exists(pk)",
    )


# ── any sequence of calls ────────────────────────────────────────────────────────────────────────

Step = Callable[[Machine], Any]
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


def marshalled(key: dict[str, str]) -> dict[str, Any]:
    return {name: {"S": value} for name, value in key.items()}


@st.composite
def object_steps(draw: st.DrawFn) -> Step:
    bucket, key, body, other = draw(buckets), draw(keys), draw(small), draw(keys)
    which = {"Bucket": bucket, "Key": key}
    number = draw(st.integers(0, 3))

    def version(machine: Machine) -> dict[str, str]:
        listed = machine.s3.list_object_versions(Bucket=bucket, Prefix=key)
        ids = [one["VersionId"] for one in (*listed.get("Versions", ()), *listed.get("DeleteMarkers", ()))]
        return {"VersionId": ids[number]} if number < len(ids) else {}

    steps: list[Step] = [
        lambda m: m.s3.put_object(**which, Body=body, Metadata={"m": "1"}, ContentType="image/png"),
        lambda m: m.s3.put_object(**which, Body=body, IfNoneMatch="*", ChecksumSHA256=sha256(body)),
        lambda m: m.s3.put_object(**which, Body=body, ChecksumSHA256=sha256(body + b"!")),
        lambda m: m.s3.copy_object(Bucket=draw_other(bucket), Key=other, CopySource={**which, **version(m)}),
        lambda m: m.s3.delete_object(**which),
        lambda m: m.s3.delete_object(**which, **version(m)),
        lambda m: m.s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key}, {"Key": other, **version(m)}]}),
        lambda m: m.s3.put_object_tagging(**which, Tagging={"TagSet": [{"Key": "t", "Value": str(number)}]}),
        lambda m: m.s3.delete_object_tagging(**which),
    ]
    return draw(st.sampled_from(steps))


def draw_other(bucket: str) -> str:
    return BUCKETS[1 - BUCKETS.index(bucket)]


@st.composite
def item_steps(draw: st.DrawFn) -> Step:
    key, another, value = marshalled(draw(ids)), marshalled(draw(ids)), draw(attribute)
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

    def take(machine: Machine) -> None:
        received = machine.sqs.receive_message(QueueUrl=machine.queue_url, VisibilityTimeout=0)
        for message in received.get("Messages", ()):
            machine.sqs.delete_message(QueueUrl=machine.queue_url, ReceiptHandle=message["ReceiptHandle"])

    return draw(st.sampled_from([lambda m: m.sqs.send_message(QueueUrl=m.queue_url, MessageBody=body), take]))


steps = st.one_of(object_steps(), item_steps(), message_steps(), st.just(Machine.restart))


@settings(max_examples=12, deadline=None)
@given(st.lists(steps, min_size=1, max_size=25))
def test_any_sequence_of_calls_is_answered_alike_after_a_restart(sequence: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        machine = Machine(Path(folder))
        try:
            for step in sequence:
                # Refused by the service: no such object, a condition that does not hold.
                with contextlib.suppress(ClientError):
                    step(machine)
            before = machine.answers()
            machine.restart()
            assert machine.answers() == before
        finally:
            machine.stop()

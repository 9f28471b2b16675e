"""The local cloud's S3, DynamoDB and SQS in this process, with a store on disk and a restart."""

import base64
import functools
import hashlib
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.test import Client

from local.cloud import process_setup
from local.cloud.aws_calls import CallLog
from local.cloud.fault_injection import FaultInjector
from local.cloud.gateway import Gateway, SerializedMoto
from local.cloud.persistence import StorePersistence
from local.cloud.s3_service import S3Service
from local.cloud.store import Store
from local.cloud.wsgi import WsgiResponse

BUCKETS = ("versioned", "plain")
TABLE, QUEUE = "table", "queue"


class RestartableServices:
    """S3, DynamoDB and SQS as the local cloud serves them, in this process, stored in a folder."""

    running: "RestartableServices"

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
        RestartableServices.running = self
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
        headers = {name: header_text(value) for name, value in request.headers.items()}
        body = request.body.read() if hasattr(request.body, "read") else request.body
        response = self.http.open(path, query_string=query, method=request.method, headers=headers, data=body)
        return AWSResponse(request.url, response.status_code, dict(response.headers), RawBody(response.data))

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

    def read_everything(self) -> dict[str, Any]:
        """Returns everything that can be read, for comparison."""
        found: dict[str, Any] = {}
        for bucket in BUCKETS:
            listed = self.s3.list_object_versions(Bucket=bucket)
            versions = (*listed.get("Versions", ()), *listed.get("DeleteMarkers", ()))
            found[bucket] = list(map(without_metadata, versions))
            contents = self.s3.list_objects_v2(Bucket=bucket).get("Contents", ())
            found[f"{bucket} objects"] = list(map(without_metadata, contents))
            for version in listed.get("Versions", ()):
                which = {"Bucket": bucket, "Key": version["Key"], "VersionId": version["VersionId"]}
                got = self.s3.get_object(**which, ChecksumMode="ENABLED")
                body = got.pop("Body").read()
                tags = self.s3.get_object_tagging(**which)["TagSet"]
                found[str(which)] = (without_metadata(got), body, sorted(map(str, tags)))
        items = self.dynamodb.scan(TableName=TABLE)["Items"]
        found["items"] = sorted(json.dumps(item, sort_keys=True, default=json_default) for item in items)
        for value in ("x", "y"):
            condition = {"KeyConditionExpression": "#i = :i", "ExpressionAttributeNames": {"#i": "index"}}
            response = self.dynamodb.query(
                TableName=TABLE, IndexName="by-index", ExpressionAttributeValues={":i": {"S": value}}, **condition
            )
            found[f"index {value}"] = sorted(
                json.dumps(item, sort_keys=True, default=json_default) for item in response["Items"]
            )
        received = self.sqs.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10, VisibilityTimeout=0)
        found["messages"] = [(message["MessageId"], message["Body"]) for message in received.get("Messages", ())]
        return found


class RawBody(io.BytesIO):
    """A response body with the interface of the SDK's HTTP client."""

    def stream(self, *_: Any) -> Iterator[bytes]:
        yield self.read()


def send(**sent: Any) -> AWSResponse:
    return RestartableServices.running.send(**sent)


@functools.cache
def client(service: str) -> Any:
    created = boto3.client(
        service,
        endpoint_url="http://localhost",
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
    )
    created.meta.events.register("before-send.*", send)
    return created


def header_text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def json_default(value: Any) -> str:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)


def without_metadata(response: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in response.items() if name != "ResponseMetadata"}


def sha256(body: bytes) -> str:
    return base64.b64encode(hashlib.sha256(body).digest()).decode()

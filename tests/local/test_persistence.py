"""S3, DynamoDB and SQS keep their state and their conditions over a restart."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.local.restartable_services import TABLE, RestartableServices, sha256


@pytest.fixture
def services(tmp_path: Path) -> Iterator[RestartableServices]:
    services = RestartableServices(tmp_path)
    yield services
    services.stop()


def add(services: RestartableServices, pk: str, sk: str, value: str = "x") -> None:
    services.dynamodb.put_item(
        TableName=TABLE,
        Item={"pk": {"S": pk}, "sk": {"S": sk}, "index": {"S": value}},
        ConditionExpression="attribute_not_exists(pk)",
    )


def test_an_object_is_restored_with_everything_its_responses_show(services: RestartableServices) -> None:
    put = services.s3.put_object(
        Bucket="versioned",
        Key="a",
        Body=b"first",
        ContentType="application/pdf",
        Metadata={"receipt": "sealed"},
        ChecksumSHA256=sha256(b"first"),
        Tagging="one=1&two=2",
    )
    services.s3.put_object(Bucket="versioned", Key="a", Body=b"second")
    before = services.read_everything()
    services.restart()
    assert services.read_everything() == before
    got = services.s3.get_object(Bucket="versioned", Key="a", VersionId=put["VersionId"], ChecksumMode="ENABLED")
    assert (got["Body"].read(), got["ContentType"], got["Metadata"]) == (
        b"first",
        "application/pdf",
        {"receipt": "sealed"},
    )
    assert got["ChecksumSHA256"] == sha256(b"first")
    part = services.s3.get_object(Bucket="versioned", Key="a", VersionId=put["VersionId"], Range="bytes=1-2")
    assert part["Body"].read() == b"ir"


def test_conditions_see_restored_objects_and_items(services: RestartableServices) -> None:
    services.s3.put_object(Bucket="versioned", Key="a", Body=b"x")
    add(services, "p", "s")
    services.restart()
    with pytest.raises(ClientError, match="PreconditionFailed"):
        services.s3.put_object(Bucket="versioned", Key="a", Body=b"y", IfNoneMatch="*")
    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        add(services, "p", "s")


def test_new_versions_come_after_restored_ones(services: RestartableServices) -> None:
    first = services.s3.put_object(Bucket="versioned", Key="a", Body=b"1")["VersionId"]
    services.restart()
    second = services.s3.put_object(Bucket="versioned", Key="a", Body=b"2")["VersionId"]
    services.restart()
    assert services.s3.get_object(Bucket="versioned", Key="a")["VersionId"] == second
    services.s3.delete_object(Bucket="versioned", Key="a", VersionId=second)
    services.restart()
    assert services.s3.get_object(Bucket="versioned", Key="a")["VersionId"] == first


def test_a_restored_object_is_copied_with_its_bytes(services: RestartableServices) -> None:
    services.s3.put_object(Bucket="versioned", Key="a", Body=b"to be copied")
    services.restart()
    services.s3.copy_object(Bucket="plain", Key="b", CopySource={"Bucket": "versioned", "Key": "a"})
    services.s3.delete_object(Bucket="versioned", Key="a")
    services.restart()
    assert services.s3.get_object(Bucket="plain", Key="b")["Body"].read() == b"to be copied"


def test_a_multipart_upload_is_stored_once_complete(services: RestartableServices) -> None:
    which = {"Bucket": "versioned", "Key": "large"}
    body = b"p" * 5_300_000
    upload = services.s3.create_multipart_upload(**which)["UploadId"]
    part = services.s3.upload_part(**which, UploadId=upload, PartNumber=1, Body=body)
    assert "Contents" not in services.s3.list_objects_v2(Bucket="versioned")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    services.s3.complete_multipart_upload(**which, UploadId=upload, MultipartUpload=parts)
    before = services.read_everything()
    services.restart()
    assert services.read_everything() == before
    assert services.s3.get_object(**which)["Body"].read() == body


def test_changes_that_would_not_be_stored_are_rejected(services: RestartableServices) -> None:
    services.s3.put_object(Bucket="versioned", Key="a", Body=b"x")
    for rejected in (
        lambda: services.s3.put_object_acl(Bucket="versioned", Key="a", ACL="public-read"),
        lambda: services.s3.create_bucket(Bucket="another"),
        lambda: services.dynamodb.delete_table(TableName=TABLE),
        lambda: services.dynamodb.execute_statement(Statement="DELETE FROM table"),
        lambda: services.sqs.create_queue(QueueName="another"),
    ):
        with pytest.raises(ClientError, match="keeps its data in a folder"):
            rejected()


def test_a_write_fails_if_it_cannot_be_stored(services: RestartableServices) -> None:
    services.store._fail(OSError(28, "No space left on device"))
    with pytest.raises(ClientError, match="cannot be written"):
        services.s3.put_object(Bucket="versioned", Key="a", Body=b"x")
    with pytest.raises(ClientError, match="cannot be written"):
        add(services, "p", "s")

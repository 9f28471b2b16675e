"""Three sessions cost a third more than one, and a client 50 ms: one session, each client once a process."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

from core.platform import aws


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """Nothing made before; every session that is made."""
    made: list[Any] = []
    real = boto3.Session

    def counted() -> Any:
        made.append(real(aws_access_key_id="x", aws_secret_access_key="x", region_name="eu-west-1"))
        return made[-1]

    monkeypatch.setattr(boto3, "Session", counted)
    for cached in (aws.client, aws._session):
        cached.cache_clear()
    yield made
    for cached in (aws.client, aws._session):
        cached.cache_clear()


def test_all_clients_come_from_one_session_and_each_is_made_once(fresh: list[Any]) -> None:
    tuned = Config(read_timeout=30)
    first = [aws.client("s3"), aws.client("dynamodb"), aws.client("textract", tuned)]
    again = [aws.client("s3"), aws.client("dynamodb"), aws.client("textract", tuned)]
    assert len(fresh) == 1
    assert all(one is other for one, other in zip(first, again, strict=True))

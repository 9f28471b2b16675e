"""One boto3 session, and one client per service and process.

Three sessions cost a third more than one, and each client costs 50 ms.
"""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

from core.platform import aws


@pytest.fixture
def created_sessions(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """Empties the caches; the sessions that are created from then on."""
    sessions: list[Any] = []
    original_session = boto3.Session

    def create_session() -> Any:
        sessions.append(original_session(aws_access_key_id="x", aws_secret_access_key="x", region_name="eu-west-1"))
        return sessions[-1]

    monkeypatch.setattr(boto3, "Session", create_session)
    for cached in (aws.client, aws._session):
        cached.cache_clear()
    yield sessions
    for cached in (aws.client, aws._session):
        cached.cache_clear()


def test_clients_share_one_session_and_are_created_once(created_sessions: list[Any]) -> None:
    tuned = Config(read_timeout=30)
    first = [aws.client("s3"), aws.client("dynamodb"), aws.client("textract", tuned)]
    again = [aws.client("s3"), aws.client("dynamodb"), aws.client("textract", tuned)]
    assert len(created_sessions) == 1
    assert all(client is same for client, same in zip(first, again, strict=True))

"""A drop folder for the tests: its clock, its bucket, and the API's stand-in behind it."""

import hashlib
import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from local.client import ApiClient
from local.dropfolder import DropFolder
from local.dropledger import Ledger
from local.dropped import Dropped
from local.errand import Errand
from local.screen import Screen


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Bucket:
    """As much of S3 as a drop needs: what was put, and the reports of refusals."""

    class exceptions:  # noqa: N801 - boto3's own name
        class NoSuchKey(Exception): ...

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.puts: list[str] = []
        self.down = False

    def head_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 - boto3's own names
        if self.down:
            raise OSError("The store does not answer.")
        if Key not in self.objects:
            raise ClientError({"ResponseMetadata": {"HTTPStatusCode": 404}}, "HeadObject")
        return {"ETag": f'"{hashlib.md5(self.objects[Key], usedforsecurity=False).hexdigest()}"'}

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, ContentType: str) -> None:  # noqa: N803
        if self.down:
            raise OSError("The store does not answer.")
        self.objects[Key] = Body
        self.puts.append(Key)

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 - boto3's own names
        if Key not in self.objects:
            raise self.exceptions.NoSuchKey
        return {"Body": io.BytesIO(self.objects[Key]), "LastModified": datetime.now(UTC)}


def watched(tmp_path: Path, clock: Clock) -> DropFolder:
    return DropFolder(tmp_path / "drop", clock, Ledger(tmp_path / "dropped.jsonl", tmp_path / "drop"))


class Room:
    """A drop folder with the API's stand-in behind it."""

    def __init__(self, drop: DropFolder, clock: Clock, bucket: Bucket, client: ApiClient, results: Path) -> None:
        self.lines: list[str] = []
        self.clock = clock
        self.dropped = Dropped(
            drop,
            results=results,
            s3=bucket,
            bucket="temp",
            client=client,
            errand=lambda assessment: Errand(client, assessment, Screen(stderr=True)),
            say=self.lines.append,
        )

    def rounds(self, number: int = 4) -> None:
        for _ in range(number):
            self.dropped.look()
            self.clock.now += 1

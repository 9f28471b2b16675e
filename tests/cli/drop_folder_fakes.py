"""A drop folder for tests, with a fake clock and a fake bucket."""

import hashlib
import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from local.cli.api_client import ApiClient
from local.cli.console import PlainConsole
from local.cli.drop_folder import DropFolder, SentFileLog
from local.cli.drop_folder_service import DropFolderService
from local.cli.grading_session import GradingSession


class FakeClock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class FakeBucket:
    """The parts of S3 that the drop folder service uses: puts and refusal reports."""

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


def make_drop_folder(tmp_path: Path, clock: FakeClock) -> DropFolder:
    return DropFolder(tmp_path / "drop", clock, SentFileLog(tmp_path / "dropped.jsonl", tmp_path / "drop"))


def write_sheet(drop_folder: DropFolder, name: str, body: bytes = b"%PDF-") -> Path:
    """Write a file into the answers of the assessment "rivers"."""
    path = drop_folder.folder / "rivers" / "answers" / name
    path.write_bytes(body)
    return path


class DropFolderHarness:
    """A drop folder service with a fake bucket; its client talks to the fake API."""

    def __init__(
        self, drop_folder: DropFolder, clock: FakeClock, bucket: FakeBucket, client: ApiClient, results: Path
    ) -> None:
        self.lines: list[str] = []
        self.clock = clock
        self.service = DropFolderService(
            drop_folder,
            results=results,
            s3=bucket,
            bucket="temp",
            client=client,
            session=lambda assessment: GradingSession(client, assessment, PlainConsole(stderr=True)),
            print_line=self.lines.append,
        )

    def run_rounds(self, number: int = 4) -> None:
        for _ in range(number):
            self.service.poll_once()
            self.clock.now += 1

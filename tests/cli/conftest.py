from collections.abc import Iterator
from pathlib import Path

import pytest

from local.client import ApiClient
from local.dropfolder import DropFolder
from tests.cli import standin
from tests.cli.drop_folders import Bucket, Clock, Room, watched


@pytest.fixture
def api() -> Iterator[standin.StandIn]:
    with standin.serve() as found:
        yield found


@pytest.fixture
def client(api: standin.StandIn) -> Iterator[ApiClient]:
    with ApiClient(api.url, "a-token", tries=4, pause=0.01) as made:
        yield made


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def bucket() -> Bucket:
    return Bucket()


@pytest.fixture
def drop(tmp_path: Path, clock: Clock) -> DropFolder:
    folder = watched(tmp_path, clock)
    folder.prepare()
    (folder.folder / "rivers" / "answers").mkdir(parents=True)
    return folder


@pytest.fixture
def room(drop: DropFolder, clock: Clock, bucket: Bucket, client: ApiClient, tmp_path: Path) -> Room:
    return Room(drop, clock, bucket, client, tmp_path / "results")

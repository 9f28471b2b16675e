from collections.abc import Iterator

import pytest

from local.client import ApiClient
from tests.cli import standin


@pytest.fixture
def api() -> Iterator[standin.StandIn]:
    with standin.serve() as found:
        yield found


@pytest.fixture
def client(api: standin.StandIn) -> Iterator[ApiClient]:
    with ApiClient(api.url, "a-token", tries=4, pause=0.01) as made:
        yield made

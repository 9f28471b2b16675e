from collections.abc import Iterator

import pytest

from extract.sandbox.process import Sandbox


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    sandbox_process = Sandbox()
    yield sandbox_process
    sandbox_process.close()

"""The one place that makes AWS clients: one session, each client once a process."""

from functools import cache
from typing import Any

import boto3
from botocore.config import Config

# A dropped connection is noticed and tried again well inside the shortest function timeout.
_CONFIG = Config(connect_timeout=3, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 5})


@cache
def _session() -> Any:
    return boto3.Session()


@cache
def _client(service: str, config: Config) -> Any:
    return _session().client(service, config=config)


def client(service: str, config: Config | None = None) -> Any:
    """A boto3 client, kept for the life of the process. `config` is merged over the house's own."""
    return _client(service, _CONFIG.merge(config) if config else _CONFIG)

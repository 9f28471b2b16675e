"""boto3 clients that talk to the local cloud."""

import threading
from typing import Any

from local.cloud.aws_calls import CLIENT
from local.cloud.stack import REGION


class Clients:
    """Creates one boto3 client per service and caller on first use. The caller is an access key, see `aws_calls`."""

    def __init__(self, endpoint_url: str) -> None:
        self._endpoint_url = endpoint_url
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()
        self._session: Any = None

    def get(self, service: str, caller: str = CLIENT) -> Any:
        with self._lock:
            if (service, caller) not in self._clients:
                self._clients[service, caller] = self._make(service, caller)
            return self._clients[service, caller]

    def _make(self, service: str, caller: str) -> Any:
        import boto3
        from botocore.config import Config

        if self._session is None:
            self._session = boto3.Session()
        config = Config(
            retries={"total_max_attempts": 1},
            proxies={},
            max_pool_connections=32,
            read_timeout=900,
            signature_version="s3v4" if service == "s3" else None,
        )
        return self._session.client(
            service,
            endpoint_url=self._endpoint_url,
            region_name=REGION,
            aws_access_key_id=caller,
            aws_secret_access_key="local",  # noqa: S106 -- a placeholder: signatures are not checked
            config=config,
        )

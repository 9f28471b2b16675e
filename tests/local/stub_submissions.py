"""Submissions to a local cloud with stub functions: send one, find its execution, wait for its end."""

import time
from collections.abc import Callable
from typing import Any

import requests

from local.cloud.local_cloud import LocalCloud


def auth_headers(cloud: LocalCloud, tenant: str = "demo", name: str = "teacher") -> dict[str, str]:
    return {"Authorization": f"Bearer {cloud.token(tenant, name)}"}


def submit(cloud: LocalCloud, name: str) -> None:
    """Sends a page to the stub of the receive function, which starts the execution `name`-1."""
    response = requests.post(
        f"{cloud.api_url}/submissions?id={name}",
        data=b"\x89PNG a page",
        headers=auth_headers(cloud) | {"Content-Type": "image/png"},
        timeout=30,
    )
    assert response.status_code == 202, response.text
    assert response.headers["Location"] == f"/submissions/{name}"


def arn_of(cloud: LocalCloud, name: str) -> str:
    """Returns the ARN of a submission's execution."""
    return f"{cloud.stack.state_machine_arn.replace(':stateMachine:', ':execution:')}:{name}-1"


def wait_until_ended(cloud: LocalCloud, name: str, seconds: float = 60) -> dict[str, Any]:
    """Returns the description of a submission's execution once it has ended."""
    stepfunctions = cloud.client("stepfunctions")
    description: dict[str, Any] = {}
    assert eventually(
        lambda: (
            description.update(stepfunctions.describe_execution(executionArn=arn_of(cloud, name)))
            or description["status"] != "RUNNING"
        ),
        seconds,
    ), description
    return description


def eventually(condition: Callable[[], Any], seconds: float = 15) -> bool:
    """Polls a condition; returns whether it has become true within `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.15)
    return bool(condition())

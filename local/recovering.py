"""`gradeline resume` and `gradeline sweep`: what failed is run again, what waits is looked after.

Both ask the stack's own `recover` function: of the cloud that `gradeline serve` runs on this machine, or of a
deployed stack by the AWS credentials of the shell.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.text import Text

from local import wording
from local.client import Unreachable

_FUNCTION = "RecoverFunction"
_ALIAS = "live"
# What a sweep tells without having done anything about it.
_TOLD = ("next", "failed", "dead_ends")
Ask = Callable[[dict[str, Any]], dict[str, Any]]


def resume(ids: Sequence[str], *, ask: Ask, stdout: Console) -> int:
    """Run submissions again, all that have FAILED where none is named; exit code 1 where one could not be."""
    if ids:
        started = ask({"action": "resume", "submissions": list(ids)})["resumed"]
        missed = [one for one in ids if one not in started]
        stdout.print(f"{wording.count(len(started), 'submission')} run again.")
        for one in missed:
            stdout.print(Text(f"{one} was not started: it is not there, is erased, or runs already."))
        return 1 if missed else 0
    number, after = 0, None
    while True:
        answer = ask({"action": "resume", "after": after})
        number += len(answer["resumed"])
        after = answer.get("next")
        if after is None:
            break
    stdout.print(f"{wording.count(number, 'failed submission')} run again.")
    return 0


def sweep(*, ask: Ask, stdout: Console) -> int:
    """Look after everything that waits, piece by piece; tells what was found."""
    counts: dict[str, int] = {}
    after = None
    while True:
        answer = ask({"action": "sweep", "after": after})
        for name, value in answer.items():
            if isinstance(value, int) and name != "next":
                counts[name] = value if name in _TOLD else counts.get(name, 0) + value
        after = answer.get("next")
        if after is None:
            break
    found = {name: value for name, value in counts.items() if value}
    for name, value in sorted(found.items()):
        stdout.print(Text.assemble((f"  {name.replace('_', ' '):<20}", "dim"), str(value)))
    if not found:
        stdout.print("Nothing waits, nothing has failed.")
    return 0


def asking(*, url: str, stack: str | None) -> Ask:
    """How `recover` is asked: of a deployed stack by its name, or of the local cloud at `url`.

    Raises
    ------
    Unreachable
        From the call: no such stack, no credentials, nobody at the address.
    """
    import boto3

    def ask(event: dict[str, Any]) -> dict[str, Any]:
        try:
            client, name = _deployed(boto3, stack) if stack else _local(boto3, url)
            answer = client.invoke(**name, Payload=json.dumps(event).encode())
            body: dict[str, Any] = json.loads(answer["Payload"].read())
        except (ClientError, BotoCoreError) as error:
            where = f"The stack {stack}" if stack else f"The cloud at {url}"
            hint = "" if stack else " Is `gradeline serve` running? Its address can be given with --url."
            raise Unreachable(f"{where} did not answer ({type(error).__name__}: {error}).{hint}") from error
        if "FunctionError" in answer:
            raise Unreachable(f"The function failed: {body.get('errorMessage', body)}")
        return body

    return ask


def _local(boto3: Any, url: str) -> tuple[Any, dict[str, str]]:
    from local.cloud.calls import CLIENT
    from local.cloud.stack import REGION, STACK_NAME

    client = boto3.client(
        "lambda",
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id=CLIENT,
        aws_secret_access_key="local",  # noqa: S106 -- a dummy: signatures are not checked
        config=Config(retries={"total_max_attempts": 1}, read_timeout=300, proxies={}),
    )
    return client, {"FunctionName": f"{STACK_NAME}-{_FUNCTION}"}


def _deployed(boto3: Any, stack: str) -> tuple[Any, dict[str, str]]:
    found = boto3.client("cloudformation").describe_stack_resource(StackName=stack, LogicalResourceId=_FUNCTION)
    name = found["StackResourceDetail"]["PhysicalResourceId"]
    client = boto3.client("lambda", config=Config(read_timeout=300, retries={"total_max_attempts": 1}))
    return client, {"FunctionName": name, "Qualifier": _ALIAS}

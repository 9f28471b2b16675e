"""`gradeline resume` runs failed submissions again; `gradeline sweep` recovers all that is stuck or waits.

Both invoke the stack's `recover` function: that of the local cloud started by `gradeline serve`, or that of a deployed
stack with the shell's AWS credentials.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.text import Text

from core.models.function_requests import ResumeReply, ResumeRequest, SweepReply, SweepRequest
from local.cli import display_text
from local.cli.api_client import ApiUnreachable

_RECOVER_FUNCTION = "RecoverFunction"
_ALIAS = "live"
# Counts that a sweep reports without acting on them; each page of a sweep replaces the previous value.
_SNAPSHOT_COUNTS = ("failed", "dead_ends")
InvokeRecover = Callable[[dict[str, Any]], dict[str, Any]]


def resume(ids: Sequence[str], *, invoke_recover: InvokeRecover, stdout: Console) -> int:
    """Run the given submissions again, or all FAILED ones if none is given. Return 1 if one was not started, else 0."""
    if ids:
        started = ResumeReply.from_dict(invoke_recover(ResumeRequest(tuple(ids)).to_event())).resumed
        not_started = [submission_id for submission_id in ids if submission_id not in started]
        stdout.print(f"{display_text.format_count(len(started), 'submission')} run again.")
        for submission_id in not_started:
            stdout.print(Text(f"{submission_id} was not started: it does not exist, is erased, or is already running."))
        return 1 if not_started else 0
    started_count, after = 0, None
    while True:
        reply = ResumeReply.from_dict(invoke_recover(ResumeRequest(after=after).to_event()))
        started_count += len(reply.resumed)
        after = reply.next_cursor
        if after is None:
            break
    stdout.print(f"{display_text.format_count(started_count, 'failed submission')} run again.")
    return 0


def sweep(*, invoke_recover: InvokeRecover, stdout: Console) -> int:
    """Resume everything that is waiting, page by page, and print the counts of what was found."""
    counts: dict[str, int] = {}
    after = None
    while True:
        reply = SweepReply.from_dict(invoke_recover(SweepRequest(after=after).to_event()))
        for name, value in reply.counts.items():
            counts[name] = value if name in _SNAPSHOT_COUNTS else counts.get(name, 0) + value
        after = reply.next_cursor
        if after is None:
            break
    found = {name: value for name, value in counts.items() if value}
    for name, value in sorted(found.items()):
        stdout.print(Text.assemble((f"  {name.replace('_', ' '):<20}", "dim"), str(value)))
    if not found:
        stdout.print("Nothing is waiting and nothing has failed.")
    return 0


def recover_invoker(*, url: str, stack: str | None) -> InvokeRecover:
    """Return a function that invokes `recover` of the deployed stack named `stack`, or of the local cloud at `url`.

    Raises
    ------
    ApiUnreachable
        From the returned function: no such stack, no credentials, or no answer at the address.
    """
    import boto3

    def invoke_recover(event: dict[str, Any]) -> dict[str, Any]:
        try:
            client, name = _deployed_function(boto3, stack) if stack else _local_function(boto3, url)
            answer = client.invoke(**name, Payload=json.dumps(event).encode())
            body: dict[str, Any] = json.loads(answer["Payload"].read())
        except (ClientError, BotoCoreError) as error:
            where = f"The stack {stack}" if stack else f"The cloud at {url}"
            hint = "" if stack else " Is `gradeline serve` running? Its address can be given with --url."
            raise ApiUnreachable(f"{where} did not answer ({type(error).__name__}: {error}).{hint}") from error
        if "FunctionError" in answer:
            raise ApiUnreachable(f"The function failed: {body.get('errorMessage', body)}")
        return body

    return invoke_recover


def _local_function(boto3: Any, url: str) -> tuple[Any, dict[str, str]]:
    from local.cloud.aws_calls import CLIENT
    from local.cloud.stack import REGION, STACK_NAME

    client = boto3.client(
        "lambda",
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id=CLIENT,
        aws_secret_access_key="local",  # noqa: S106 -- a dummy: signatures are not checked
        config=Config(retries={"total_max_attempts": 1}, read_timeout=300, proxies={}),
    )
    return client, {"FunctionName": f"{STACK_NAME}-{_RECOVER_FUNCTION}"}


def _deployed_function(boto3: Any, stack: str) -> tuple[Any, dict[str, str]]:
    found = boto3.client("cloudformation").describe_stack_resource(StackName=stack, LogicalResourceId=_RECOVER_FUNCTION)
    name = found["StackResourceDetail"]["PhysicalResourceId"]
    client = boto3.client("lambda", config=Config(read_timeout=300, retries={"total_max_attempts": 1}))
    return client, {"FunctionName": name, "Qualifier": _ALIAS}

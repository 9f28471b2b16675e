"""The roles of `template.yaml`, in force: a call that its caller's policies do not allow is refused, as on AWS.

What was needed can be written into a folder (`GRADELINE_NEEDS_TO`), one file a cloud; the tests hold the needs of
a whole run against the template, both ways (tests/permissions).
"""

import json
import os
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from local.cloud.calls import CLIENT, PROVISION, STATE_MACHINE, Call, Request
from local.cloud.edge import Response, forward
from local.cloud.permissions import Need, needs
from local.cloud.stack import Stack
from local.cloud.template import TemplateError

NEEDS_TO = "GRADELINE_NEEDS_TO"


@dataclass(frozen=True, order=True)
class Grant:
    """One action on one resource pattern (`*` and `?` as IAM has them) that a holder is allowed."""

    holder: str
    action: str
    pattern: str

    def covers(self, need: Need) -> bool:
        return (
            self.holder == need.holder
            and self.action.lower() == need.action.lower()
            and _matcher(self.pattern).fullmatch(need.resource) is not None
        )


def _matcher(pattern: str) -> re.Pattern[str]:
    text = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.compile(text, re.DOTALL)


def grants(stack: Stack) -> list[Grant]:
    """Every grant of every role in the template; the state machine's holder is "stepfunctions".

    Raises
    ------
    TemplateError
        A policy says more than Allow, Action and Resource: that is not understood here, so not in force.
    """
    holders = {name: name for name in stack.functions}
    holders |= dict.fromkeys(stack.template.of_type("AWS::Serverless::StateMachine"), STATE_MACHINE)
    return [
        Grant(holder, action, resource)
        for name, holder in holders.items()
        for statement in _statements(stack, name)
        for action in _listed(statement["Action"])
        for resource in _listed(statement["Resource"])
    ]


def _statements(stack: Stack, name: str) -> Iterator[Mapping[str, Any]]:
    for policy in stack.template.resolve(stack.template.properties(name).get("Policies", [])):
        for statement in policy["Statement"]:
            if set(statement) - {"Sid"} != {"Effect", "Action", "Resource"} or statement["Effect"] != "Allow":
                raise TemplateError(f"The local cloud understands Allow, Action and Resource alone ({name}).")
            yield statement


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


class Policies:
    """Answers calls that are not allowed. Callers that hold no role of the stack (its users) are let through."""

    def __init__(self, allowed: Iterable[Grant], record: "NeedsRecord | None" = None) -> None:
        self._by_action: dict[tuple[str, str], list[Grant]] = {}
        for grant in allowed:
            self._by_action.setdefault((grant.holder, grant.action.lower()), []).append(grant)
        self._record = record

    @classmethod
    def of(cls, stack: Stack) -> Self:
        folder = os.environ.get(NEEDS_TO)
        return cls(grants(stack), NeedsRecord(Path(folder)) if folder else None)

    def answer(self, call: Call, request: Request) -> Response | None:
        for need in needs(call, request):
            if need.holder in (CLIENT, PROVISION):
                continue
            if self._record:
                self._record.write(need)
            if not self.allows(need):
                code = "AccessDenied" if call.service == "s3" else "AccessDeniedException"
                text = f"{need.holder} is not authorized to perform {need.action} on {need.resource}"
                return Response.error(call.service, code, text, 403 if call.service == "s3" else 400)
        return None

    def allows(self, need: Need) -> bool:
        return any(grant.covers(need) for grant in self._by_action.get((need.holder, need.action.lower()), ()))


class HiddenAbsence:
    """S3's discretion: who may not list a bucket is not told that a key is absent, but that it is not allowed (403).

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
    """

    def __init__(self, policies: Policies, moto: Any) -> None:
        self._policies = policies
        self._moto = moto

    def answer(self, call: Call, request: Request) -> Response | None:
        if call.name not in ("s3:GetObject", "s3:HeadObject") or call.caller == CLIENT:
            return None
        if self._policies.allows(Need(call.caller, "s3:ListBucket", f"arn:aws:s3:::{call.parameters['Bucket']}")):
            return None
        response = forward(self._moto, request)
        return Response.error("s3", "AccessDenied", "Access Denied", 403) if response.status == 404 else response


class NeedsRecord:
    """Each need once, a line of JSON, written as it comes: a cloud that is killed has told what it knew."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / f"{os.getpid()}-{id(self)}.jsonl"
        self._known: set[Need] = set()
        self._lock = threading.Lock()

    def write(self, need: Need) -> None:
        with self._lock:
            if need not in self._known:
                self._known.add(need)
                with self._path.open("a", encoding="utf-8") as file:
                    file.write(json.dumps([need.holder, need.action, need.resource]) + "\n")


def read_needs(folder: Path) -> set[Need]:
    """What all clouds of a run needed."""
    lines = (line for path in sorted(folder.glob("*.jsonl")) for line in path.read_text(encoding="utf-8").splitlines())
    return {Need(*json.loads(line)) for line in lines}

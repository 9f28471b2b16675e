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

from local.cloud.aws_calls import CLIENT, PROVISION, STATE_MACHINE, Call, WsgiRequest
from local.cloud.gateway import WsgiResponse, forward_to_moto
from local.cloud.required_permissions import RequiredPermission, find_required_permissions
from local.cloud.stack import Stack
from local.cloud.template import TemplateError

PERMISSIONS_LOG_VARIABLE = "GRADELINE_NEEDS_TO"


@dataclass(frozen=True, order=True)
class Grant:
    """One action on one resource pattern (`*` and `?` as IAM has them) that a holder is allowed."""

    principal: str
    action: str
    pattern: str

    def covers(self, permission: RequiredPermission) -> bool:
        return (
            self.principal == permission.principal
            and self.action.lower() == permission.action.lower()
            and _compile_pattern(self.pattern).fullmatch(permission.resource) is not None
        )


def _compile_pattern(pattern: str) -> re.Pattern[str]:
    text = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.compile(text, re.DOTALL)


def read_grants(stack: Stack) -> list[Grant]:
    """Every grant of every role in the template; the state machine's holder is "stepfunctions".

    Raises
    ------
    TemplateError
        A policy says more than Allow, Action and Resource: that is not understood here, so not in force.
    """
    principals = {name: name for name in stack.functions}
    principals |= dict.fromkeys(stack.template.of_type("AWS::Serverless::StateMachine"), STATE_MACHINE)
    return [
        Grant(principal, action, resource)
        for name, principal in principals.items()
        for statement in _policy_statements(stack, name)
        for action in _as_list(statement["Action"])
        for resource in _as_list(statement["Resource"])
    ]


def _policy_statements(stack: Stack, name: str) -> Iterator[Mapping[str, Any]]:
    for policy in stack.template.resolve(stack.template.properties(name).get("Policies", [])):
        for statement in policy["Statement"]:
            if set(statement) - {"Sid"} != {"Effect", "Action", "Resource"} or statement["Effect"] != "Allow":
                raise TemplateError(f"The local cloud understands Allow, Action and Resource alone ({name}).")
            yield statement


def _as_list(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


class RolePolicies:
    """Answers calls that are not allowed. Callers that hold no role of the stack (its users) are let through."""

    def __init__(self, allowed: Iterable[Grant], permissions_log: "RequiredPermissionsLog | None" = None) -> None:
        self._by_action: dict[tuple[str, str], list[Grant]] = {}
        for grant in allowed:
            self._by_action.setdefault((grant.principal, grant.action.lower()), []).append(grant)
        self._permissions_log = permissions_log

    @classmethod
    def of(cls, stack: Stack) -> Self:
        folder = os.environ.get(PERMISSIONS_LOG_VARIABLE)
        return cls(read_grants(stack), RequiredPermissionsLog(Path(folder)) if folder else None)

    def answer(self, call: Call, request: WsgiRequest) -> WsgiResponse | None:
        for permission in find_required_permissions(call, request):
            if permission.principal in (CLIENT, PROVISION):
                continue
            if self._permissions_log:
                self._permissions_log.write(permission)
            if not self.allows(permission):
                code = "AccessDenied" if call.service == "s3" else "AccessDeniedException"
                text = (
                    f"{permission.principal} is not authorized to perform {permission.action} on {permission.resource}"
                )
                return WsgiResponse.error(call.service, code, text, 403 if call.service == "s3" else 400)
        return None

    def allows(self, permission: RequiredPermission) -> bool:
        return any(
            grant.covers(permission)
            for grant in self._by_action.get((permission.principal, permission.action.lower()), ())
        )


class MaskedNotFound:
    """S3's discretion: who may not list a bucket is not told that a key is absent, but that it is not allowed (403).

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
    """

    def __init__(self, policies: RolePolicies, moto: Any) -> None:
        self._policies = policies
        self._moto = moto

    def answer(self, call: Call, request: WsgiRequest) -> WsgiResponse | None:
        if call.name not in ("s3:GetObject", "s3:HeadObject") or call.caller == CLIENT:
            return None
        if self._policies.allows(
            RequiredPermission(call.caller, "s3:ListBucket", f"arn:aws:s3:::{call.parameters['Bucket']}")
        ):
            return None
        response = forward_to_moto(self._moto, request)
        return WsgiResponse.error("s3", "AccessDenied", "Access Denied", 403) if response.status == 404 else response


class RequiredPermissionsLog:
    """Each need once, a line of JSON, written as it comes: a cloud that is killed has told what it knew."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / f"{os.getpid()}-{id(self)}.jsonl"
        self._written: set[RequiredPermission] = set()
        self._lock = threading.Lock()

    def write(self, permission: RequiredPermission) -> None:
        with self._lock:
            if permission not in self._written:
                self._written.add(permission)
                with self._path.open("a", encoding="utf-8") as file:
                    file.write(json.dumps([permission.principal, permission.action, permission.resource]) + "\n")


def read_required_permissions(folder: Path) -> set[RequiredPermission]:
    """What all clouds of a run needed."""
    lines = (line for path in sorted(folder.glob("*.jsonl")) for line in path.read_text(encoding="utf-8").splitlines())
    return {RequiredPermission(*json.loads(line)) for line in lines}

"""Enforces the roles of `template.yaml`: a call that its caller's policies do not allow is denied, as on AWS.

The permissions that a run requires can be logged into a folder (`GRADELINE_NEEDS_TO`), one file per cloud; the tests
compare those of a whole run with the template, in both directions (tests/permissions).
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
from local.cloud.gateway import forward_to_moto
from local.cloud.required_permissions import RequiredPermission, find_required_permissions
from local.cloud.stack import Stack
from local.cloud.template import TemplateError
from local.cloud.wsgi import WsgiResponse

PERMISSIONS_LOG_VARIABLE = "GRADELINE_NEEDS_TO"


@dataclass(frozen=True, order=True)
class Grant:
    """One action on one resource pattern (with IAM's `*` and `?`) that a principal is allowed."""

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
    """Returns every grant of every role in the template; the state machine's principal is "stepfunctions".

    Raises
    ------
    TemplateError
        A policy has more than Allow, Action and Resource. The local cloud does not understand it, so cannot enforce it.
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
                raise TemplateError(f"The local cloud understands only Allow, Action and Resource ({name}).")
            yield statement


def _as_list(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


class RolePolicies:
    """Denies calls that are not allowed. Callers without a role of the stack (its users) may do everything."""

    def __init__(self, allowed: Iterable[Grant], permissions_log: "RequiredPermissionsLog | None" = None) -> None:
        self._by_action: dict[tuple[str, str], list[Grant]] = {}
        for grant in allowed:
            self._by_action.setdefault((grant.principal, grant.action.lower()), []).append(grant)
        self._permissions_log = permissions_log

    @classmethod
    def from_stack(cls, stack: Stack) -> Self:
        folder = os.environ.get(PERMISSIONS_LOG_VARIABLE)
        return cls(read_grants(stack), RequiredPermissionsLog(Path(folder)) if folder else None)

    def handle_request(self, call: Call, request: WsgiRequest) -> WsgiResponse | None:
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
    """Hides absent keys as S3 does: a caller that may not list the bucket gets 403 instead of 404.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
    """

    def __init__(self, policies: RolePolicies, moto: Any) -> None:
        self._policies = policies
        self._moto = moto

    def handle_request(self, call: Call, request: WsgiRequest) -> WsgiResponse | None:
        if call.name not in ("s3:GetObject", "s3:HeadObject") or call.caller == CLIENT:
            return None
        if self._policies.allows(
            RequiredPermission(call.caller, "s3:ListBucket", f"arn:aws:s3:::{call.parameters['Bucket']}")
        ):
            return None
        response = forward_to_moto(self._moto, request)
        return WsgiResponse.error("s3", "AccessDenied", "Access Denied", 403) if response.status == 404 else response


class RequiredPermissionsLog:
    """Logs each permission once, as a line of JSON, at once: a killed cloud has logged all that it required."""

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
    """Returns the permissions that all clouds of a run required."""
    lines = (line for path in sorted(folder.glob("*.jsonl")) for line in path.read_text(encoding="utf-8").splitlines())
    return {RequiredPermission(*json.loads(line)) for line in lines}

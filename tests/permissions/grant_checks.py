"""Compares the permissions that a run needed with those that the template grants. Each check returns sentences."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import yaml

from local.cloud.aws_calls import STATE_MACHINE
from local.cloud.required_permissions import RequiredPermission
from local.cloud.role_policies import Grant, read_grants
from local.cloud.stack import Stack
from tests.template.cloudformation import TEMPLATE

REVIEWED_FILE = Path(__file__).parent / "reviewed_grants.yaml"
# Parameters that turn on every condition of the template that adds a grant.
ALL_PARAMETERS = {"ModelSecretArn": "arn:aws:secretsmanager:us-east-1:123456789012:secret:model"}


@dataclass(frozen=True)
class ReviewedGrant:
    """A grant that no run on the local cloud can use, with the reason why it is needed."""

    principal: str
    action: str
    resource: str
    reason: str

    def covers_grant(self, grant: Grant) -> bool:
        is_same_principal = self.principal in ("*", grant.principal)
        return is_same_principal and self.action == grant.action and grant.pattern.endswith(self.resource)


def load_reviewed_grants(text: str | None = None) -> list[ReviewedGrant]:
    entries = yaml.safe_load(REVIEWED_FILE.read_text(encoding="utf-8") if text is None else text)
    return [ReviewedGrant(**entry) for entry in entries]


def granted_permissions(template: Path = TEMPLATE) -> list[Grant]:
    return read_grants(Stack(template, secret=lambda _arn: "a-secret", parameters=ALL_PARAMETERS))


def role_holders() -> set[str]:
    """The principals that have a role, whatever it allows."""
    stack = Stack(TEMPLATE, secret=lambda _arn: "a-secret")
    return {*stack.functions, STATE_MACHINE}


def missing_grants(needed: Iterable[RequiredPermission], granted: Collection[Grant]) -> list[str]:
    """Calls that no policy of their principal allows."""
    return [
        f"{need.principal} needs {need.action} on {need.resource}, which the template does not allow"
        for need in sorted(needed)
        if not any(grant.covers(need) for grant in granted)
    ]


def unused_grants(
    needed: Collection[RequiredPermission], granted: Iterable[Grant], reviewed_grants: Collection[ReviewedGrant]
) -> list[str]:
    """Grants that no call of a whole run used and that are not reviewed."""
    return [
        f"{grant.principal} may do {grant.action} to {grant.pattern}, which no call needed"
        for grant in sorted(granted)
        if not any(grant.covers(need) for need in needed)
        and not any(entry.covers_grant(grant) for entry in reviewed_grants)
    ]


def stale_reviewed_grants(
    needed: Collection[RequiredPermission], granted: Collection[Grant], reviewed_grants: Iterable[ReviewedGrant]
) -> list[str]:
    """Reviewed entries that match no grant, or only grants that were used."""
    found = []
    for entry in reviewed_grants:
        matching = [grant for grant in granted if entry.covers_grant(grant)]
        if not matching:
            found.append(f"{REVIEWED_FILE.name}: nothing allows {entry.principal} {entry.action} on {entry.resource}")
        elif all(any(grant.covers(need) for need in needed) for grant in matching):
            found.append(
                f"{REVIEWED_FILE.name}: {entry.principal} {entry.action} on {entry.resource} was used; remove the entry"
            )
    return found

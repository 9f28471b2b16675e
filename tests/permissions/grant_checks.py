"""What a run needed, held against what the template allows, both ways. Each check returns sentences."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import yaml

from local.cloud.aws_calls import STATE_MACHINE
from local.cloud.required_permissions import RequiredPermission
from local.cloud.role_policies import Grant, read_grants
from local.cloud.stack import Stack
from tests.template.cloudformation import TEMPLATE

REVIEWED_FILE = Path(__file__).parent / "unseen.yaml"
# Every condition of the template that adds a grant holds.
ALL_PARAMETERS = {"ModelSecretArn": "arn:aws:secretsmanager:us-east-1:123456789012:secret:model"}


@dataclass(frozen=True)
class ReviewedGrant:
    """A grant that no run on the local cloud can use, and why it is there all the same."""

    principal: str
    action: str
    resource: str
    reason: str

    def covers_grant(self, grant: Grant) -> bool:
        same_holder = self.principal in ("*", grant.principal)
        return same_holder and self.action == grant.action and grant.pattern.endswith(self.resource)


def load_reviewed_grants(text: str | None = None) -> list[ReviewedGrant]:
    entries = yaml.safe_load(REVIEWED_FILE.read_text(encoding="utf-8") if text is None else text)
    return [ReviewedGrant(**entry) for entry in entries]


def granted_permissions(template: Path = TEMPLATE) -> list[Grant]:
    return read_grants(Stack(template, secret=lambda _arn: "a-secret", parameters=ALL_PARAMETERS))


def role_holders() -> set[str]:
    """Who holds a role, whatever it allows."""
    stack = Stack(TEMPLATE, secret=lambda _arn: "a-secret")
    return {*stack.functions, STATE_MACHINE}


def missing_grants(needed: Iterable[RequiredPermission], given: Collection[Grant]) -> list[str]:
    """Calls that no policy of their caller allows."""
    return [
        f"{need.principal} needs {need.action} on {need.resource}, which the template does not allow"
        for need in sorted(needed)
        if not any(grant.covers(need) for grant in given)
    ]


def unused_grants(
    needed: Collection[RequiredPermission], given: Iterable[Grant], reviewed_grants: Collection[ReviewedGrant]
) -> list[str]:
    """Grants that no call of a whole run came under, and that nobody has reviewed."""
    return [
        f"{grant.principal} may do {grant.action} to {grant.pattern}, which no call needed"
        for grant in sorted(given)
        if not any(grant.covers(need) for need in needed)
        and not any(entry.covers_grant(grant) for entry in reviewed_grants)
    ]


def stale_reviewed_grants(
    needed: Collection[RequiredPermission], given: Collection[Grant], reviewed_grants: Iterable[ReviewedGrant]
) -> list[str]:
    """Entries of the reviewed list that stand for no grant, or for one that was seen to be used."""
    found = []
    for entry in reviewed_grants:
        meant = [grant for grant in given if entry.covers_grant(grant)]
        if not meant:
            found.append(f"unseen.yaml: nothing allows {entry.principal} {entry.action} on {entry.resource}")
        elif all(any(grant.covers(need) for need in needed) for grant in meant):
            found.append(f"unseen.yaml: {entry.principal} {entry.action} on {entry.resource} was seen; strike it out")
    return found

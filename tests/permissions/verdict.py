"""What a run needed, held against what the template allows, both ways. Each check returns sentences."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import yaml

from local.cloud.calls import STATE_MACHINE
from local.cloud.permissions import Need
from local.cloud.policies import Grant, grants
from local.cloud.stack import Stack
from tests.template.cloudformation import TEMPLATE

UNSEEN = Path(__file__).parent / "unseen.yaml"
# Every condition of the template that adds a grant holds.
EVERYTHING = {"ModelSecretArn": "arn:aws:secretsmanager:us-east-1:123456789012:secret:model"}


@dataclass(frozen=True)
class Unseen:
    """A grant that no run on the local cloud can use, and why it is there all the same."""

    holder: str
    action: str
    resource: str
    reason: str

    def means(self, grant: Grant) -> bool:
        same_holder = self.holder in ("*", grant.holder)
        return same_holder and self.action == grant.action and grant.pattern.endswith(self.resource)


def reviewed(text: str | None = None) -> list[Unseen]:
    entries = yaml.safe_load(UNSEEN.read_text(encoding="utf-8") if text is None else text)
    return [Unseen(**entry) for entry in entries]


def allowed(template: Path = TEMPLATE) -> list[Grant]:
    return grants(Stack(template, secret=lambda _arn: "a-secret", parameters=EVERYTHING))


def holders() -> set[str]:
    """Who holds a role, whatever it allows."""
    stack = Stack(TEMPLATE, secret=lambda _arn: "a-secret")
    return {*stack.functions, STATE_MACHINE}


def not_allowed(needed: Iterable[Need], given: Collection[Grant]) -> list[str]:
    """Calls that no policy of their caller allows."""
    return [
        f"{need.holder} needs {need.action} on {need.resource}, which the template does not allow"
        for need in sorted(needed)
        if not any(grant.covers(need) for grant in given)
    ]


def not_needed(needed: Collection[Need], given: Iterable[Grant], unseen: Collection[Unseen]) -> list[str]:
    """Grants that no call of a whole run came under, and that nobody has reviewed."""
    return [
        f"{grant.holder} may do {grant.action} to {grant.pattern}, which no call needed"
        for grant in sorted(given)
        if not any(grant.covers(need) for need in needed) and not any(entry.means(grant) for entry in unseen)
    ]


def reviewed_in_vain(needed: Collection[Need], given: Collection[Grant], unseen: Iterable[Unseen]) -> list[str]:
    """Entries of the reviewed list that stand for no grant, or for one that was seen to be used."""
    found = []
    for entry in unseen:
        meant = [grant for grant in given if entry.means(grant)]
        if not meant:
            found.append(f"unseen.yaml: nothing allows {entry.holder} {entry.action} on {entry.resource}")
        elif all(any(grant.covers(need) for need in needed) for grant in meant):
            found.append(f"unseen.yaml: {entry.holder} {entry.action} on {entry.resource} was seen; strike it out")
    return found

"""An alarm means something: somebody is told, and docs/operations.md says what it is, how to look and what to do."""

import re

from tests.template.asl import ROOT
from tests.template.cloudformation import Template, of_type

OPERATIONS = ROOT / "docs" / "operations.md"
_PAGE = re.compile(r'see docs/operations\.md, "([^"]+)"')


def alarms_without_a_page(template: Template, operations: str) -> list[str]:
    """Each alarm's description names a section, and that section names the alarm, how to look and what to do."""
    sections = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", operations, re.MULTILINE | re.DOTALL))
    found = []
    for name, alarm in of_type(template, "AWS::CloudWatch::Alarm").items():
        if not alarm.get("AlarmActions"):
            found.append(f"{name} tells nobody")
        named = _PAGE.search(alarm.get("AlarmDescription", ""))
        if named is None or named[1] not in sections:
            found.append(f"{name} has no page in operations.md")
            continue
        page = sections[named[1]]
        found += [
            f"the page of {name} has no {part}" for part in (f"`{name}`", "**Look.**", "**Do.**") if part not in page
        ]
    return found


def pages_without_an_alarm(template: Template, operations: str) -> list[str]:
    """No page speaks of an alarm that is not there."""
    alarms = of_type(template, "AWS::CloudWatch::Alarm")
    return [f"{name} is no alarm" for name in re.findall(r"\*\*Alarm\*\* `(\w+)`", operations) if name not in alarms]

"""The list of licences is that of what is installed, and what would oblige us is not on it."""

import sys

import pytest

from release.licences import is_allowed, licence_of, licences_markdown, packages, packages_by_use
from tests.template.asl import ROOT


@pytest.mark.skipif(sys.platform != "linux", reason="the list is that of Linux, which the functions run on")
def test_the_list_is_up_to_date_and_every_licence_is_one_that_is_taken() -> None:
    table = packages()
    assert {name: licence for name, (licence, _) in table.items() if not is_allowed(licence)} == {}
    written = (ROOT / "docs" / "licences.md").read_text(encoding="utf-8").splitlines()
    assert [line for line in licences_markdown(table).splitlines() if line not in written] == [], (
        "make licences writes it"
    )
    # A pin for another platform has no metadata here, but it is a pin.
    listed = {line.split(" | ")[0].removeprefix("| ") for line in written if line.startswith("| ")} - {"Package"}
    assert listed - set().union(*packages_by_use().values()) == set(), "listed and no longer pinned"
    assert table["boto3"] == ("Apache-2.0", "deployed")


@pytest.mark.parametrize("licence", ["GPL-3.0-only", "AGPL-3.0", "MIT AND GPL-2.0", "Proprietary", "not said", "LGPL"])
def test_what_obliges_the_rest_is_not_taken(licence: str) -> None:
    assert not is_allowed(licence)


def test_what_is_not_installed_has_no_licence_here() -> None:
    assert licence_of("no-such-package-of-anybody") is None

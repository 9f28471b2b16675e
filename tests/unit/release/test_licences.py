"""The list of licences is current, and no licence on it has obligations for the rest of the code."""

import sys

import pytest

from release.licences import is_allowed, licence_of, licences_markdown, packages, packages_by_use
from tests.template.asl import ROOT


@pytest.mark.skipif(sys.platform != "linux", reason="the list is made on Linux, which the functions run on")
def test_the_list_is_current_and_every_licence_is_allowed() -> None:
    table = packages()
    assert {name: licence for name, (licence, _) in table.items() if not is_allowed(licence)} == {}
    written = (ROOT / "docs" / "licences.md").read_text(encoding="utf-8").splitlines()
    assert [line for line in licences_markdown(table).splitlines() if line not in written] == [], "run make licences"
    # A package of another platform has no metadata here, but it is pinned.
    listed = {line.split(" | ")[0].removeprefix("| ") for line in written if line.startswith("| ")} - {"Package"}
    assert listed - set().union(*packages_by_use().values()) == set(), "listed but no longer pinned"
    assert table["boto3"] == ("Apache-2.0", "deployed")


@pytest.mark.parametrize("licence", ["GPL-3.0-only", "AGPL-3.0", "MIT AND GPL-2.0", "Proprietary", "not said", "LGPL"])
def test_licences_with_obligations_for_other_code_are_refused(licence: str) -> None:
    assert not is_allowed(licence)


def test_a_package_that_is_not_installed_has_no_licence() -> None:
    assert licence_of("no-such-package-of-anybody") is None

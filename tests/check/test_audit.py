"""Policies, known holes in dependencies, secrets and licences: what a scanner finds has been looked at, or fails."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.check.conftest import HERE, TOOLS, Tool, skip_if_offline
from tests.template.asl import ROOT
from tests.template.cloudformation import TEMPLATE

# One after the other: the interpreters of the state machine have the other core.
pytestmark = pytest.mark.xdist_group("build")

_REVIEWED = yaml.safe_load((HERE / "reviewed.yaml").read_text(encoding="utf-8"))
_CHECKOV = ROOT / ".venv-checkov" / "bin" / "checkov"
_LOCKED = [ROOT / "requirements" / "local.txt", *sorted((ROOT / "layers").glob("*/requirements.txt"))]
# Binary files, and lists of hashes, which are nothing but entropy.
_UNREADABLE = (".pdf", ".png", ".jpg", ".ttf", ".otf", ".woff2", ".ico")


@pytest.fixture(scope="module")
def checkov(environment: dict[str, str]) -> Tool:
    if not _CHECKOV.is_file():
        pytest.skip("checkov is not installed: `make check` puts it into .venv-checkov")
    return Tool((str(_CHECKOV),), environment)


def _policies_broken(checkov: Tool, template: Path) -> dict[str, list[str]]:
    """Check → the resources that fail it."""
    options = ("--framework", "cloudformation", "--compact", "--quiet", "--skip-download", "--output", "json")
    code, output = checkov.run("--file", template, *options)
    report = json.loads(output[output.index("{") :])
    assert code in (0, 1), output
    assert report["summary"]["passed"] > 40, "the scanner has seen next to nothing"
    found: dict[str, list[str]] = {}
    for fault in report["results"]["failed_checks"]:
        found.setdefault(fault["check_id"], []).append(fault["resource"].rpartition(".")[2])
    return found


def test_no_policy_is_broken_but_for_those_that_were_reviewed(checkov: Tool) -> None:
    found = _policies_broken(checkov, TEMPLATE)
    assert {check: where for check, where in found.items() if check not in _REVIEWED["policies"]} == {}
    assert set(_REVIEWED["policies"]) - set(found) == set(), "reviewed and found no more"


def test_a_bucket_that_the_world_may_see_is_found(checkov: Tool, tmp_path: Path) -> None:
    text = TEMPLATE.read_text(encoding="utf-8")
    broken = tmp_path / "template.yaml"
    broken.write_text(text.replace("BlockPublicAcls: true", "BlockPublicAcls: false"), encoding="utf-8")
    found = _policies_broken(checkov, broken)
    assert found["CKV_AWS_53"] == ["WebBucket", "TempBucket", "DocumentsBucket"]


@pytest.fixture(scope="module")
def pip_audit(environment: dict[str, str]) -> Tool:
    return _tool("pip-audit", environment)


@pytest.fixture(scope="module")
def detect_secrets(environment: dict[str, str]) -> Tool:
    return _tool("detect-secrets", environment)


def _tool(name: str, environment: dict[str, str]) -> Tool:
    if not (TOOLS / name).is_file():
        pytest.skip(f"{name} is not installed: `make check` puts it into .venv-check")
    return Tool((str(TOOLS / name),), environment)


@pytest.mark.parametrize("locked", _LOCKED, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_dependency_has_a_known_hole(pip_audit: Tool, locked: Path) -> None:
    options = ("--disable-pip", "--require-hashes", "--progress-spinner", "off", "--format", "json")
    code, output = pip_audit.run("--requirement", locked, *options)
    if code != 0 and "{" not in output:
        skip_if_offline(output)
    report = json.loads(output[output.index("{") : output.rindex("}") + 1])
    audited = [one for one in report["dependencies"] if "skip_reason" not in one]
    if not audited:
        pytest.skip("the index that is reached here knows no advisories: nothing could be audited")
    assert len(audited) == len(report["dependencies"]), "some dependencies could not be audited"
    assert [(one["name"], hole["id"]) for one in audited for hole in one["vulns"]] == []


def _secrets(detect_secrets: Tool, files: list[str], cwd: Path = ROOT) -> dict[str, set[str]]:
    """File → kinds of secrets in it. Entropy alone is no sign here: ids, hashes and samples are full of it."""
    plugins = ("--disable-plugin", "HexHighEntropyString", "--disable-plugin", "Base64HighEntropyString")
    code, output = detect_secrets.run("scan", "--no-verify", *plugins, *files, cwd=cwd)
    assert code == 0, output
    results: dict[str, list[dict[str, Any]]] = json.loads(output)["results"]
    return {name: {fault["type"] for fault in faults} for name, faults in results.items()}


def test_no_secret_is_in_the_repository(detect_secrets: Tool) -> None:
    git = shutil.which("git")
    if git is None:
        pytest.skip("git is not on this machine")
    listed = subprocess.run([git, "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        pytest.skip("this is no git checkout: there is no list of what is in the repository")
    pinned = ("requirements.txt", "package-lock.json")
    files = [name for name in listed.stdout.splitlines() if not name.endswith((*_UNREADABLE, *pinned))]
    files = [name for name in files if not (name.startswith("requirements/") and name.endswith(".txt"))]
    found = _secrets(detect_secrets, files)
    words = {name for name, kinds in found.items() if kinds == {"Secret Keyword"}}
    assert {name: kinds for name, kinds in found.items() if name not in words} == {}
    outside = {name for name in words if not name.startswith(("tests/", "benchmarks/"))}
    assert outside == set(_REVIEWED["words"])


def test_a_secret_is_found(detect_secrets: Tool, tmp_path: Path) -> None:
    # Put together here: written out it would be one.
    (tmp_path / "a.py").write_text(f"key = '{'AKIA' + 'Q3EXAMPLE7GRADES'}'\n", encoding="utf-8")
    (tmp_path / "b.pem").write_text(f"-----BEGIN RSA {'PRIVATE'} KEY-----\nMII\n", encoding="utf-8")
    found = _secrets(detect_secrets, ["a.py", "b.pem"], cwd=tmp_path)
    assert found == {"a.py": {"AWS Access Key"}, "b.pem": {"Private Key"}}

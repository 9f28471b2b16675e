"""Every finding of the scanners for policies, vulnerable dependencies and secrets has been reviewed."""

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

# One worker for these; the interpreters of the state machine use the other core.
pytestmark = pytest.mark.xdist_group("build")

_REVIEWED = yaml.safe_load((HERE / "reviewed.yaml").read_text(encoding="utf-8"))
_CHECKOV = ROOT / ".venv-checkov" / "bin" / "checkov"
_LOCKED = [ROOT / "requirements" / "local.txt", *sorted((ROOT / "layers").glob("*/requirements.txt"))]
# Binary files.
_UNREADABLE = (".pdf", ".png", ".jpg", ".ttf", ".otf", ".woff2", ".ico")


@pytest.fixture(scope="module")
def checkov(environment: dict[str, str]) -> Tool:
    if not _CHECKOV.is_file():
        pytest.skip("checkov is not installed: `make check` installs it into .venv-checkov")
    return Tool((str(_CHECKOV),), environment)


def _policy_violations(checkov: Tool, template: Path) -> dict[str, list[str]]:
    """The resources that fail each check, by its id."""
    options = ("--framework", "cloudformation", "--compact", "--quiet", "--skip-download", "--output", "json")
    code, output = checkov.run("--file", template, *options)
    report = json.loads(output[output.index("{") :])
    assert code in (0, 1), output
    assert report["summary"]["passed"] > 40, "the scanner has checked hardly anything"
    found: dict[str, list[str]] = {}
    for fault in report["results"]["failed_checks"]:
        found.setdefault(fault["check_id"], []).append(fault["resource"].rpartition(".")[2])
    return found


def test_every_policy_violation_has_been_reviewed(checkov: Tool) -> None:
    found = _policy_violations(checkov, TEMPLATE)
    assert {check: where for check, where in found.items() if check not in _REVIEWED["policies"]} == {}
    assert set(_REVIEWED["policies"]) - set(found) == set(), "reviewed but no longer found"


def test_a_public_bucket_is_found(checkov: Tool, tmp_path: Path) -> None:
    text = TEMPLATE.read_text(encoding="utf-8")
    broken = tmp_path / "template.yaml"
    broken.write_text(text.replace("BlockPublicAcls: true", "BlockPublicAcls: false"), encoding="utf-8")
    found = _policy_violations(checkov, broken)
    assert found["CKV_AWS_53"] == ["WebBucket", "TempBucket", "DocumentsBucket"]


@pytest.fixture(scope="module")
def pip_audit(environment: dict[str, str]) -> Tool:
    return _tool("pip-audit", environment)


@pytest.fixture(scope="module")
def detect_secrets(environment: dict[str, str]) -> Tool:
    return _tool("detect-secrets", environment)


def _tool(name: str, environment: dict[str, str]) -> Tool:
    if not (TOOLS / name).is_file():
        pytest.skip(f"{name} is not installed: `make check` installs it into .venv-check")
    return Tool((str(TOOLS / name),), environment)


@pytest.mark.parametrize("locked", _LOCKED, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_dependency_has_a_known_vulnerability(pip_audit: Tool, locked: Path) -> None:
    options = ("--disable-pip", "--require-hashes", "--progress-spinner", "off", "--format", "json")
    code, output = pip_audit.run("--requirement", locked, *options)
    if code != 0 and "{" not in output:
        skip_if_offline(output)
    report = json.loads(output[output.index("{") : output.rindex("}") + 1])
    audited = [one for one in report["dependencies"] if "skip_reason" not in one]
    if not audited:
        pytest.skip("this package index has no advisories: nothing could be audited")
    assert len(audited) == len(report["dependencies"]), "some dependencies could not be audited"
    assert [(one["name"], vulnerability["id"]) for one in audited for vulnerability in one["vulns"]] == []


def _secrets(detect_secrets: Tool, files: list[str], cwd: Path = ROOT) -> dict[str, set[str]]:
    """The kinds of secrets in each file. Entropy is not checked: ids, hashes and samples have too much of it."""
    plugins = ("--disable-plugin", "HexHighEntropyString", "--disable-plugin", "Base64HighEntropyString")
    code, output = detect_secrets.run("scan", "--no-verify", *plugins, *files, cwd=cwd)
    assert code == 0, output
    results: dict[str, list[dict[str, Any]]] = json.loads(output)["results"]
    return {name: {fault["type"] for fault in faults} for name, faults in results.items()}


def test_no_secret_is_in_the_repository(detect_secrets: Tool) -> None:
    git = shutil.which("git")
    if git is None:
        pytest.skip("git is not installed")
    listed = subprocess.run([git, "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        pytest.skip("this is no git checkout: there is no list of its files")
    pinned = ("requirements.txt", "package-lock.json")
    files = [name for name in listed.stdout.splitlines() if not name.endswith((*_UNREADABLE, *pinned))]
    files = [name for name in files if not (name.startswith("requirements/") and name.endswith(".txt"))]
    found = _secrets(detect_secrets, files)
    words = {name for name, kinds in found.items() if kinds == {"Secret Keyword"}}
    assert {name: kinds for name, kinds in found.items() if name not in words} == {}
    outside = {name for name in words if not name.startswith(("tests/", "benchmarks/"))}
    assert outside == set(_REVIEWED["words"])


def test_a_secret_is_found(detect_secrets: Tool, tmp_path: Path) -> None:
    # Assembled here, because written in full it would itself be a secret.
    (tmp_path / "a.py").write_text(f"key = '{'AKIA' + 'Q3EXAMPLE7GRADES'}'\n", encoding="utf-8")
    (tmp_path / "b.pem").write_text(f"-----BEGIN RSA {'PRIVATE'} KEY-----\nMII\n", encoding="utf-8")
    found = _secrets(detect_secrets, ["a.py", "b.pem"], cwd=tmp_path)
    assert found == {"a.py": {"AWS Access Key"}, "b.pem": {"Private Key"}}

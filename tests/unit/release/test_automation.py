"""CI workflows, hooks and the dev container run make targets only and use the functions' Python version."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from release.bytecode import runtime_version
from tests.template.asl import ROOT
from tests.template.cloudformation import TEMPLATE

TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yaml"))


def _workflow(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


def _steps(path: Path) -> list[dict[str, Any]]:
    return [step for job in _workflow(path)["jobs"].values() for step in job["steps"]]


def test_there_are_workflows_for_tests_checks_and_releases() -> None:
    assert [path.stem for path in WORKFLOWS] == ["check", "deploy", "test"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_step_is_a_make_target_that_exists(path: Path) -> None:
    commands = [shlex.split(step["run"]) for step in _steps(path) if "run" in step]
    assert commands
    for command in commands:
        assert command[0] == "make" and command[1] in TARGETS, command
        # Input typed into a form reaches the shell as a variable, never as part of the command's text.
        assert "${{" not in " ".join(command)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_has_read_permission_and_a_timeout(path: Path) -> None:
    workflow = _workflow(path)
    assert workflow["permissions"].pop("contents") == "read"
    assert workflow["permissions"] == ({"id-token": "write"} if path.stem == "deploy" else {})
    assert all(job["timeout-minutes"] <= 60 for job in workflow["jobs"].values())
    checkouts = [step for step in _steps(path) if step.get("uses", "").startswith("actions/checkout")]
    assert [step["with"]["persist-credentials"] for step in checkouts] == [False]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_third_party_actions_are_pinned_to_a_commit(path: Path) -> None:
    """A tag can be moved to other code, a commit cannot. The version is a comment for readers."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if "uses:" in line]
    assert lines
    assert [line for line in lines if not re.search(r"uses: [\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line)] == []


def test_ci_and_dev_container_use_the_functions_python() -> None:
    runtime = runtime_version(TEMPLATE)
    for name in ("check", "deploy"):
        steps = _steps(ROOT / ".github" / "workflows" / f"{name}.yaml")
        [python] = [step for step in steps if "setup-python" in step.get("uses", "")]
        assert python["with"]["python-version"] == runtime
    text = (ROOT / ".devcontainer" / "devcontainer.json").read_text(encoding="utf-8")
    container = json.loads(re.sub(r"^//.*$", "", text, flags=re.MULTILINE))
    assert f"python:{runtime}" in container["image"]
    assert any("docker-in-docker" in feature for feature in container["features"])
    assert container["postCreateCommand"].split()[1] in TARGETS


def test_pre_commit_hooks_run_local_targets_and_files() -> None:
    configuration = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    assert [repository["repo"] for repository in configuration["repos"]] == ["local"]
    for hook in configuration["repos"][0]["hooks"]:
        words = shlex.split(hook["entry"])
        if words[0] == "make":
            assert words[1] in TARGETS
        paths = [word for word in words if word.endswith((".py", "/")) or word.startswith("tests/")]
        assert [path for path in paths if not (ROOT / path).exists()] == []

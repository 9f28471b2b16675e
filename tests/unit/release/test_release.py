"""The release hash depends on everything that is deployed and on nothing else; the deploy command carries it."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from release.release import deploy_command, parse_parameters, release_hash, stage_parameters
from tests.template.asl import ROOT
from tests.template.cloudformation import TEMPLATE, parse

GIVEN = {"Stage": "dev"}
STAGES = ("dev", "staging", "prod")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "functions" / "core").mkdir(parents=True)
    (tmp_path / "functions" / "core" / "a.py").write_text("A = 1\n")
    (tmp_path / "layers" / "base").mkdir(parents=True)
    (tmp_path / "layers" / "base" / "requirements.txt").write_text("boto3==1\n")
    (tmp_path / "statemachine").mkdir()
    (tmp_path / "statemachine" / "grading.asl.yaml").write_text("StartAt: A\n")
    (tmp_path / "template.yaml").write_text("Timeout: 3\n")
    return tmp_path


@pytest.mark.parametrize(
    "change",
    [
        lambda root: (root / "functions" / "core" / "a.py").write_text("A = 2\n"),
        lambda root: (root / "functions" / "core" / "a.py").rename(root / "functions" / "core" / "b.py"),
        lambda root: (root / "functions" / "core" / "words.txt").write_text("new"),
        lambda root: (root / "layers" / "base" / "requirements.txt").write_text("boto3==2\n"),
        lambda root: (root / "statemachine" / "grading.asl.yaml").write_text("StartAt: B\n"),
        lambda root: (root / "template.yaml").write_text("Timeout: 4\n"),
    ],
    ids=["code", "file name", "new file", "layer", "state machine", "timeout"],
)
def test_deployed_files_change_the_hash(checkout: Path, change: Callable[[Path], object]) -> None:
    before = release_hash(checkout, GIVEN)
    change(checkout)
    assert release_hash(checkout, GIVEN) != before


def test_parameters_change_the_hash_except_the_hash_itself(checkout: Path) -> None:
    before = release_hash(checkout, GIVEN)
    assert release_hash(checkout, {"Stage": "prod"}) != before
    assert release_hash(checkout, {**GIVEN, "Model": ""}) != before
    assert release_hash(checkout, {**GIVEN, "ReleaseHash": "aa"}) == before


def test_files_that_are_not_deployed_do_not_change_the_hash(checkout: Path) -> None:
    before = release_hash(checkout, GIVEN)
    (checkout / "docs").mkdir()
    (checkout / "docs" / "a.md").write_text("words")
    (checkout / "functions" / "core" / "__pycache__").mkdir()
    (checkout / "functions" / "core" / "__pycache__" / "a.pyc").write_bytes(b"x")
    assert release_hash(checkout, GIVEN) == before
    copied = shutil.copytree(checkout, checkout.parent / "elsewhere")
    assert release_hash(Path(copied), GIVEN) == before


def test_an_incomplete_checkout_cannot_be_released(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not a complete checkout"):
        release_hash(tmp_path, GIVEN)


@pytest.mark.parametrize("stage", STAGES)
def test_each_stage_has_only_existing_parameters_with_allowed_values(stage: str) -> None:
    parameters = stage_parameters(ROOT / "samconfig.toml", stage)
    known = parse(TEMPLATE.read_text(encoding="utf-8"))["Parameters"]
    assert parameters["Stage"] == stage
    assert set(parameters) <= set(known)
    for name, value in parameters.items():
        assert value in known[name].get("AllowedValues", [value])
    assert (parameters.get("Rollout", "AllAtOnce") == "AllAtOnce") is (stage == "dev")


def test_the_command_has_every_parameter_and_the_hash() -> None:
    command = deploy_command("prod", {"Stage": "prod", "ModelBaseUrl": "https://a/b?c=d"})
    assert command[:4] == ["sam", "deploy", "--config-env", "prod"]
    overrides = dict(pair.split("=", 1) for pair in command[command.index("--parameter-overrides") + 1 :])
    assert (
        overrides.pop("ReleaseHash") == f'"{release_hash(ROOT, {"Stage": "prod", "ModelBaseUrl": "https://a/b?c=d"})}"'
    )
    assert overrides == {"Stage": '"prod"', "ModelBaseUrl": '"https://a/b?c=d"'}


def test_an_unknown_stage_or_malformed_parameter_is_refused() -> None:
    with pytest.raises(ValueError, match=r"no stage 'live'; it has .*prod"):
        stage_parameters(ROOT / "samconfig.toml", "live")
    with pytest.raises(ValueError, match="not Key=Value"):
        parse_parameters(["Stage"])

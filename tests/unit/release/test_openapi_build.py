"""The API description that the API serves is built from the code: before a release, and when the local cloud starts."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.models.errors import NotFound
from release.openapi import build, document
from results.routes import settings
from tests.template.asl import ROOT


def test_a_missing_description_is_built_and_a_current_one_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "openapi.json"
    assert build.build_if_stale(file)
    assert json.loads(file.read_text(encoding="utf-8")) == document.openapi_document()
    assert file.stat().st_mode & 0o777 == 0o644
    assert not build.build_if_stale(file)
    assert list(tmp_path.iterdir()) == [file]


def test_a_description_older_than_the_code_is_built_again(tmp_path: Path) -> None:
    file = tmp_path / "openapi.json"
    file.write_text("{}", encoding="utf-8")
    os.utime(file, (0, 0))
    assert build.build_if_stale(file)
    assert file.read_text(encoding="utf-8") == document.text()


def test_it_is_written_where_the_handler_reads_it() -> None:
    assert build.FILE == settings._OPENAPI_FILE


def test_checking_whether_it_is_stale_does_not_load_the_generator() -> None:
    program = "import sys, release.openapi.build; sys.exit('pydantic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0


@pytest.mark.parametrize("target", ["build", "deploy"])
def test_a_release_builds_the_description_before_sam_packages_the_code(target: str) -> None:
    recipe = subprocess.run(
        ["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    steps = [
        index for name in ("release.openapi.build", "sam build") for index, line in enumerate(recipe) if name in line
    ]
    assert len(steps) == 2
    assert steps == sorted(steps)


def test_a_release_without_the_description_answers_not_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(settings, "_OPENAPI_FILE", tmp_path / "openapi.json")
    with pytest.raises(NotFound, match="make build"):
        settings.get_openapi()

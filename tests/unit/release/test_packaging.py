"""The package that `pip install -e .` installs needs what the functions and the local cloud need, and no more."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[3]
BUILD_BACKEND = "hatchling"


def required(path: Path) -> Iterator[str]:
    """The packages that a requirements file names, those of the files that it includes as well."""
    for line in path.read_text(encoding="utf-8").splitlines():
        if included := re.fullmatch(r"-r (.+)", line):
            yield from required(path.parent / included[1])
        elif line and not line.startswith("#"):
            yield line


def test_the_package_depends_on_what_the_local_requirements_name() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert sorted(project["dependencies"]) == sorted({*required(ROOT / "requirements" / "local.in")} - {BUILD_BACKEND})


def test_the_command_starts_at_a_function_that_exists() -> None:
    from local.cli.main import main

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["scripts"] == {"gradeline": f"{main.__module__}:{main.__name__}"}

"""What the documents tell to run is there: make targets, test files, names of tests, files that are linked."""

import ast
import re
import shlex
from pathlib import Path

import pytest

from tests.template.asl import ROOT

DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))

each = pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)


@each
def test_links_lead_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
    # What `make bench` writes is there after it.
    local = [target for target in targets if "://" not in target and not target.startswith("../benchmarks/results")]
    assert [target for target in local if not (path.parent / target).exists()] == []


@each
def test_make_targets_exist(path: Path) -> None:
    named = re.findall(r"(?:`|^)make ([a-z]+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert set(named) - TARGETS == set()


@each
def test_named_tests_exist(path: Path) -> None:
    for command in re.findall(r"`pytest ([^`]+)`", path.read_text(encoding="utf-8")):
        words = shlex.split(command)
        chosen = words[words.index("-k") + 1] if "-k" in words else None
        places = [word for word in words if word.startswith("tests/")]
        assert places, command
        names = "".join(_names(ROOT / place) for place in places)
        assert chosen is None or chosen.lower() in names.lower(), f"{command} chooses no test"


def _names(place: Path) -> str:
    """The names of all tests in a place, with the texts that ids of parametrised ones are made of."""
    files = [place] if place.is_file() else sorted(place.rglob("test_*.py"))
    assert files, f"there are no tests in {place}"
    nodes = [node for file in files for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))]
    functions = [node.name for node in nodes if isinstance(node, ast.FunctionDef)]
    texts = [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return "\n".join([*functions, *texts, *(file.name for file in files)])

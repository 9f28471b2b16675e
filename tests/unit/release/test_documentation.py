"""Everything that the documentation names exists: make targets, test files, test names and linked files."""

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
def test_links_have_existing_targets(path: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
    # Results written by `make bench` exist only after it has run.
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
        paths = [word for word in words if word.startswith("tests/")]
        assert paths, command
        names = "".join(_test_names(ROOT / path) for path in paths)
        assert chosen is None or chosen.lower() in names.lower(), f"{command} selects no test"


def _test_names(path: Path) -> str:
    """Return the names of all tests in a file or folder, with the strings that parametrised ids are made of."""
    files = [path] if path.is_file() else sorted(path.rglob("test_*.py"))
    assert files, f"there are no tests in {path}"
    nodes = [node for file in files for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))]
    functions = [node.name for node in nodes if isinstance(node, ast.FunctionDef)]
    texts = [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return "\n".join([*functions, *texts, *(file.name for file in files)])

"""Names that this project once invented do not come back: not as identifiers, file names or headings.

`REPLACED` maps each of them to the standard term. Strings are not looked at: stored and public names ("door", "lanes",
`receipt` in an object's metadata) are written by the encoders and read by the decoders and keep their spelling.
Identifiers that must have such a name are listed in `ALLOWED`, with the reason.
"""

import ast
import io
import keyword
import re
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("functions", "local", "docs", "web", "tests", "benchmarks", "release")

REPLACED = {
    "anew": "again",
    "aside": "off_topic, excluded",
    "behind": "after",
    "courier": "client",
    "cutter": "decoder",
    "desk": "context, service",
    "door": "handler, intake channel",
    "doors": "handlers, intake channels",
    "endings": "terminal states",
    "enlist": "add, register",
    "entomb": "write_tombstone",
    "errand": "grading session",
    "forgetful": "null persistence",
    "handed_on": "reading result",
    "keeper": "persistence",
    "lane": "branch",
    "lanes": "branches",
    "lean": "minimal client",
    "oracle": "checks",
    "outlook": "policy",
    "purse": "budget",
    "remembering": "cache",
    "room": "package, module",
    "rooms": "packages, modules",
    "shelf": "assessment, repository",
    "shelving": "updates",
    "stone": "tombstone",
    "tidy": "clean_up",
    "told": "parsed, merged, reported",
    "whose": "owner, student",
    "witness": "recorder",
}
# Exact module names of the glossary (a file of this name would hold something else's idea).
REPLACED_FILES = {
    *("arrivals", "bounds", "chains", "claims", "edge", "endings", "errand", "flow", "handed_on", "keeping", "kept"),
    *("late", "library", "outlook", "paid", "places", "remembering", "repeats", "roll", "said", "seal", "shelf"),
    *("shelving", "shortcuts", "sums", "tidy", "watch", "whose"),
}
ALLOWED: dict[str, str] = {
    "lanes": "field of the API's status document (release/openapi, local/cli reads it)",
    "door": "field of the API's status document",
    "tidy": "the state machine's state Tidy and its action",
}
ALLOWED_IN = {
    "lanes": ("release/openapi/schemas.py",),
    "door": ("release/openapi/schemas.py",),
    "flow": ("benchmarks/flow", "tests/template/flow.py"),
}


@cache
def tracked(*suffixes: str) -> list[Path]:
    found = (path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*")) if path.name.endswith(suffixes))
    return [path for path in found if not {"__pycache__", "node_modules"} & set(path.parts)]


def words(identifier: str) -> Iterator[str]:
    """ "handedOn", "handed_on" and "HandedOn" are the words handed and on, and the name handed_on."""
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", identifier).lower().strip("_")
    yield snake
    yield from snake.split("_")


def identifiers(path: Path) -> Iterator[tuple[int, str]]:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.NAME and not keyword.iskeyword(token.string):
                yield token.start[0], token.string
        for node in ast.walk(ast.parse(text)):  # the names inside f-strings, which are strings to the tokenizer
            if isinstance(node, ast.FormattedValue):
                yield from ((node.lineno, part.id) for part in ast.walk(node) if isinstance(part, ast.Name))
        return
    bare = re.sub(
        r"/\*.*?\*/|//[^\n]*|\"[^\"\n]*\"|'[^'\n]*'", lambda found: "\n" * found[0].count("\n"), text, flags=re.S
    )
    for number, line in enumerate(bare.splitlines(), 1):
        yield from ((number, found[0]) for found in re.finditer(r"[A-Za-z_$][\w$]*", line))


def replaced(identifier: str, path: Path) -> list[str]:
    name = path.relative_to(ROOT).as_posix()
    found = {word for word in words(identifier) if word in REPLACED}
    return sorted(word for word in found if not name.startswith(ALLOWED_IN.get(word, ("\0",))))


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_identifier_has_a_replaced_name(folder: str) -> None:
    here = [path for path in tracked(".py", ".js") if path.is_relative_to(ROOT / folder) and path != Path(__file__)]
    found = [
        f"{path.relative_to(ROOT)}:{line}: {name} ({word}: use {REPLACED[word]})"
        for path in here
        for line, name in identifiers(path)
        for word in replaced(name, path)
    ]
    assert found == []


def test_no_file_has_a_replaced_name() -> None:
    found = [
        path.relative_to(ROOT).as_posix()
        for path in tracked(".py", ".js", ".md", ".yaml", ".json")
        if replaced(path.stem.replace("-", "_"), path)
        or (
            path.stem in REPLACED_FILES
            and not path.relative_to(ROOT).as_posix().startswith(ALLOWED_IN.get(path.stem, ("\0",)))
        )
    ]
    assert found == []


def test_no_heading_has_a_replaced_name() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {line}"
        for path in [*tracked(".md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.startswith("#") and any(word in REPLACED for word in re.findall(r"[a-z_]+", line.lower()))
    ]
    assert found == []


def test_no_class_name_stands_for_two_things() -> None:
    places: dict[str, list[str]] = {}
    for path in tracked(".py"):
        if path.relative_to(ROOT).parts[0] in ("functions", "local"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ClassDef):
                    places.setdefault(node.name, []).append(path.relative_to(ROOT).as_posix())
    assert {name: where for name, where in places.items() if len(where) > 1} == {}


def test_a_replaced_name_is_found() -> None:
    path = ROOT / "functions" / "core" / "made_up.py"
    assert replaced("LaneBoard", path) == ["lane"]
    assert replaced("handed_on", path) == ["handed_on"]
    assert replaced("plane", path) == []

"""Names that this project once invented do not come back: not as identifiers, file names or headings.

The tables map each of them to the standard term. Strings are not checked: stored and public names ("door", "lanes",
`receipt` in an object's metadata) are written by the encoders, read by the decoders, and keep their spelling.
`ALLOWED` lists the identifiers that have such a name, and where.
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

# Replaced wherever they occur in a name: "LaneBoard", "open_desk".
REPLACED_WORDS = {
    "anew": "again",
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
    "keeper": "persistence",
    "lane": "branch",
    "lanes": "branches",
    "lean": "minimal",
    "oracle": "checks",
    "outlook": "policy",
    "purse": "budget",
    "remembering": "cache",
    "room": "package, module",
    "rooms": "packages, modules",
    "shelf": "assessment, repository",
    "shelving": "updates",
    "stone": "tombstone",
    "witness": "recorder",
}
# Replaced as whole names; inside a longer name they are ordinary English ("an_answer_whose_label_was_lost").
REPLACED_NAMES = {
    "aside": "off_topic, excluded",
    "behind": "after",
    "beside": "next_to, concurrent",
    "handed_on": "reading_result",
    "opinions": "cached_marks",
    "told": "parsed, merged, reported",
    "told_apart": "translate_aws_errors",
    "whose": "owner, student",
}
# Replaced names of modules. A file of such a name would hold something else than it says.
REPLACED_FILES = {
    *("arrivals", "bounds", "chains", "claims", "edge", "endings", "errand", "flow", "handed_on", "keeping", "kept"),
    *("late", "library", "outlook", "paid", "places", "remembering", "repeats", "roll", "said", "seal", "shelf"),
    *("shelving", "shortcuts", "sums", "tidy", "watch", "whose"),
}
# Stored and public names that are identifiers somewhere: where, and why.
ALLOWED = {
    "LanesDisagree": ("", "error name of the state machine, in records and histories"),
    "Lane": ("release/openapi/", "component of the API description; clients are generated from it"),
    "Lanes": ("release/openapi/", "component of the API description"),
    "lanes": (
        ("release/openapi/", "web/js/", "tests/unit/benchmarks/"),
        "field of the API's status and of benchmark figures",
    ),
    "door": (("release/openapi/", "tests/cli/"), "field of the API's status document"),
    "flow": (("benchmarks/flow", "tests/template/flow.py"), "the whole flow, as a package and as the checks of it"),
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


def allowed(name: str, path: Path) -> bool:
    return name in ALLOWED and path.relative_to(ROOT).as_posix().startswith(ALLOWED[name][0])


def replaced(identifier: str, path: Path) -> str | None:
    """The standard term for a replaced name, None where the name is fine."""
    if allowed(identifier, path):
        return None
    whole, *parts = words(identifier)
    return REPLACED_NAMES.get(whole) or next((REPLACED_WORDS[word] for word in parts if word in REPLACED_WORDS), None)


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_identifier_has_a_replaced_name(folder: str) -> None:
    here = [path for path in tracked(".py", ".js") if path.is_relative_to(ROOT / folder) and path != Path(__file__)]
    found = [
        f"{path.relative_to(ROOT)}:{line}: {name}: use {term}"
        for path in here
        for line, name in identifiers(path)
        if (term := replaced(name, path))
    ]
    assert found == []


def test_no_file_has_a_replaced_name() -> None:
    found = [
        path.relative_to(ROOT).as_posix()
        for path in tracked(".py", ".js", ".md", ".yaml")
        if replaced(path.stem.replace("-", "_"), path) or (path.stem in REPLACED_FILES and not allowed(path.stem, path))
    ]
    assert found == []


def test_no_heading_has_a_replaced_name() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {line}"
        for path in [*tracked(".md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.startswith("#") and {*REPLACED_WORDS, *REPLACED_NAMES} & set(re.findall(r"[a-z_]+", line.lower()))
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


@pytest.mark.parametrize("name", ["LaneBoard", "open_desk", "doors", "handed_on", "whose", "told", "handedOn"])
def test_a_replaced_name_is_found(name: str) -> None:
    assert replaced(name, ROOT / "functions" / "core" / "made_up.py")


@pytest.mark.parametrize("name", ["plane", "an_answer_whose_label_was_lost", "milestone", "LanesDisagree"])
def test_an_ordinary_name_is_none(name: str) -> None:
    assert replaced(name, ROOT / "functions" / "core" / "made_up.py") is None


def test_a_public_name_is_allowed_where_it_is_public() -> None:
    assert replaced("lanes", ROOT / "functions" / "results" / "made_up.py")
    assert replaced("lanes", ROOT / "web" / "js" / "made-up.js") is None

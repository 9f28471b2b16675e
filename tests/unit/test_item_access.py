"""Only `core.storage` reads table items; everything else gets typed objects from it.

Nobody else calls the table, so nobody else has an item; and nobody else uses the name of an attribute that only items
have, for instance on the item of a refused write.
"""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.storage import branch_items, submission_record
from core.storage.table import Table

FUNCTIONS = Path(__file__).parents[2] / "functions"
STORAGE = FUNCTIONS / "core" / "storage"
# Modules that keep an item of their own, which nothing else reads.
OWN_ITEMS = {
    "extract/ocr/rate_limiter.py": "the schedule of the account's Textract quota",
    "receive/rate_limit.py": "the count of files in a minute",
}
TABLE_METHODS = {name for name in vars(Table) if not name.startswith("_")}
# What other packages may import from the table's module. `ConditionFailed` is caught, its item is not read.
TABLE_IMPORTS = {"Table", "ConditionFailed", "submission_pk", "tenant_pk"}
# Attributes of items that are fields of JSON as well: of states and requests, of result documents, of the API.
SHARED_NAMES = {
    *("tenant", "assessment", "kind", "student", "door", "received_at", "state", "run", "input"),
    *("bucket", "key", "version_id", "sha256", "size", "duplicate_of", "started_at", "ended_at"),
    *("marks", "max_marks", "review", "revision", "failure"),
    *("first_ocr_at", "question", "label", "type", "message", "counted", "answered"),
}


def modules_outside_storage() -> Iterator[Path]:
    for path in sorted(FUNCTIONS.rglob("*.py")):
        if STORAGE not in path.parents and path.relative_to(FUNCTIONS).as_posix() not in OWN_ITEMS:
            yield path


def table_calls(tree: ast.AST) -> list[str]:
    """The methods that are called on something named `table`."""
    return [
        node.func.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in TABLE_METHODS
        and ast.unparse(node.func.value).removesuffix("()").rpartition(".")[2].lstrip("_") == "table"
    ]


def string_keys(tree: ast.AST) -> Iterator[str]:
    """The constant names by which values are indexed: `x["name"]`, `x.get("name")`, `"name" in x`."""
    for node in ast.walk(tree):
        match node:
            case ast.Subscript(slice=ast.Constant(value=str(name))):
                yield name
            case ast.Call(func=ast.Attribute(attr="get" | "pop"), args=[ast.Constant(value=str(name)), *_]):
                yield name
            case ast.Compare(left=ast.Constant(value=str(name)), ops=[ast.In() | ast.NotIn()]):
                yield name


def item_attributes() -> set[str]:
    """The attributes that only items of a submission have, as their decoders read them."""
    decoders = [Path(str(module.__file__)) for module in (submission_record, branch_items)]
    decoders.append(STORAGE / "outcome_attributes.py")
    return {name for path in decoders for name in string_keys(ast.parse(path.read_text()))} - SHARED_NAMES


def parsed(path: Path) -> ast.AST:
    return ast.parse(path.read_text(encoding="utf-8"))


def test_only_storage_calls_the_table() -> None:
    found = {path.as_posix(): calls for path in modules_outside_storage() if (calls := table_calls(parsed(path)))}
    assert found == {}


def test_only_storage_imports_items_and_their_keys() -> None:
    imported = {
        (path.relative_to(FUNCTIONS).as_posix(), alias.name)
        for path in modules_outside_storage()
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ImportFrom) and node.module == "core.storage.table"
        for alias in node.names
    }
    assert {entry for entry in imported if entry[1] not in TABLE_IMPORTS} == set()


def test_only_storage_uses_the_names_of_item_attributes() -> None:
    names = item_attributes()
    found = {
        path.as_posix(): used for path in modules_outside_storage() if (used := names & set(string_keys(parsed(path))))
    }
    assert found == {}


def test_these_checks_find_what_they_look_for() -> None:
    calls = Counter(call for path in STORAGE.glob("*.py") for call in table_calls(parsed(path)))
    assert set(calls) >= {"get", "put", "update", "partition", "replace", "delete", "query_pending"}
    assert item_attributes() >= {"claimed", "erased_at", "erasing", "edits", "pending", "transcript_key", "pk"}
    used_elsewhere = {name for path in modules_outside_storage() for name in string_keys(parsed(path))}
    assert used_elsewhere >= SHARED_NAMES, "a name that is no longer shared has to be checked"
    for path in OWN_ITEMS:
        assert table_calls(parsed(FUNCTIONS / path)), f"{path} keeps no item any more"


@pytest.mark.parametrize(
    "line",
    [
        'context.table.get(pk, "record")',
        "self._table.update(pk, sk, expression)",
        "table().partition(pk)",
    ],
)
def test_a_call_of_the_table_is_recognised(line: str) -> None:
    assert table_calls(ast.parse(line))

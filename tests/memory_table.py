"""The table in memory: the methods of `core.storage.table.Table`, with expressions evaluated as DynamoDB does.

It supports the grammar that this code uses and refuses everything else: AND, OR, comparisons, attribute_exists,
attribute_not_exists; SET of values, REMOVE, ADD of numbers. `test_memory_table.py` compares it with moto.
"""

import re
import threading
from copy import deepcopy
from typing import Any

from core.storage.table import ConditionFailed, Item, Table

_TOKEN = re.compile(r"\s*(\(|\)|<>|<=|>=|=|<|>|AND\b|OR\b|attribute_(?:not_)?exists\([^)]*\)|[#:]?[\w.#]+)")
_CLAUSE = re.compile(r"\b(SET|REMOVE|ADD)\b")


class MemoryTable(Table):
    def __init__(self) -> None:
        super().__init__(None, "memory")
        self.items: dict[tuple[str, str], Item] = {}
        self.writes = 0
        self._lock = threading.RLock()

    def get(self, pk: str, sk: str) -> Item | None:
        with self._lock:
            return deepcopy(self.items.get((pk, sk)))

    def partition(self, pk: str, prefix: str = "") -> list[Item]:
        with self._lock:
            keys = sorted(key for key in self.items if key[0] == pk and key[1].startswith(prefix))
            return [deepcopy(self.items[key]) for key in keys]

    def query_by_assessment(self, tenant: str, assessment: str, kind: str = "") -> list[Item]:
        with self._lock:
            found = [item for item in self.items.values() if item.get("gsi1pk") == f"{tenant}#{assessment}"]
            of_kind = [item for item in found if not kind or str(item["gsi1sk"]).startswith(f"{kind}#")]
            return deepcopy(sorted(of_kind, key=lambda item: str(item["gsi1sk"])))

    def put(self, item: Item) -> None:
        with self._lock:
            self.items[item["pk"], item["sk"]] = deepcopy(item)

    def replace(
        self, item: Item, *, condition: str, values: Item | None = None, names: dict[str, str] | None = None
    ) -> None:
        with self._lock:
            existing = self.items.get((item["pk"], item["sk"]))
            if not condition_holds(condition, existing, values or {}, names or {}):
                raise ConditionFailed(deepcopy(existing))
            self.put(item)

    def update(
        self,
        pk: str,
        sk: str,
        expression: str,
        *,
        values: Item | None = None,
        names: dict[str, str] | None = None,
        condition: str | None = None,
    ) -> Item:
        with self._lock:
            existing = self.items.get((pk, sk))
            if condition and not condition_holds(condition, existing, values or {}, names or {}):
                raise ConditionFailed(deepcopy(existing))
            item = deepcopy(existing) or {"pk": pk, "sk": sk}
            _apply(expression, item, values or {}, names or {})
            self.items[pk, sk] = item
            self.writes += 1
            return deepcopy(item)

    def delete(self, pk: str, sk: str) -> None:
        with self._lock:
            self.items.pop((pk, sk), None)

    def delete_if(self, pk: str, sk: str, condition: str, values: Item) -> bool:
        with self._lock:
            if not condition_holds(condition, self.items.get((pk, sk)), values, {}):
                return False
            self.delete(pk, sk)
            return True


def condition_holds(condition: str, item: Item | None, values: Item, names: dict[str, str]) -> bool:
    """Whether a condition holds for an item (None: there is none). Comparisons with a missing attribute are false."""
    tokens, rest = [], condition
    while rest.strip():
        found = _TOKEN.match(rest)
        if found is None:
            raise ValueError(f"unsupported expression: {rest}")
        tokens.append(found[1])
        rest = rest[found.end() :]
    holds, remaining = _parse_or(tokens, item or {}, values, names)
    if remaining:
        raise ValueError(f"unsupported expression: {condition}")
    return holds


def _parse_or(tokens: list[str], item: Item, values: Item, names: dict[str, str]) -> tuple[bool, list[str]]:
    holds, tokens = _parse_and(tokens, item, values, names)
    while tokens and tokens[0] == "OR":
        next_holds, tokens = _parse_and(tokens[1:], item, values, names)
        holds = holds or next_holds
    return holds, tokens


def _parse_and(tokens: list[str], item: Item, values: Item, names: dict[str, str]) -> tuple[bool, list[str]]:
    holds, tokens = _parse_term(tokens, item, values, names)
    while tokens and tokens[0] == "AND":
        next_holds, tokens = _parse_term(tokens[1:], item, values, names)
        holds = holds and next_holds
    return holds, tokens


def _parse_term(tokens: list[str], item: Item, values: Item, names: dict[str, str]) -> tuple[bool, list[str]]:
    first, *rest = tokens
    if first == "(":
        holds, rest = _parse_or(rest, item, values, names)
        return holds, rest[1:]
    if first.startswith("attribute_"):
        function, _, path = first.rstrip(")").partition("(")
        exists = _resolve_operand(path, item, values, names) is not None
        return exists is (function == "attribute_exists"), rest
    operator, second, *rest = rest
    left, right = _resolve_operand(first, item, values, names), _resolve_operand(second, item, values, names)
    if left is None or right is None:
        return operator == "<>" and left is not right, rest
    return {
        "=": left == right,
        "<>": left != right,
        "<": left < right,
        "<=": left <= right,
        ">": left > right,
        ">=": left >= right,
    }[operator], rest


def _resolve_operand(path: str, item: Item, values: Item, names: dict[str, str]) -> Any:
    if path.startswith(":"):
        return values[path]
    node: Any = item
    for part in path.split("."):
        node = node.get(names[part] if part.startswith("#") else part) if isinstance(node, dict) else None
    return node


def _apply(expression: str, item: Item, values: Item, names: dict[str, str]) -> None:
    _, *parts = _CLAUSE.split(expression)
    for clause, body in zip(parts[::2], parts[1::2], strict=True):
        for change in body.split(","):
            words = change.split("=") if clause == "SET" else change.split()
            *parents, name = [names.get(part, part) for part in words[0].strip().split(".")]
            node = item
            for part in parents:
                node = node[part]
            if clause == "SET":
                node[name] = deepcopy(values[words[1].strip()])
            elif clause == "REMOVE":
                node.pop(name, None)
            else:
                node[name] = node.get(name, 0) + values[words[1]]

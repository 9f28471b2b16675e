"""Counters of calls that cost money (Textract, models), one for each attempt that makes them.

An attempt whose process dies returns nothing, yet its calls are charged. Each attempt therefore has its own counter
in its branch's item, `{call}#{attempt}`: writing it again has the same result, and no other attempt overwrites it.
"""

from collections.abc import Iterable
from uuid import uuid4

from core.storage.table import Item

OCR_CALLS = "ocr_calls"
MODEL_CALLS = "model_calls"


def new_counter_attribute(kind: str) -> str:
    """Return an attribute for the counter of one attempt; each call returns another."""
    return f"{kind}#{uuid4().hex[:8]}"


def sum_counters(kind: str, items: Iterable[Item]) -> int:
    """Return the sum of all attempts' counters in these items."""
    return sum(int(item[name]) for item in items for name in item if name.startswith(f"{kind}#"))

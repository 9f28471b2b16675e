"""Calls that cost money (Textract's, a model's), counted by each try that makes them.

A try whose process dies returns nothing, yet what it asked for is paid. So each try has a counter of its own in
its lane's item, `{call}#{try}`: written again it says the same, and no other try's write takes it away.
"""

from collections.abc import Iterable
from uuid import uuid4

from core.storage.table import Item

OCR_CALLS = "ocr_calls"
MODEL_CALLS = "model_calls"


def new_counter_attribute(kind: str) -> str:
    """The attribute in which one try counts: another at each call of this."""
    return f"{kind}#{uuid4().hex[:8]}"


def sum_counters(kind: str, items: Iterable[Item]) -> int:
    """What all tries have counted in these items."""
    return sum(int(item[name]) for item in items for name in item if name.startswith(f"{kind}#"))

"""Prices of model calls in US dollars per million tokens: approximate list prices of October 2025.

They have not been checked against an invoice; look at your provider's list before you rely on a cap.

A model without a listed price costs 0 in the record (a local model costs nothing per call), but counts as the most
expensive listed one against a spending cap.
"""

import re

LISTED_ON = "2025-10"
_USD_PER_MILLION_TOKENS = {
    "gpt-5": (1.25, 10.0),
    "gpt-5-mini": (0.25, 2.0),
    "gpt-5-nano": (0.05, 0.4),
    "gpt-4.1": (2.0, 8.0),
    "gpt-4.1-mini": (0.4, 1.6),
    "gpt-4.1-nano": (0.1, 0.4),
    "gpt-4o": (2.5, 10.0),
    "gpt-4o-mini": (0.15, 0.6),
    "o4-mini": (1.1, 4.4),
}
_HIGHEST_PRICE = max(_USD_PER_MILLION_TOKENS.values(), key=sum)


def find_price(model: str) -> tuple[float, float] | None:
    """(input, output) per million tokens; a dated name ("gpt-4o-2024-08-06") has its family's price."""
    return _USD_PER_MILLION_TOKENS.get(re.sub(r"-\d{4}-\d{2}-\d{2}$", "", model.lower()))


def cost(model: str, input_tokens: int, output_tokens: int) -> float:
    per_input, per_output = find_price(model) or (0.0, 0.0)
    return round((input_tokens * per_input + output_tokens * per_output) / 1e6, 6)


def max_cost(model: str, input_tokens: int, output_tokens: int) -> float:
    """An upper bound for a spending cap: never 0 for a model whose price is not listed."""
    per_input, per_output = find_price(model) or _HIGHEST_PRICE
    return (input_tokens * per_input + output_tokens * per_output) / 1e6

"""Reproducible randomness: every draw is a hash of the seed and of its purpose.

Threads run in any order; which fault affects a function's third PutObject does not depend on it.
"""

import hashlib
from typing import TypeVar

T = TypeVar("T")


def random_fraction(*of: object) -> float:
    """Return a number from 0 (inclusive) to 1 (exclusive), always the same for the same parts."""
    digest = hashlib.blake2b("|".join(map(str, of)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def weighted_choice(options: dict[T, float], *of: object) -> T:
    """Return one of the options, with probabilities proportional to their weights."""
    point = random_fraction(*of) * sum(options.values())
    for option, weight in options.items():
        point -= weight
        if point < 0:
            return option
    return next(iter(options))

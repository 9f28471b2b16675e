"""Chance without a common dice: every draw is a hash of the seed and of what is drawn for.

Threads take turns as they like; what befalls the third PutObject of a function does not depend on them.
"""

import hashlib
from typing import TypeVar

T = TypeVar("T")


def random_fraction(*of: object) -> float:
    """A number from 0 up to 1, always the same for the same parts."""
    digest = hashlib.blake2b("|".join(map(str, of)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def weighted_choice(options: dict[T, float], *of: object) -> T:
    """One of the options, each as likely as its weight says."""
    point = random_fraction(*of) * sum(options.values())
    for option, weight in options.items():
        point -= weight
        if point < 0:
            return option
    return next(iter(options))

"""Seeded random regular expressions, and texts of which about half match them."""

import random
from collections.abc import Iterator

# Letters, digits and spaces that differ in case, are not ASCII, or stand at the border of a class.
LITERALS = "abkszABK019_ -é É ñ Σ σ ß ж Ж 中 π µ μ ٣ ५ \u00a0".replace(" ", "") + " "
ESCAPES = {
    r"\d": "0479٣५",
    r"\D": "ab é",
    r"\w": "abZ09_éж中٣",
    r"\W": " -.\u00a0",
    r"\s": " \t\u00a0",
    r"\S": "a9éж",
}
RANGES = {"a-f": "abcdef", "A-K": "ABK", "0-5": "0123", "а-я": "абжя", "é-ñ": "éëñ", "α-ω": "αβπσω"}
QUANTIFIERS = ("*", "+", "?", "{2}", "{1,3}", "{,2}", "{2,}", "*?", "+?", "??", "{1,2}?")
ANCHORS = ("^", "$", r"\A", r"\Z", r"\b", r"\B")


class RegexGenerator:
    """Draws a pattern together with a text that it matches, unless an anchor or a group's end forbids it."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311

    def pairs(self, count: int) -> Iterator[tuple[str, str]]:
        for _ in range(count):
            pattern, text = self._choice(depth=3)
            yield pattern, text if self.random.random() < 0.5 else self._damaged(text)

    def _damaged(self, text: str) -> str:
        position = self.random.randint(0, len(text))
        inserted = self.random.choice([*LITERALS, "\n", "²", "", ""])
        text = text[:position] + inserted + text[position + self.random.randint(0, 1) :]
        return text.swapcase() if self.random.random() < 0.2 else text

    def _choice(self, depth: int) -> tuple[str, str]:
        branches = [self._sequence(depth) for _ in range(self.random.choice((1, 1, 1, 2, 3)))]
        return "|".join(pattern for pattern, _ in branches), self.random.choice(branches)[1]

    def _sequence(self, depth: int) -> tuple[str, str]:
        parts = [self._repeated(depth) for _ in range(self.random.choice((0, 1, 1, 2, 2, 3)))]
        if self.random.random() < 0.15:
            parts.insert(self.random.randint(0, len(parts)), (self.random.choice(ANCHORS), ""))
        return "".join(pattern for pattern, _ in parts), "".join(text for _, text in parts)

    def _repeated(self, depth: int) -> tuple[str, str]:
        pattern, text = self._atom(depth)
        if self.random.random() < 0.6:
            return pattern, text
        quantifier = self.random.choice(QUANTIFIERS)
        return pattern + quantifier, text * self.random.choice({"{": (1, 2, 2), "+": (1, 2)}.get(quantifier[0], (0, 1)))

    def _atom(self, depth: int) -> tuple[str, str]:
        kind = self.random.random()
        if kind < 0.25 and depth:
            pattern, text = self._choice(depth - 1)
            return self.random.choice(("(", "(?:", f"(?P<g{self.random.getrandbits(40)}>")) + pattern + ")", text
        if kind < 0.45:
            escape = self.random.choice(list(ESCAPES))
            return escape, self.random.choice(ESCAPES[escape])
        if kind < 0.6:
            return self._set()
        if kind < 0.65:
            return ".", self.random.choice(LITERALS)
        literal = self.random.choice(LITERALS)
        return (f"\\{literal}" if literal in "-" else literal), literal

    def _set(self) -> tuple[str, str]:
        members = {**ESCAPES, **RANGES, **{literal: literal for literal in LITERALS if literal not in "-"}}
        chosen = self.random.sample(list(members), self.random.randint(1, 3))
        if self.random.random() < 0.25:
            return f"[^{''.join(chosen)}]", self.random.choice(LITERALS)
        return f"[{''.join(chosen)}]", self.random.choice(members[self.random.choice(chosen)])

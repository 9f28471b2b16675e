"""Regular expressions that are compiled at first use, so that a cold start compiles only those that its sheet needs."""

import re
from collections.abc import Iterator
from functools import cached_property


class LazyPattern:
    """A pattern with the methods of `re.Pattern` that are used here.

    For patterns that run only after a cheaper check, or that not every call of a function reaches.
    """

    def __init__(self, pattern: str, flags: int = 0) -> None:
        self.pattern, self._flags = pattern, flags

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(self.pattern, self._flags)

    def search(self, text: str) -> re.Match[str] | None:
        return self._compiled.search(text)

    def match(self, text: str) -> re.Match[str] | None:
        return self._compiled.match(text)

    def fullmatch(self, text: str) -> re.Match[str] | None:
        return self._compiled.fullmatch(text)

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        return self._compiled.finditer(text)

    def subn(self, replacement: str, text: str) -> tuple[str, int]:
        return self._compiled.subn(replacement, text)

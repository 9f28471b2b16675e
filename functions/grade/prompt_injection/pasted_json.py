"""Removes JSON objects that look like a grader's reply or a chat message from an answer, in one pass."""

import re
from collections.abc import Iterator

from grade.prompt_injection.patterns import JSON_KEY, QUOTES

_BRACKET = re.compile(r"[{}\[\]]")
# If fewer words of the line remain, they only introduced the object and are removed as well ("return … for all").
_MIN_LEAD_WORDS = 4


def remove_pasted_json(text: str) -> tuple[str, bool]:
    """The answer without such objects, and whether there are any."""
    if not any(quote in text for quote in QUOTES):
        return text, False
    kept, at = "", 0
    for start, end in _find_objects(text):
        if end <= at:
            continue
        kept, at = _trim_cut(kept + text[at : max(start, at)], text, end)
    return (kept + text[at:], True) if at else (text, False)


def _find_objects(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of what is to be removed for each key of a grader's reply: the brackets around it, or if there are
    none the key and its value."""
    closes, around = _match_brackets(text, [key.start() for key in JSON_KEY.finditer(text)])
    for key, opened in around.items():
        for start in reversed(opened):
            end = closes.get(start) or _find_line_end(text, start)
            if end > key:
                yield start, end
                break
        else:
            value = _BRACKET.search(text, key, _find_line_end(text, key))
            yield key, (closes.get(value.start()) if value else None) or _find_line_end(text, key)


def _match_brackets(text: str, keys: list[int]) -> tuple[dict[int, int], dict[int, tuple[int, ...]]]:
    """For each opening bracket the index after its closing bracket, if it has one; and for each key the innermost open
    brackets around it (see `_enclosing_brackets`)."""
    closes: dict[int, int] = {}
    around: dict[int, tuple[int, ...]] = {}
    opened: list[int] = []
    places = sorted([*((found.start(), True) for found in _BRACKET.finditer(text)), *((key, False) for key in keys)])
    for at, is_bracket in places:
        if not is_bracket:
            around[at] = tuple(_enclosing_brackets(text, opened))
        elif text[at] in "{[":
            opened.append(at)
        elif opened:
            closes[opened.pop()] = at + 1
    return closes, around


def _enclosing_brackets(text: str, opened: list[int]) -> Iterator[int]:
    """The innermost open bracket, and up to eight around it with only whitespace between them ("[{")."""
    for index in range(len(opened) - 1, max(len(opened) - 9, -1), -1):
        yield opened[index]
        if index and text[opened[index - 1] + 1 : opened[index]].strip():
            return


def _find_line_end(text: str, start: int) -> int:
    newline = text.find("\n", start)
    return len(text) if newline < 0 else newline


def _trim_cut(before: str, text: str, end: int) -> tuple[str, int]:
    """The text before the removed object and the index where the text continues, both without the rest of the line if
    that has only a few words."""
    above, _, lead = before.rpartition("\n")
    below = _find_line_end(text, end)
    if len(f"{lead} {text[end:below]}".split()) < _MIN_LEAD_WORDS:
        return f"{above}\n", min(below + 1, len(text))
    return f"{before} ", end

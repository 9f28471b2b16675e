"""Answers in a row: "1 B  2 C  3 True", "1-5 CBCDE", "1. (b), 2. (d)": keys print them so, students too."""

import re

_SAID = r"(?:[A-Ha-h](?:\s?(?:,|and|&|/)\s?[A-Ha-h])*(?![\w'’])|[Tt]rue|[Ff]alse|TRUE|FALSE|[TtFf](?![\w'’]))"
_PAIR = re.compile(
    rf"(?:^|(?<=[\s,;|]))(?:[Qq]\s?\.?\s?)?(\d{{1,3}})\s?[.):\]=\-–—]{{0,2}}\s{{0,3}}(?:[Aa]ns(?:wer)?[.:]?\s*)?"
    rf"[(\[]?\s?({_SAID})\s?[)\]]?\.?(?=$|[\s,;|])"
)
_RANGE = re.compile(
    r"(?:^|(?<=\s))[Qq]?(\d{1,3})\s?(?:[-–—]|to)\s?[Qq]?(\d{1,3})\s*[:.)]?\s+((?:[A-Ha-h][\s,]{0,3}){2,})(?=$|\s|\d)"
)


def compact_answers(text: str) -> list[tuple[int, str]]:
    """The (number, answer) pairs that the text is made of; empty where it holds anything else."""
    text = text.replace("\t", "  ").strip()
    found: list[tuple[int, str]] = []
    rest = text
    for match in _RANGE.finditer(text):
        letters = re.findall(r"[A-Ha-h]", match[3])
        first, last = int(match[1]), int(match[2])
        if last - first + 1 == len(letters):
            found += list(enumerate(letters, first))
            rest = rest.replace(match[0], " ")
    position = 0
    for match in _PAIR.finditer(rest):
        if rest[position : match.start()].strip(" ,;|\t"):
            return []
        found.append((int(match[1]), match[2]))
        position = match.end()
    return found if found and not rest[position:].strip(" ,;|.\t") else []

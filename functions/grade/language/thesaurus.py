"""Loads the word lists of equivalent and opposite wordings, `thesaurus.txt` and `opposites.txt`."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from grade.language.tokenizer import stem, tokenize

Stems = tuple[str, ...]
ScaleEnd = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Thesaurus:
    """Senses and scale ends of runs of stems.

    `senses`: the groups of equivalent wordings that a run belongs to. `scale_ends`: (scale, +1 or -1) for each end of a
    scale that it is in. `longest`: the length of the longest run. `first_stems`: the first stems of runs of several
    words.
    """

    senses: Mapping[Stems, frozenset[int]]
    scale_ends: Mapping[Stems, frozenset[ScaleEnd]]
    longest: int
    first_stems: frozenset[str]


@lru_cache(maxsize=1)
def load_thesaurus() -> Thesaurus:
    senses: dict[Stems, set[int]] = {}
    for number, line in enumerate(_read_lines("thesaurus.txt")):
        for wording in line.split(","):
            senses.setdefault(_stem_wording(wording), set()).add(number)
    scale_ends: dict[Stems, set[ScaleEnd]] = {}
    for number, line in enumerate(_read_lines("opposites.txt")):
        for sign, end in zip((1, -1), line.split("|"), strict=True):
            for wording in end.split(","):
                scale_ends.setdefault(_stem_wording(wording), set()).add((number, sign))
    runs = [run for run in (*senses, *scale_ends) if len(run) > 1]
    return Thesaurus(
        {run: frozenset(found) for run, found in senses.items() if run},
        {run: frozenset(found) for run, found in scale_ends.items() if run},
        max(map(len, runs)),
        frozenset(run[0] for run in runs),
    )


def _read_lines(name: str) -> list[str]:
    text = Path(__file__).with_name(name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]


def _stem_wording(wording: str) -> Stems:
    return tuple(stem(word) for word in tokenize(wording))

"""Malformed and hostile files: each ends as accepted or as a named refusal in time, and the next one is read.

`FUZZ_FILES` says how many damaged files are made. A long run: `FUZZ_FILES=5000 pytest tests/unit/extract/test_fuzz.py`
"""

import os
import time

import pytest

from core import errors
from core.submission import Kind
from extract.documents import read_document
from extract.sandbox import Sandbox
from tests.unit.extract.hostile import damaged, originals, written_to_harm
from tests.unit.extract.material import PROSE, RecordingOcr, pdf, typed

DAMAGED = int(os.environ.get("FUZZ_FILES", "180"))
HARMFUL = written_to_harm()
SECONDS = 10.0


def ends_well(body: bytes, sandbox: Sandbox) -> str:
    """ "accepted", or the refusal's name; anything else is raised."""
    begun = time.monotonic()
    kinds = list(Kind)
    try:
        read_document(body, ocr=RecordingOcr(), kind=kinds[len(body) % len(kinds)], sandbox=sandbox)
        result = "accepted"
    except errors.DocumentRejected as refusal:
        assert len(str(refusal)) > 10
        result = type(refusal).__name__
    assert time.monotonic() - begun < SECONDS
    return result


@pytest.mark.parametrize("name", HARMFUL)
def test_file_written_to_do_harm_ends_well(name: str, sandbox: Sandbox) -> None:
    ends_well(HARMFUL[name], sandbox)


def test_damaged_files_end_well_and_the_next_is_read(sandbox: Sandbox) -> None:
    sources = originals()
    endings: dict[str, int] = {}
    for seed in range(DAMAGED):
        ending = ends_well(damaged(sources[seed % len(sources)], seed), sandbox)
        endings[ending] = endings.get(ending, 0) + 1
    assert endings["accepted"] > 0
    assert len(endings) > 2, "some are beyond reading, or nothing was damaged"
    transcript = read_document(pdf(typed()), ocr=RecordingOcr(), kind=Kind.QUESTION_PAPER, sandbox=sandbox)
    assert [line.text for line in transcript.pages[0].lines] == PROSE

"""`gradeline demo`: the main job on the five sample sheets, through all three doors, on this machine alone."""

import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from core.submission import Door, Kind
from local import wording
from local.client import ApiClient
from local.comparison import Comparison, Expected, compare, read_expected
from local.deliveries import Delivery
from local.errand import Errand, open_cloud, page_of, papers, stay, write_csv
from local.marks_table import print_doubts, print_marks

SAMPLES = Path(__file__).parent.parent / "samples"
_ASSESSMENT = "science-test"
# Two by the API, two by a presigned upload, one by the drop folder.
_DOORS = (Door.API, Door.UPLOAD, Door.DROP, Door.API, Door.UPLOAD)


def run(*, out: Path, port: int, keep: bool, stdout: Console, stderr: Console, samples: Path = SAMPLES) -> int:
    """The whole demonstration; returns the exit code."""
    begun = time.monotonic()
    expected = read_expected(samples / "expected.json")
    sheets = [
        Delivery(one.path, Kind.ANSWER_SHEET, one.student, _DOORS[index % len(_DOORS)])
        for index, one in enumerate(expected)
    ]
    _say(stderr, f"{wording.count(len(sheets), 'answer sheet')} to a science paper, on this machine alone.")
    with open_cloud(port=port) as cloud, ApiClient(cloud.api_url, cloud.token()) as client:
        _say(stderr, f"The local cloud is up after {wording.seconds(time.monotonic() - begun)}: {cloud.api_url}/")
        errand = Errand(client, _ASSESSMENT, stderr, cloud)
        errand.put_scheme(samples / "marking-scheme.yaml")
        sent = time.monotonic()
        errand.prepare(papers(samples / "question-paper.pdf", None))
        if errand.paper:
            _say(stderr, _the_paper(errand, time.monotonic() - sent))
        sent = time.monotonic()
        errand.mark(sheets)
        took = time.monotonic() - sent
        errand.gather(sheets)
        write_csv(out / "results.csv", sheets)
        errand.write_report(out / "report.html", sheets)
        _tell(stdout, errand, sheets, expected=expected, took=took, out=out)
        if keep:
            stay(stderr, page_of(cloud.api_url, errand.assessment))
    return 0 if all(sheet.well for sheet in sheets) else 1


def _the_paper(errand: Errand, took: float) -> str:
    paper = errand.paper
    assert paper is not None  # noqa: S101 - the caller has looked
    questions = wording.count(len(list(paper.leaves())), "question")
    return f"The question paper: {questions}, {wording.number(paper.total_marks)} marks, after {wording.seconds(took)}."


def _tell(
    stdout: Console,
    errand: Errand,
    sheets: Sequence[Delivery],
    *,
    expected: Sequence[Expected],
    took: float,
    out: Path,
) -> None:
    stdout.print()
    print_marks(stdout, sheets)
    stdout.print()
    print_doubts(stdout, sheets, more_at=str(out / "report.html"))
    stdout.print()
    marked = sum(sheet.result is not None for sheet in sheets)
    _say(stdout, f"{wording.count(marked, 'sheet')} marked in {wording.seconds(took)}.")
    for note in errand.notes(sheets):
        _say(stdout, note)
    lanes = [sheet.timeline for sheet in sheets if sheet.timeline]
    first = sum(lane.reading_came_first is True for lane in lanes)
    _say(stdout, f"Reading started before storing and recording had ended on {first} of {len(sheets)} sheets.")
    _say(stdout, _comparison(compare(sheets, expected)))
    for line in compare(sheets, expected).apart:
        _say(stdout, f"  more than one mark apart: {line}")
    stdout.print()
    stdout.print(Text(f"Report   {(out / 'report.html').resolve().as_uri()}"), soft_wrap=True)
    stdout.print(Text(f"Marks    {out / 'results.csv'}"), soft_wrap=True)


def _comparison(found: Comparison) -> str:
    everything = found.compared + found.reviewed
    share = f" ({found.reviewed / everything:.0%})" if everything else ""
    return (
        f"Beside the marks given by hand: {found.within} of {found.compared} within one mark, "
        f"{found.exact} the same; {found.reviewed} of {everything} left to a person{share}."
    )


def _say(console: Console, sentence: str) -> None:
    # A person's terminal breaks lines between words; a file or a pipe gets a sentence a line.
    console.print(Text(sentence), soft_wrap=not console.is_terminal)

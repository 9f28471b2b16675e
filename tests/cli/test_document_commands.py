"""Reading a file on the command line: no asynchronous job exists here, so a slow machine goes on and shows how far."""

import io
import json
import signal
import subprocess
from pathlib import Path

import pytest
from rich.console import Console

from core.models.errors import ReadingIncomplete
from core.models.submission import DocumentKind
from extract.ocr.async_job_policy import AsyncJobPolicy
from local.cli import document_commands
from local.cli.main import main
from local.cli.reading_progress import ReadingProgress
from local.cloud.ocr_pool import OcrError, OcrLine, OcrPage, OcrWord
from tests.cli.test_main import ROOT, environment, gradeline
from tests.documents import picture, scanned_pdf
from tests.processes import children, running_program, wait_for_group_exit

BOX = ((0.1, 0.1), (0.9, 0.1), (0.9, 0.13), (0.1, 0.13))


class Clock:
    """`leap` seconds pass with every look: a machine on which everything takes long."""

    def __init__(self, leap: float = 0.0) -> None:
        self.now, self.leap = 0.0, leap

    def __call__(self) -> float:
        self.now += self.leap
        return self.now


class Engine:
    """An OCR engine in memory: `read` says the same line of every page, or fails with `fault`."""

    def __init__(self, fault: OcrError | None = None) -> None:
        self.fault, self.closed = fault, False

    def read(self, content: bytes) -> OcrPage:
        if self.fault:
            raise self.fault
        text = "1. Name a gas. [2]"
        return OcrPage(800, 1100, 0, (OcrLine(text, 0.99, BOX, (OcrWord(text, 0.99, BOX),)),))

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def slow_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    defaults = {**(AsyncJobPolicy.__init__.__kwdefaults__ or {}), "clock": Clock(leap=100.0)}
    monkeypatch.setattr(AsyncJobPolicy.__init__, "__kwdefaults__", defaults)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    made = Engine()
    monkeypatch.setattr("local.cli.local_ocr.start_engine", lambda folder: made)
    return made


def console(*, terminal: bool = False) -> Console:
    return Console(file=io.StringIO(), force_terminal=terminal, width=80)


def shown(on: Console) -> str:
    assert isinstance(on.file, io.StringIO)
    return on.file.getvalue()


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    path = tmp_path / "paper.pdf"
    path.write_bytes(scanned_pdf(["1. Name a gas."], ["2. Name a metal."], ["3. Name an acid."]))
    return path


@pytest.mark.usefixtures("slow_machine")
def test_a_slow_machine_reads_a_document_to_its_end(scan: Path, engine: Engine) -> None:
    found = document_commands.read_transcript(scan, DocumentKind.QUESTION_PAPER, console())

    assert [page.source for page in found.pages] == ["textract"] * 3
    assert engine.closed


@pytest.mark.usefixtures("slow_machine", "engine")
@pytest.mark.parametrize("command", [["questions"], ["extract"], ["extract", "--sheet"]])
def test_with_json_progress_is_no_part_of_the_output(
    scan: Path, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command, str(scan), "--json"]) == 0

    out, err = capsys.readouterr()
    assert json.loads(out)
    assert "OCR engine" in err


@pytest.mark.parametrize("body", [scanned_pdf(["1. Name a gas."]), picture(["1. Name a gas."])], ids=["pdf", "picture"])
def test_an_engine_that_stops_is_not_the_documents_fault(
    tmp_path: Path, engine: Engine, body: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    engine.fault = OcrError("InternalServerError", "The OCR engine stopped on this page.")
    path = tmp_path / ("paper.pdf" if body[:4] == b"%PDF" else "paper.png")
    path.write_bytes(body)

    assert main(["questions", str(path)]) == 1

    err = capsys.readouterr().err
    assert "The OCR engine stopped on this page." in err and "Scan again" not in err


def test_a_page_that_the_engine_refuses_is_the_documents_fault(
    scan: Path, engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    engine.fault = OcrError("UnsupportedDocumentException", "No picture.")

    assert main(["extract", str(scan)]) == 1
    assert "Pages 1, 2 and 3 cannot be read by OCR. Scan again and resend." in capsys.readouterr().err


def test_pages_that_could_not_be_read_this_time_are_named(scan: Path, engine: Engine) -> None:
    engine.fault = OcrError("InternalServerError", "The OCR engine stopped on this page.")

    with pytest.raises(ReadingIncomplete) as ended:
        document_commands.read_transcript(scan, DocumentKind.QUESTION_PAPER, console())
    assert ended.value.pages == (1, 2, 3)


# ── progress ─────────────────────────────────────────────────────────────────────────────────────


def read_pages(progress: ReadingProgress, clock: Clock, *, pages: int, seconds: float) -> None:
    with progress:
        progress.pages(pages)
        for _ in range(pages):
            progress.ocr_call_started()
            clock.now += seconds
            assert progress.should_stop() is False
            progress.page_done()


def test_elsewhere_than_on_a_terminal_progress_is_a_line_now_and_then() -> None:
    on, clock = console(), Clock()

    read_pages(ReadingProgress(on, clock=clock), clock, pages=300, seconds=4.0)

    lines = shown(on).splitlines()
    assert lines[0] == "Some of the 300 pages are pictures; the OCR engine reads them …"
    assert 10 <= len(lines) <= 25
    assert lines[1] == "15 of 300 pages read (60 s)"


def test_a_page_that_takes_minutes_is_still_told_of() -> None:
    on, clock = console(), Clock()

    read_pages(ReadingProgress(on, clock=clock), clock, pages=2, seconds=150.0)

    assert shown(on).splitlines()[1:] == [
        "Still reading: 0 of 2 pages (2 min 30 s)",
        "Still reading: 1 of 2 pages (5 min 00 s)",
    ]


def test_what_is_quickly_read_says_nothing_of_how_far() -> None:
    on, clock = console(), Clock()

    read_pages(ReadingProgress(on, clock=clock), clock, pages=2, seconds=1.0)

    assert len(shown(on).splitlines()) == 1


def test_a_text_layer_is_read_without_a_word() -> None:
    on, clock = console(), Clock()
    progress = ReadingProgress(on, clock=clock)
    with progress:
        progress.pages(40)
        for _ in range(40):
            clock.now += 1.0
            progress.page_done()

    assert shown(on) == ""


def test_on_a_terminal_pages_are_counted_in_place_and_nothing_stays() -> None:
    on, clock = console(terminal=True), Clock()

    read_pages(ReadingProgress(on, clock=clock), clock, pages=3, seconds=5.0)

    assert "/3 pages" in shown(on)
    assert shown(on).endswith("\x1b[2K"), "the line is taken away at the end"


# ── Ctrl-C ───────────────────────────────────────────────────────────────────────────────────────


def test_ctrl_c_ends_a_reading_with_nothing_left(scan: Path) -> None:
    with running_program(
        gradeline("extract", scan), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(), cwd=ROOT
    ) as running:
        assert running.stderr
        assert "OCR engine" in running.stderr.readline()
        below = children(running.pid)

        running.send_signal(signal.SIGINT)
        out, error = running.communicate(timeout=30)

    assert running.returncode == 130
    assert error.strip() == "Stopped." and not out
    assert wait_for_group_exit(running.pid)
    assert all(wait_for_group_exit(pid) for pid in below)

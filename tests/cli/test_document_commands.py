"""Reading a file on the command line, without asynchronous jobs: a slow machine reads on and shows its progress."""

import io
import json
import signal
import subprocess
from pathlib import Path

import pytest
from rich.console import Console

from core.models.document_kinds import DocumentKind
from core.models.errors import ReadingIncomplete
from extract.ocr.async_job_policy import AsyncJobPolicy
from local.cli import document_commands
from local.cli.main import main
from local.cli.reading_progress import ReadingProgress
from local.cloud.ocr_pool import OcrError, OcrLine, OcrPage, OcrWord
from tests.cli.program import ROOT, environment, gradeline
from tests.documents import picture, scanned_pdf
from tests.processes import children, running_program, wait_for_group_exit

BOX = ((0.1, 0.1), (0.9, 0.1), (0.9, 0.13), (0.1, 0.13))


class FakeClock:
    """A clock that advances by `step` seconds per call; a large step simulates a slow machine."""

    def __init__(self, step: float = 0.0) -> None:
        self.now, self.step = 0.0, step

    def __call__(self) -> float:
        self.now += self.step
        return self.now


class FakeEngine:
    """An OCR engine in memory: `read` returns the same line for every page, or raises `fault`."""

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
    defaults = {**(AsyncJobPolicy.__init__.__kwdefaults__ or {}), "clock": FakeClock(step=100.0)}
    monkeypatch.setattr(AsyncJobPolicy.__init__, "__kwdefaults__", defaults)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    fake = FakeEngine()
    monkeypatch.setattr("local.cli.local_ocr.start_engine", lambda folder: fake)
    return fake


def console(*, terminal: bool = False) -> Console:
    return Console(file=io.StringIO(), force_terminal=terminal, width=80)


def printed(stderr: Console) -> str:
    assert isinstance(stderr.file, io.StringIO)
    return stderr.file.getvalue()


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    path = tmp_path / "paper.pdf"
    path.write_bytes(scanned_pdf(["1. Name a gas."], ["2. Name a metal."], ["3. Name an acid."]))
    return path


@pytest.mark.usefixtures("slow_machine")
def test_a_slow_machine_reads_the_whole_document(scan: Path, engine: FakeEngine) -> None:
    found = document_commands.read_transcript(scan, DocumentKind.QUESTION_PAPER, console())

    assert [page.source for page in found.pages] == ["textract"] * 3
    assert engine.closed


@pytest.mark.usefixtures("slow_machine", "engine")
@pytest.mark.parametrize("command", [["questions"], ["extract"], ["extract", "--sheet"]])
def test_progress_is_not_part_of_the_json_output(
    scan: Path, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command, str(scan), "--json"]) == 0

    out, err = capsys.readouterr()
    assert json.loads(out)
    assert "OCR engine" in err


@pytest.mark.parametrize("body", [scanned_pdf(["1. Name a gas."]), picture(["1. Name a gas."])], ids=["pdf", "picture"])
def test_an_engine_failure_is_not_blamed_on_the_document(
    tmp_path: Path, engine: FakeEngine, body: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    engine.fault = OcrError("InternalServerError", "The OCR engine stopped on this page.")
    path = tmp_path / ("paper.pdf" if body[:4] == b"%PDF" else "paper.png")
    path.write_bytes(body)

    assert main(["questions", str(path)]) == 1

    err = capsys.readouterr().err
    assert "The OCR engine stopped on this page." in err and "Scan again" not in err


def test_a_refused_page_is_blamed_on_the_document(
    scan: Path, engine: FakeEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    engine.fault = OcrError("UnsupportedDocumentException", "No picture.")

    assert main(["extract", str(scan)]) == 1
    assert "Pages 1, 2 and 3 cannot be read by OCR. Scan again and resend." in capsys.readouterr().err


def test_pages_that_could_not_be_read_are_listed(scan: Path, engine: FakeEngine) -> None:
    engine.fault = OcrError("InternalServerError", "The OCR engine stopped on this page.")

    with pytest.raises(ReadingIncomplete) as incomplete:
        document_commands.read_transcript(scan, DocumentKind.QUESTION_PAPER, console())
    assert incomplete.value.pages == (1, 2, 3)


# ── progress ─────────────────────────────────────────────────────────────────────────────────────


def read_pages(progress: ReadingProgress, clock: FakeClock, *, pages: int, seconds: float) -> None:
    with progress:
        progress.pages(pages)
        for _ in range(pages):
            progress.ocr_call_started()
            clock.now += seconds
            assert progress.should_stop() is False
            progress.page_done()


def test_without_a_terminal_progress_is_an_occasional_line() -> None:
    stderr, clock = console(), FakeClock()

    read_pages(ReadingProgress(stderr, clock=clock), clock, pages=300, seconds=4.0)

    lines = printed(stderr).splitlines()
    assert lines[0] == "Some of the 300 pages are pictures; the OCR engine reads them …"
    assert 10 <= len(lines) <= 25
    assert lines[1] == "15 of 300 pages read (60 s)"


def test_a_page_that_takes_minutes_is_still_reported() -> None:
    stderr, clock = console(), FakeClock()

    read_pages(ReadingProgress(stderr, clock=clock), clock, pages=2, seconds=150.0)

    assert printed(stderr).splitlines()[1:] == [
        "Still reading: 0 of 2 pages (2 min 30 s)",
        "Still reading: 1 of 2 pages (5 min 00 s)",
    ]


def test_a_quick_reading_prints_no_page_counts() -> None:
    stderr, clock = console(), FakeClock()

    read_pages(ReadingProgress(stderr, clock=clock), clock, pages=2, seconds=1.0)

    assert len(printed(stderr).splitlines()) == 1


def test_reading_a_text_layer_prints_nothing() -> None:
    stderr, clock = console(), FakeClock()
    progress = ReadingProgress(stderr, clock=clock)
    with progress:
        progress.pages(40)
        for _ in range(40):
            clock.now += 1.0
            progress.page_done()

    assert printed(stderr) == ""


def test_on_a_terminal_the_progress_bar_is_erased_at_the_end() -> None:
    stderr, clock = console(terminal=True), FakeClock()

    read_pages(ReadingProgress(stderr, clock=clock), clock, pages=3, seconds=5.0)

    assert "/3 pages" in printed(stderr)
    assert printed(stderr).endswith("\x1b[2K"), "the line is erased at the end"


# ── Ctrl-C ───────────────────────────────────────────────────────────────────────────────────────


def test_ctrl_c_ends_a_reading_and_all_its_processes(scan: Path) -> None:
    with running_program(
        gradeline("extract", scan), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(), cwd=ROOT
    ) as running:
        assert running.stderr
        assert "OCR engine" in running.stderr.readline()
        child_pids = children(running.pid)

        running.send_signal(signal.SIGINT)
        out, error = running.communicate(timeout=30)

    assert running.returncode == 130
    assert error.strip() == "Stopped." and not out
    assert wait_for_group_exit(running.pid)
    assert all(wait_for_group_exit(pid) for pid in child_pids)

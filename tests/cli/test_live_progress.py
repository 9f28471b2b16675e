"""The live view: parallel branches are visible as such in any terminal, with or without colour."""

import io
from pathlib import Path
from typing import Any

from rich.console import Console

from core.models.document_kinds import DocumentKind
from core.platform.clock import format_timestamp
from local.cli.execution_timeline import BranchSpan, ExecutionTimeline
from local.cli.live_progress import LiveProgress, progress_line, render_half_blocks, render_progress
from local.cli.submission_status import SubmissionStatus
from local.cli.submitted_files import SubmittedFile
from tests.cli.sample_class import NOON, after_noon, result, status_document


def branch(start: float | None, end: float | None = None, **more: Any) -> dict[str, Any]:
    return {
        "state": "done" if end else "running" if start is not None else "waiting",
        "started_at": format_timestamp(after_noon(start)) if start is not None else None,
        "ended_at": format_timestamp(after_noon(end)) if end else None,
        **more,
    }


def sheet_in_progress(name: str = "Mina", *, storing: dict[str, Any] | None = None, **changes: Any) -> SubmittedFile:
    branches = {
        "reading": branch(0.0, pages_total=3, pages_done=2),
        "storing": storing or branch(0.0, 1.0),
        "recording": branch(0.0, 0.2),
        "grading": branch(None),
    }
    document = status_document(student=name, **{"state": "READING", "result": None, "lanes": branches, **changes})
    status = SubmissionStatus.from_dict(document)
    return SubmittedFile(Path(f"{name}.png"), DocumentKind.ANSWER_SHEET, name, status=status, graded_submission=status)


def rendered_lines(
    submitted_files: list[SubmittedFile], width: int = 120, height: int = 40, at: float = 10
) -> list[str]:
    console = Console(width=width, height=height, file=io.StringIO(), color_system=None)
    console.print(render_progress(submitted_files, after_noon(at), NOON, (width, height)))
    return console.file.getvalue().splitlines()  # type: ignore[attr-defined]


def test_two_branches_share_a_row_without_relying_on_colour() -> None:
    text = render_half_blocks([("reading", 0, 8)], [("storing", 2, 4)], 10, 10)

    assert text.plain == "▀▀▀▀▀▀▀▀  "
    assert [str(span.style) for span in text.spans[2:4]] == ["#5b9bd5 on #d9a441"] * 2
    assert render_half_blocks([], [("storing", 2, 4)], 10, 10).plain == "  ▄▄      "


def test_a_branch_of_a_few_milliseconds_is_visible() -> None:
    assert render_half_blocks([("recording", 0.0, 0.003)], [], 60, 10).plain == "▀         "


def test_a_branch_within_an_occupied_cell_gets_the_next_one() -> None:
    text = render_half_blocks([("reading", 0, 5.2), ("grading", 5.25, 5.3)], [], 10, 10)

    assert text.plain == "▀▀▀▀▀▀    "
    assert str(text.spans[5].style) == "#5fb88a"


def test_a_running_branch_extends_to_now_and_shows_its_pages() -> None:
    _, first, second, _ = rendered_lines([sheet_in_progress()])

    assert "2/3" in first and "being read" in first and "1.00 s" in first
    reading = first.count("▀") + first.count("█")
    assert reading > 5 * first.count("▄") and second.strip().startswith("▀")


def test_the_axis_starts_with_the_first_branch_and_has_labels() -> None:
    assert [word for word in rendered_lines([sheet_in_progress()])[0].split() if word.isdigit()][:3] == ["0", "2", "4"]


def test_times_of_the_history_take_precedence_over_the_record() -> None:
    sheet = sheet_in_progress(storing=branch(4.0, 5.0))
    sheet.timeline = ExecutionTimeline(
        {"storing": BranchSpan(after_noon(0), after_noon(9))},
        None,
        is_from_history=True,
        running={"reading": after_noon(0)},
    )

    first = rendered_lines([sheet])[1]

    assert "9.00 s" in first and first.count("█") + first.count("▀") > 40


def test_an_ended_sheet_shows_its_marks_and_review_count() -> None:
    sheet = sheet_in_progress(state="NEEDS_REVIEW", result=result(marks_in_review=True).to_dict())

    assert "8 / 11, look at 1" in rendered_lines([sheet])[1]


def test_the_view_fits_a_small_terminal() -> None:
    lines = rendered_lines([sheet_in_progress(f"student {number}") for number in range(30)], width=80, height=24)

    assert len(lines) <= 24 and max(map(len, lines)) <= 80
    assert "not shown here" in lines[-1]


def test_running_sheets_are_preferred_if_rows_are_short() -> None:
    ended = [sheet_in_progress(f"done {number}", state="GRADED", result=result().to_dict()) for number in range(30)]

    lines = rendered_lines([*ended, sheet_in_progress("running")], height=12)

    assert any(line.startswith("running") for line in lines)


def test_without_a_terminal_each_change_prints_one_line() -> None:
    out = io.StringIO()
    submitted = sheet_in_progress()
    with LiveProgress([submitted], Console(file=out, width=200)) as live_progress:
        live_progress.show()
        live_progress.show()
        submitted.status = submitted.graded_submission = sheet_in_progress(
            state="GRADED", result=result().to_dict()
        ).status
        live_progress.show()

    lines = [line.split("s  ", 1)[1] for line in out.getvalue().splitlines()]
    assert lines == ["Mina: reading 2/3, stored in 1.00 s", "Mina: 8 / 11"]


def test_a_refusal_is_printed_as_a_sentence() -> None:
    refused = SubmittedFile(Path("x.pdf"), DocumentKind.ANSWER_SHEET, "Zed", refusal="The file is empty (0 bytes).")

    assert progress_line(refused) == "Zed: not accepted. The file is empty (0 bytes)."


def test_names_are_never_interpreted_as_markup() -> None:
    out = io.StringIO()
    with LiveProgress(
        [sheet_in_progress("[red]Mina[/red] [link=http://x]y")], Console(file=out, width=200)
    ) as live_progress:
        live_progress.show()

    assert "[red]Mina[/red] [link=http://x]y" in out.getvalue()
    assert any("[red]Mina[/red]" in line for line in rendered_lines([sheet_in_progress("[red]Mina[/red]")]))

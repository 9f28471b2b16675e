"""The live picture: lanes that run at once are seen to run at once, in any terminal, with or without colour."""

import io
from pathlib import Path
from typing import Any

from rich.console import Console

from core.models.submission import DocumentKind
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


def under_way(name: str = "Mina", *, storing: dict[str, Any] | None = None, **changes: Any) -> SubmittedFile:
    branches = {
        "reading": branch(0.0, pages_total=3, pages_done=2),
        "storing": storing or branch(0.0, 1.0),
        "recording": branch(0.0, 0.2),
        "grading": branch(None),
    }
    document = status_document(student=name, **{"state": "READING", "result": None, "lanes": branches, **changes})
    status = SubmissionStatus.from_dict(document)
    return SubmittedFile(Path(f"{name}.png"), DocumentKind.ANSWER_SHEET, name, status=status, graded_submission=status)


def drawn(submitted_files: list[SubmittedFile], width: int = 120, height: int = 40, at: float = 10) -> list[str]:
    console = Console(width=width, height=height, file=io.StringIO(), color_system=None)
    console.print(render_progress(submitted_files, after_noon(at), NOON, (width, height)))
    return console.file.getvalue().splitlines()  # type: ignore[attr-defined]


def test_two_lanes_share_a_row_and_are_told_apart_without_colour() -> None:
    text = render_half_blocks([("reading", 0, 8)], [("storing", 2, 4)], 10, 10)

    assert text.plain == "▀▀▀▀▀▀▀▀  "
    assert [str(span.style) for span in text.spans[2:4]] == ["#5b9bd5 on #d9a441"] * 2
    assert render_half_blocks([], [("storing", 2, 4)], 10, 10).plain == "  ▄▄      "


def test_a_lane_of_a_few_milliseconds_is_still_seen() -> None:
    assert render_half_blocks([("recording", 0.0, 0.003)], [], 60, 10).plain == "▀         "


def test_marking_that_follows_within_a_cell_gets_the_next_one() -> None:
    text = render_half_blocks([("reading", 0, 5.2), ("grading", 5.25, 5.3)], [], 10, 10)

    assert text.plain == "▀▀▀▀▀▀    "
    assert str(text.spans[5].style) == "#5fb88a"


def test_a_running_lane_grows_to_now_with_its_pages_done() -> None:
    _, first, second, _ = drawn([under_way()])

    assert "2/3" in first and "being read" in first and "1.00 s" in first
    reading = first.count("▀") + first.count("█")
    assert reading > 5 * first.count("▄") and second.strip().startswith("▀")


def test_the_axis_starts_with_the_first_lane_and_has_its_seconds_written() -> None:
    assert [word for word in drawn([under_way()])[0].split() if word.isdigit()][:3] == ["0", "2", "4"]


def test_the_executions_own_times_go_before_the_records() -> None:
    sheet = under_way(storing=branch(4.0, 5.0))
    sheet.timeline = ExecutionTimeline(
        {"storing": BranchSpan(after_noon(0), after_noon(9))},
        None,
        is_from_history=True,
        running={"reading": after_noon(0)},
    )

    first = drawn([sheet])[1]

    assert "9.00 s" in first and first.count("█") + first.count("▀") > 40


def test_an_ended_sheet_shows_its_marks_and_what_to_look_at() -> None:
    marks_in_review = under_way(state="NEEDS_REVIEW", result=result(marks_in_review=True).to_dict())

    assert "8 / 11, look at 1" in drawn([marks_in_review])[1]


def test_it_fits_a_small_terminal() -> None:
    lines = drawn([under_way(f"student {number}") for number in range(30)], width=80, height=24)

    assert len(lines) <= 24 and max(map(len, lines)) <= 80
    assert "not shown here" in lines[-1]


def test_where_room_is_short_those_under_way_are_shown() -> None:
    ended = [under_way(f"done {number}", state="GRADED", result=result().to_dict()) for number in range(30)]

    lines = drawn([*ended, under_way("running")], height=12)

    assert any(line.startswith("running") for line in lines)


def test_without_a_terminal_each_change_is_one_line() -> None:
    out = io.StringIO()
    submitted = under_way()
    with LiveProgress([submitted], Console(file=out, width=200)) as branches:
        branches.show()
        branches.show()
        submitted.status = submitted.graded_submission = under_way(state="GRADED", result=result().to_dict()).status
        branches.show()

    lines = [line.split("s  ", 1)[1] for line in out.getvalue().splitlines()]
    assert lines == ["Mina: reading 2/3, stored in 1.00 s", "Mina: 8 / 11"]


def test_a_refusal_is_told_in_words() -> None:
    refused = SubmittedFile(Path("x.pdf"), DocumentKind.ANSWER_SHEET, "Zed", refusal="The file is empty (0 bytes).")

    assert progress_line(refused) == "Zed: not accepted. The file is empty (0 bytes)."


def test_names_are_never_taken_for_markup() -> None:
    out = io.StringIO()
    with LiveProgress([under_way("[red]Mina[/red] [link=http://x]y")], Console(file=out, width=200)) as branches:
        branches.show()

    assert "[red]Mina[/red] [link=http://x]y" in out.getvalue()
    assert any("[red]Mina[/red]" in line for line in drawn([under_way("[red]Mina[/red]")]))

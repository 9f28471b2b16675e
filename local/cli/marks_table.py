"""Prints the marks on the terminal: a table in the orientation that fits, then the answers that need review."""

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from core.models.question_labels import format_question_id
from core.models.result import QuestionMark
from local.cli import display_text
from local.cli.marks_csv import question_names
from local.cli.submitted_files import SubmittedFile

_NAME_WIDTH = 22
_MAX_REVIEW_ROWS = 15


def print_marks(console: Console, sheets: Sequence[SubmittedFile]) -> None:
    """Print a table with a row per sheet, else with a row per question, else of totals: the first that fits."""
    marked = [sheet for sheet in sheets if sheet.result]
    if marked:
        names = question_names(marked)
        maxima = {mark.question: mark.max_marks for sheet in marked for mark in sheet.marks}
        wide = _NAME_WIDTH + 10 + sum(max(len(name), 3) + 2 for name in names.values())
        tall = 10 + sum(min(len(sheet.name), 11) + 2 for sheet in marked)
        if wide <= console.width:
            console.print(_table_by_sheet(marked, names, maxima))
        elif tall <= console.width:
            console.print(_table_by_question(marked, names, maxima))
        else:
            console.print(_totals_table(marked))
    for sheet in sheets:
        if sheet.failure:
            line = Text.assemble((sheet.name, "bold"), " has no marks: ", (sheet.failure, "red"))
            console.print(line, soft_wrap=True)


def print_review_list(console: Console, sheets: Sequence[SubmittedFile], *, full_list_path: str | None) -> None:
    """Print every answer that needs review with its reasons. A long list is cut and refers to `full_list_path`."""
    marks_in_review = [(sheet, mark) for sheet in sheets for mark in sheet.marks_in_review]
    sheets_in_review = [sheet for sheet in sheets if sheet.result and sheet.result.review]
    if not marks_in_review and not sheets_in_review:
        return
    count = len(marks_in_review) + len(sheets_in_review)
    console.print(Text(f"Please look at {'this one' if count == 1 else f'these {count}'}:", style="bold yellow"))
    grid = Table.grid(padding=(0, 2))
    for _ in range(4):
        grid.add_column(overflow="fold")
    for sheet in sheets_in_review:
        reasons = "; ".join(
            display_text.review_reason_text(reason) for reason in (sheet.result.review if sheet.result else ())
        )
        grid.add_row(Text(f"  {sheet.name}"), Text("the sheet"), Text(""), Text(reasons, style="dim"))
    for sheet, mark in marks_in_review[:_MAX_REVIEW_ROWS]:
        reasons = "; ".join(display_text.review_reason_text(reason) for reason in mark.review)
        grid.add_row(
            Text(f"  {sheet.name}"),
            Text(format_question_id(mark.question)),
            Text(display_text.format_marks(mark)),
            Text(reasons, style="dim"),
        )
    console.print(grid)
    if len(marks_in_review) > _MAX_REVIEW_ROWS:
        rest = f"… and {len(marks_in_review) - _MAX_REVIEW_ROWS} more"
        console.print(Text(f"  {rest}{f', in {full_list_path}' if full_list_path else ''}", style="dim"))


def _table_by_sheet(sheets: Sequence[SubmittedFile], names: dict[str, str], maxima: dict[str, float]) -> Table:
    table = Table(box=None, padding=(0, 1), pad_edge=False, header_style="bold", footer_style="dim", show_footer=True)
    table.add_column("Sheet", "out of", max_width=_NAME_WIDTH, no_wrap=True, overflow="ellipsis")
    for question, name in names.items():
        table.add_column(name, display_text.format_number(maxima[question]), justify="right", no_wrap=True)
    table.add_column("Total", _max_total(sheets), justify="right", no_wrap=True)
    for sheet in sheets:
        by_question = _first_mark_by_question(sheet.marks)
        table.add_row(
            Text(sheet.name), *(_mark_cell(by_question.get(question)) for question in names), _total_cell(sheet)
        )
    return table


def _table_by_question(sheets: Sequence[SubmittedFile], names: dict[str, str], maxima: dict[str, float]) -> Table:
    table = Table(box=None, padding=(0, 1), pad_edge=False, header_style="bold", footer_style="bold", show_footer=True)
    table.add_column("Question", "Total")
    for sheet in sheets:
        table.add_column(Text(sheet.name), _total_cell(sheet), justify="right", max_width=11, overflow="fold")
    table.add_column("out of", _max_total(sheets), justify="right", style="dim")
    by_sheet = [_first_mark_by_question(sheet.marks) for sheet in sheets]
    for question, name in names.items():
        marks = [_mark_cell(found.get(question)) for found in by_sheet]
        table.add_row(Text(name), *marks, display_text.format_number(maxima[question]))
    return table


def _totals_table(sheets: Sequence[SubmittedFile]) -> Table:
    table = Table(box=None, padding=(0, 1), pad_edge=False, header_style="bold")
    table.add_column("Sheet", max_width=40, no_wrap=True, overflow="ellipsis")
    table.add_column("Total", justify="right")
    table.add_column("out of", justify="right", style="dim")
    table.add_column("to look at", justify="right", style="yellow")
    for sheet in sheets:
        maximum = display_text.format_number(sheet.result.max_marks) if sheet.result else ""
        table.add_row(Text(sheet.name), _total_cell(sheet), maximum, str(len(sheet.marks_in_review) or ""))
    return table


def _first_mark_by_question(marks: Iterable[QuestionMark]) -> dict[str, QuestionMark]:
    return {mark.question: mark for mark in reversed(list(marks))}


def _mark_cell(mark: QuestionMark | None) -> Text:
    """Format a mark: "2", "2?" if it needs review, "(1)" if it does not count."""
    if mark is None:
        return Text("–", style="dim")
    if not mark.counted:
        return Text(f"({display_text.format_number(mark.marks)})", style="dim")
    if mark.review:
        return Text(f"{display_text.format_number(mark.marks)}?", style="yellow")
    return Text(display_text.format_number(mark.marks))


def _total_cell(sheet: SubmittedFile) -> Text:
    return Text(display_text.format_number(sheet.result.marks) if sheet.result else "–", style="bold")


def _max_total(sheets: Sequence[SubmittedFile]) -> str:
    return display_text.format_number(max((sheet.result.max_marks for sheet in sheets if sheet.result), default=None))

"""The marks on the terminal: a table in the orientation that fits, and below it what wants a person, in words."""

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from core.labels import spoken
from core.result import QuestionMark
from local import wording
from local.deliveries import Delivery
from local.gradebook import question_names

_NAME = 22
_MOST_DOUBTS = 15


def print_marks(console: Console, sheets: Sequence[Delivery]) -> None:
    """Sheets by questions; the other way round where that fits better; totals alone where neither does."""
    marked = [sheet for sheet in sheets if sheet.result]
    if marked:
        names = question_names(marked)
        maxima = {mark.question: mark.max_marks for sheet in marked for mark in sheet.marks}
        wide = _NAME + 10 + sum(max(len(name), 3) + 2 for name in names.values())
        tall = 10 + sum(min(len(sheet.name), 11) + 2 for sheet in marked)
        if wide <= console.width:
            console.print(_by_sheet(marked, names, maxima))
        elif tall <= console.width:
            console.print(_by_question(marked, names, maxima))
        else:
            console.print(_totals(marked))
    for sheet in sheets:
        if sheet.problem:
            line = Text.assemble((sheet.name, "bold"), " has no marks: ", (sheet.problem, "red"))
            console.print(line, soft_wrap=True)


def print_doubts(console: Console, sheets: Sequence[Delivery], *, more_at: str | None) -> None:
    """Every answer that wants a person, with its reasons; the rest of a long list stands at `more_at`."""
    doubts = [(sheet, mark) for sheet in sheets for mark in sheet.doubtful]
    whole = [sheet for sheet in sheets if sheet.result and sheet.result.review]
    if not doubts and not whole:
        return
    count = len(doubts) + len(whole)
    console.print(Text(f"Please look at {'this one' if count == 1 else f'these {count}'}:", style="bold yellow"))
    grid = Table.grid(padding=(0, 2))
    for _ in range(4):
        grid.add_column(overflow="fold")
    for sheet in whole:
        reasons = "; ".join(wording.in_short(reason) for reason in (sheet.result.review if sheet.result else ()))
        grid.add_row(Text(f"  {sheet.name}"), Text("the sheet"), Text(""), Text(reasons, style="dim"))
    for sheet, mark in doubts[:_MOST_DOUBTS]:
        reasons = "; ".join(wording.in_short(reason) for reason in mark.review)
        grid.add_row(
            Text(f"  {sheet.name}"),
            Text(spoken(mark.question)),
            Text(wording.marks(mark)),
            Text(reasons, style="dim"),
        )
    console.print(grid)
    if len(doubts) > _MOST_DOUBTS:
        rest = f"… and {len(doubts) - _MOST_DOUBTS} more"
        console.print(Text(f"  {rest}{f', in {more_at}' if more_at else ''}", style="dim"))


def _by_sheet(sheets: Sequence[Delivery], names: dict[str, str], maxima: dict[str, float]) -> Table:
    table = Table(box=None, padding=(0, 1), pad_edge=False, header_style="bold", footer_style="dim", show_footer=True)
    table.add_column("Sheet", "out of", max_width=_NAME, no_wrap=True, overflow="ellipsis")
    for question, name in names.items():
        table.add_column(name, wording.number(maxima[question]), justify="right", no_wrap=True)
    table.add_column("Total", _most(sheets), justify="right", no_wrap=True)
    for sheet in sheets:
        by_question = _first(sheet.marks)
        table.add_row(Text(sheet.name), *(_cell(by_question.get(question)) for question in names), _total(sheet))
    return table


def _by_question(sheets: Sequence[Delivery], names: dict[str, str], maxima: dict[str, float]) -> Table:
    table = Table(box=None, padding=(0, 1), pad_edge=False, header_style="bold", footer_style="bold", show_footer=True)
    table.add_column("Question", "Total")
    for sheet in sheets:
        table.add_column(Text(sheet.name), _total(sheet), justify="right", max_width=11, overflow="fold")
    table.add_column("out of", _most(sheets), justify="right", style="dim")
    by_sheet = [_first(sheet.marks) for sheet in sheets]
    for question, name in names.items():
        marks = [_cell(found.get(question)) for found in by_sheet]
        table.add_row(Text(name), *marks, wording.number(maxima[question]))
    return table


def _totals(sheets: Sequence[Delivery]) -> Table:
    table = Table(box=None, padding=(0, 1), pad_edge=False, header_style="bold")
    table.add_column("Sheet", max_width=40, no_wrap=True, overflow="ellipsis")
    table.add_column("Total", justify="right")
    table.add_column("out of", justify="right", style="dim")
    table.add_column("to look at", justify="right", style="yellow")
    for sheet in sheets:
        most = wording.number(sheet.result.max_marks) if sheet.result else ""
        table.add_row(Text(sheet.name), _total(sheet), most, str(len(sheet.doubtful) or ""))
    return table


def _first(marks: Iterable[QuestionMark]) -> dict[str, QuestionMark]:
    return {mark.question: mark for mark in reversed(list(marks))}


def _cell(mark: QuestionMark | None) -> Text:
    """ "2", "2?" where a person is asked to look, "(1)" where it does not count."""
    if mark is None:
        return Text("–", style="dim")
    if not mark.counted:
        return Text(f"({wording.number(mark.marks)})", style="dim")
    if mark.review:
        return Text(f"{wording.number(mark.marks)}?", style="yellow")
    return Text(wording.number(mark.marks))


def _total(sheet: Delivery) -> Text:
    return Text(wording.number(sheet.result.marks) if sheet.result else "–", style="bold")


def _most(sheets: Sequence[Delivery]) -> str:
    return wording.number(max((sheet.result.max_marks for sheet in sheets if sheet.result), default=None))

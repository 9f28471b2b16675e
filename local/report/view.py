"""What the report's page shows, as plain values: names, words and numbers, nothing that knows HTML."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from core.assessment import Question, QuestionPaper, QuestionType
from core.labels import spoken
from core.result import CriterionMark, QuestionMark
from local import wording
from local.deliveries import Delivery
from local.report.charts import Distribution, LaneChart, distribution, lanes_of_all, lanes_of_one
from local.report.pictures import Picture

VERDICTS = {"met": "met", "partly": "partly met", "not": "not met"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A question's own words, and those that stand above its group, shown once."""

    text: str
    context: str = ""
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. `anchor` is its place on the page; `level` 0 to 4 how much of its marks it got, None: open."""

    anchor: str
    name: str
    asked: Asked
    mark: QuestionMark
    marks: str
    maximum: str
    level: int | None
    doubtful: bool
    reviews: tuple[str, ...]
    marker: str
    confidence: str
    criteria: tuple[tuple[CriterionMark, str, str], ...]


@dataclass(frozen=True, slots=True)
class Highlight:
    """A box on a page's picture, in its pixels, that belongs to an answer."""

    anchor: str
    name: str
    doubtful: bool
    x: float
    y: float
    width: float
    height: float
    first: bool


@dataclass(frozen=True, slots=True)
class SheetPage:
    picture: Picture
    highlights: tuple[Highlight, ...]
    transcript: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SheetView:
    """`cells` are the answers in the order of the report's questions, None where the sheet has no such one."""

    anchor: str
    name: str
    file: str
    marks: str
    maximum: str
    share: str
    state: str
    answers: tuple[Answer, ...]
    cells: tuple[Answer | None, ...]
    pages: tuple[SheetPage, ...]
    reviews: tuple[str, ...]
    warnings: tuple[str, ...]
    leftover: str
    chart: LaneChart | None
    saved: str | None
    proven: bool


@dataclass(frozen=True, slots=True)
class Unmarked:
    name: str
    file: str
    state: str
    problem: str


@dataclass(frozen=True, slots=True)
class ReportView:
    title: str
    made_at: str
    sheets: tuple[SheetView, ...]
    unmarked: tuple[Unmarked, ...]
    questions: tuple[tuple[str, str], ...]
    averages: tuple[str, ...]
    maximum: str
    doubts: int
    spread: Distribution | None
    lanes: LaneChart | None
    notes: tuple[str, ...] = field(default=())


def build(
    deliveries: Sequence[Delivery],
    pictures: Sequence[list[Picture]],
    *,
    title: str,
    made_at: str,
    paper: QuestionPaper | None,
    notes: Sequence[str],
) -> ReportView:
    """`pictures` go with `deliveries`, one list each."""
    asked = _asked(paper)
    marked = [
        (number, delivery, drawn)
        for number, (delivery, drawn) in enumerate(zip(deliveries, pictures, strict=True), start=1)
        if delivery.result
    ]
    questions = {
        mark.question: (spoken(mark.question), wording.number(mark.max_marks))
        for _, delivery, _ in marked
        for mark in delivery.marks
    }
    sheets = tuple(_sheet(f"s{number}", delivery, drawn, asked, list(questions)) for number, delivery, drawn in marked)
    results = [delivery.result for _, delivery, _ in marked if delivery.result]
    return ReportView(
        title=title,
        made_at=made_at,
        sheets=sheets,
        unmarked=tuple(_unmarked(delivery) for delivery in deliveries if not delivery.result),
        questions=tuple((name, maximum) for name, maximum in questions.values()),
        averages=tuple(_average(question, sheets) for question in questions),
        maximum=wording.number(max((result.max_marks for result in results), default=None)),
        doubts=sum(answer.doubtful for sheet in sheets for answer in sheet.answers),
        spread=distribution([result.marks / result.max_marks for result in results if result.max_marks]),
        lanes=lanes_of_all([(d.name, d.timeline) for _, d, _ in marked if d.timeline]),
        notes=tuple(notes),
    )


def _sheet(
    anchor: str, delivery: Delivery, drawn: list[Picture], asked: dict[str, Asked], questions: list[str]
) -> SheetView:
    result = delivery.result
    assert result is not None  # noqa: S101 - build() hands in marked sheets alone
    answers = tuple(
        _answer(f"{anchor}-{index}", mark, asked.get(mark.question, Asked("")))
        for index, mark in enumerate(result.questions, start=1)
    )
    by_question = {answer.mark.question: answer for answer in reversed(answers)}
    timeline = delivery.timeline
    saved = timeline.saved_seconds if timeline else None
    return SheetView(
        anchor=anchor,
        name=delivery.name,
        file=delivery.path.name,
        marks=wording.number(result.marks),
        maximum=wording.number(result.max_marks),
        share=f"{result.marks / result.max_marks:.0%}" if result.max_marks else "–",
        state=wording.state(delivery.status.state) if delivery.status else "",
        answers=answers,
        cells=tuple(by_question.get(question) for question in questions),
        pages=tuple(_page(picture, delivery, answers) for picture in drawn),
        reviews=tuple(wording.in_a_sentence(reason) for reason in result.review),
        warnings=result.warnings,
        leftover=result.leftover,
        chart=lanes_of_one(timeline) if timeline else None,
        saved=wording.seconds(saved) if saved is not None and saved > 0 else None,
        proven=timeline.proven if timeline else False,
    )


def _answer(anchor: str, mark: QuestionMark, asked: Asked) -> Answer:
    return Answer(
        anchor=anchor,
        name=spoken(mark.question),
        asked=asked,
        mark=mark,
        marks=wording.number(mark.marks),
        maximum=wording.number(mark.max_marks),
        level=_level(mark),
        doubtful=bool(mark.review),
        reviews=tuple(wording.in_a_sentence(reason) for reason in mark.review),
        marker=wording.marker(mark.marker),
        confidence=f"{mark.confidence:.0%}",
        criteria=tuple(
            (one, VERDICTS[one.verdict], f"{wording.number(one.marks)} / {wording.number(one.max_marks)}")
            for one in mark.criteria
        ),
    )


def _level(mark: QuestionMark) -> int | None:
    if mark.marks is None or not mark.max_marks:
        return None
    return round(4 * min(max(mark.marks / mark.max_marks, 0), 1))


def _page(picture: Picture, delivery: Delivery, answers: tuple[Answer, ...]) -> SheetPage:
    pages = delivery.transcript.pages if delivery.transcript else ()
    lines = tuple(line.text for page in pages if page.number == picture.page for line in page.lines)
    highlights = tuple(
        Highlight(
            answer.anchor,
            answer.name,
            answer.doubtful,
            x=round(place.box[0] * picture.width - 4, 1),
            y=round(place.box[1] * picture.height - 3, 1),
            width=round(place.box[2] * picture.width + 8, 1),
            height=round(place.box[3] * picture.height + 6, 1),
            first=index == 0,
        )
        for answer in answers
        for index, place in enumerate(p for p in answer.mark.places if p.page == picture.page)
    )
    return SheetPage(picture, highlights, lines)


def _average(question: str, sheets: Sequence[SheetView]) -> str:
    """The mean share of the marks over those sheets where the question counts and has a mark."""
    shares = [
        answer.mark.marks / answer.mark.max_marks
        for sheet in sheets
        for answer in sheet.answers
        if answer.mark.question == question
        and answer.mark.counted
        and answer.mark.marks is not None
        and answer.mark.max_marks
    ]
    return f"{sum(shares) / len(shares):.0%}" if shares else "–"


def _unmarked(delivery: Delivery) -> Unmarked:
    state = wording.state(delivery.status.state) if delivery.status else "not accepted"
    return Unmarked(delivery.name, delivery.path.name, state, delivery.problem or "")


def _asked(paper: QuestionPaper | None) -> dict[str, Asked]:
    found: dict[str, Asked] = {}
    for question in paper.questions if paper else ():
        _walk(question, "", found)
    return found


def _walk(question: Question, context: str, found: dict[str, Asked]) -> None:
    if not question.parts:
        options = tuple((option.label, option.text) for option in question.options)
        found[question.id] = Asked(question.text, context, options)
        return
    above = "" if question.type is QuestionType.SECTION else question.text
    for index, part in enumerate(question.parts):
        _walk(part, f"{context} {above}".strip() if index == 0 else "", found)

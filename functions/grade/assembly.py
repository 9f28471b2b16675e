"""Drafts into questions: their text, marks, options and types, and how many of them count."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.assessment import Option, Question, QuestionType
from core.transcript import Box
from grade.marks_printed import Form, PrintedMarks
from grade.notation import Notation, piece_marks
from grade.numbering import Kind
from grade.options import options_score, ticked_options, without_true_false
from grade.outline import Draft, Outline
from grade.pieces import Piece
from grade.question_type import guess_type, says_true_false
from grade.rows import GAP
from grade.rubric import Rubric, read_rubric
from grade.sums import shown, worth, worth_of

_SECTION_NAMED = re.compile(r"\b(?:section|part|group)\s+[\"'“(]?([A-H]|[IVX]{1,4}|\d)\b", re.IGNORECASE)
_QUESTION_NAMED = re.compile(
    r"\b(?:in|of|for|from)\s+question\s+(\d{1,2})\b(?!\s*(?:to|-|–|and)\s*(?:question\s*)?\d)", re.IGNORECASE
)
_EACH_SECTION = re.compile(r"\b(?:from|in|of)\s+(?:each|every)\s+(?:section|part|module|unit|group)\b", re.IGNORECASE)
_OR = re.compile(r"[\W_]*or[\W_]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Above:
    """What headings above say about the questions under them."""

    each: float | None = None
    each_except: frozenset[int] = frozenset()
    choice: bool = False
    true_false: bool = False


@dataclass(slots=True)
class Own:
    """A draft's own text and the marks printed in it."""

    text: str
    marks: list[PrintedMarks]
    ends_in_or: bool = False


class Assembly:
    """One paper being put together. `sections`: totals printed for sections, by name."""

    def __init__(self, notation: Notation, sections: dict[str, float]) -> None:
        self.warnings: list[str] = []
        self._notation = notation
        self._sections = sections
        self._totals: list[PrintedMarks] = []

    def questions(self, outline: Outline) -> tuple[Question, ...]:
        preamble = _joined([piece.whole for piece in outline.preamble])
        preamble = _joined([preamble, *_postscripts(outline.drafts)])
        rubric = read_rubric(self._for_all(preamble, outline.drafts))
        self._negative(rubric, "The paper")
        above = Above(rubric.each, rubric.each_except, False, False)
        questions = self._siblings(outline.drafts, "", above)
        if any(q.type is QuestionType.SECTION for q in questions):
            return questions
        return self._chosen(questions, rubric, preamble)

    # ── sections ─────────────────────────────────────────────────────────────────────────────────

    def _for_all(self, preamble: str, drafts: list[Draft]) -> str:
        """The front page without the sentences that speak of one section or one question: each of those
        gets them as notes of its own."""
        kept = []
        for sentence in re.split(r"(?<=[.;!])\s+|\n", preamble):
            sections = {name.upper() for name in _SECTION_NAMED.findall(sentence)}
            if _EACH_SECTION.search(sentence):
                for draft in drafts:
                    if draft.kind is None and not draft.flat:
                        draft.notes.append(sentence)
                continue
            question = _QUESTION_NAMED.search(sentence)
            if sections:
                notes = [d for d in _all_drafts(drafts) if d.kind is None and sections == {d.name}]
            elif question and not re.search(r"compulsory", sentence, re.IGNORECASE):
                notes = [d for d in _all_drafts(drafts) if d.kind is Kind.NUMBER and d.name == question[1]]
            else:
                kept.append(sentence)
                continue
            for draft in notes:
                draft.notes.append(sentence)
        return "\n".join(kept)

    def _siblings(self, drafts: Sequence[Draft], path: str, above: Above) -> tuple[Question, ...]:
        """Drafts beside each other as questions; those under headings without labels join them, unless
        their numbers would clash."""
        names = [part.name for draft in drafts if draft.flat for part in draft.parts]
        names += [draft.name for draft in drafts if not draft.flat]
        clash = len(names) != len(set(names))
        built: list[Question] = []
        for index, draft in enumerate(drafts):
            if draft.kind is not None:
                built.append(self._top(draft, path, above))
            elif draft.flat and not clash:
                built += self._flat(draft, path, above)
            else:
                built.append(self._section(draft, path, above, index))
        return self._alternatives(drafts, built)

    def _alternatives(self, drafts: Sequence[Draft], built: list[Question]) -> tuple[Question, ...]:
        """Questions with "OR" between them, gathered under a node of which one counts."""
        if len(built) != len(drafts) or not any(self._own_or(draft) for draft in drafts[:-1]):
            return tuple(built)
        gathered: list[list[Question]] = []
        linked = False
        for draft, question in zip(drafts, built, strict=True):
            if linked:
                gathered[-1].append(question)
            else:
                gathered.append([question])
            linked = draft.kind is not None and self._own_or(draft)
        return tuple(group[0] if len(group) == 1 else _any_of(group, 1) for group in gathered)

    def _flat(self, draft: Draft, path: str, above: Above) -> tuple[Question, ...]:
        text = self._for_all(_joined([draft.heading, *(piece.whole for piece in draft.own)]), draft.parts)
        rubric = read_rubric(text)
        self._negative(rubric, draft.heading or "The paper")
        questions = self._siblings(draft.parts, path, self._below(above, rubric, len(draft.parts)))
        return self._chosen(questions, rubric, text)

    def _section(self, draft: Draft, path: str, above: Above, index: int) -> Question:
        text = _joined([draft.heading, *(piece.whole for piece in draft.own)])
        label = draft.label or f"Part {index + 1}"
        name = draft.name or str(index + 1)
        if draft.flat:
            name = f"P{index + 1}"
            if not draft.label:
                self.warnings.append(
                    f"The numbers start again at 1 without a heading; those questions are called {name}.1 and so on."
                )
        rubric = read_rubric(_joined([text, *draft.notes]))
        self._negative(rubric, label)
        below = self._below(above, rubric, _count(draft.parts))
        parts = self._siblings(draft.parts, f"{path}{name}.", below)
        parts = self._chosen(parts, replace(rubric, choose=None) if rubric.span is None else rubric, text)
        choose = self._how_many(rubric, len(parts), label) if rubric.span is None else None
        if len(parts) == 1 and parts[0].choose and parts[0].type is QuestionType.SECTION:
            # The choice was printed under a heading of its own, but holds for the whole section.
            choose, parts = parts[0].choose, parts[0].parts
        printed = self._sections.get(draft.name) if draft.name else None
        if printed is None and rubric.total is not None and not rubric.total.per_part:
            printed = rubric.total.value
        parts = self._shared_among(parts, printed, choose, label)
        known = all(worth(part) > 0 for part in parts)
        marks = printed if printed is not None else worth_of(parts, choose) if known else None
        first = draft.own[0] if draft.own else None
        return Question(
            id=path + name,
            label=label[:80],
            type=QuestionType.SECTION,
            text=text,
            marks=marks,
            choose=choose,
            parts=parts,
            page=first.row.page if first else (parts[0].page if parts else None),
        )

    def _below(self, above: Above, rubric: Rubric, count: int) -> Above:
        each = rubric.each if rubric.each is not None else above.each
        total = rubric.total
        if rubric.each is None and total is not None and total.each is not None and total.count is not None:
            wanted = rubric.choose or count
            each = total.count if total.each == wanted and total.count != wanted else total.each
        return Above(
            each,
            rubric.each_except or above.each_except,
            rubric.choice or above.choice,
            rubric.true_false or above.true_false,
        )

    def _shared_among(
        self, parts: tuple[Question, ...], printed: float | None, choose: int | None, label: str
    ) -> tuple[Question, ...]:
        """A section's total shared evenly where none of its questions prints marks."""
        counted = choose or len(parts)
        if printed is None or not parts or any(worth(part) > 0 for part in parts) or any(part.parts for part in parts):
            return parts
        share = printed / counted
        if share * 4 != int(share * 4):
            return parts
        self.warnings.append(
            f"{label} prints only its total; each of its questions was taken to be worth {shown(share)}."
        )
        return tuple(replace(part, marks=share) for part in parts)

    # ── choice among questions ───────────────────────────────────────────────────────────────────

    def _how_many(self, rubric: Rubric, parts: int, where: str) -> int | None:
        if rubric.choose is None or parts < 2 or rubric.choose == parts:
            return None
        if rubric.choose > parts:
            self.warnings.append(
                f"{where} asks for {rubric.choose} answers, but only {parts} questions were found there."
            )
            return None
        return rubric.choose

    def _chosen(self, questions: tuple[Question, ...], rubric: Rubric, text: str) -> tuple[Question, ...]:
        """Questions of which only some count, gathered under a node that says how many."""
        if rubric.excluded:
            named = [q.id for q in questions if q.label.isdigit() and int(q.label) in rubric.excluded]
            if named:
                self.warnings.append(f"The paper tells candidates not to answer question {', '.join(named)}.")
        if rubric.choose is None or len(questions) < 2:
            return questions
        first, last = rubric.span or self._without_compulsory(questions, text)
        chosen = [q for q in questions if q.label.isdigit() and first <= int(q.label) <= last]
        if not chosen or len(chosen) <= rubric.choose:
            return questions
        node = _any_of(chosen, rubric.choose)
        at = questions.index(chosen[0])
        others = [q for q in questions if q not in chosen]
        return (*others[:at], node, *others[at:])

    def _without_compulsory(self, questions: tuple[Question, ...], text: str) -> tuple[int, int]:
        numbers = [int(q.label) for q in questions if q.label.isdigit()]
        last = max(numbers, default=0)
        found = re.search(
            r"\bq(?:uestion)?\.?\s*(?:no\.?\s*)?(\d{1,2})\s+(?:is|which is)\s+compulsory", text, re.IGNORECASE
        )
        if found and int(found[1]) == min(numbers, default=0):
            return int(found[1]) + 1, last
        return min(numbers, default=0), last

    def _negative(self, rubric: Rubric, where: str) -> None:
        if rubric.negative_marking:
            takes = f" of {shown(round(rubric.negative, 2))}" if rubric.negative else ""
            self.warnings.append(
                f"{where} speaks of negative marking{takes}: say so in the marking scheme for it to be applied."
            )

    # ── questions ────────────────────────────────────────────────────────────────────────────────

    def _top(self, draft: Draft, path: str, above: Above) -> Question:
        """A question that stands under no other; totals printed at the end of its parts are its own."""
        self._totals = []
        question = self._question(draft, path, above)
        totals = [t for t in self._totals if t.question in (None, draft.name.lstrip("0"))]
        stray = [t for t in self._totals if t not in totals]
        if stray:
            self.warnings.append(f"A total for question {stray[0].question} is printed under question {question.id}.")
        if not totals:
            return question
        total = totals[-1].value
        if question.parts or question.marks is None:
            return replace(question, marks=total)
        if question.marks != total:
            self.warnings.append(
                f"Question {question.id} prints {shown(question.marks)} marks, but a total of {shown(total)}."
            )
        return question

    def _question(self, draft: Draft, path: str, above: Above) -> Question:
        own = self._own(draft.own, last=not draft.parts)
        identity = path + draft.name
        if draft.kind is Kind.NUMBER and draft.name.isdigit() and int(draft.name) in above.each_except:
            above = replace(above, each=None)
        if draft.parts and (options := self._options(draft, own, above, identity)) is not None:
            return self._leaf(draft, identity, replace_marks(own, options[1]), options[0], above)
        if not draft.parts:
            text, ticked = ticked_options(own.text)
            return self._leaf(draft, identity, Own(text, own.marks), ticked, above)
        return self._group(draft, identity, own, above)

    def _own(self, pieces: Sequence[Piece], *, last: bool) -> Own:
        texts: list[tuple[str, Piece]] = []
        marks: list[PrintedMarks] = []
        ends_in_or = False
        for index, piece in enumerate(pieces):
            text, found = piece_marks(
                replace(piece, text=piece.whole, tokens=()), self._notation, last=last and index == len(pieces) - 1
            )
            self._totals += [m for m in found if m.total]
            marks += [m for m in found if not m.total]
            if text:
                texts.append((text, piece))
        if texts and _OR.fullmatch(texts[-1][0]):
            ends_in_or = True
            texts.pop()
        return Own(_flowing(texts), marks, ends_in_or)

    def _options(
        self, draft: Draft, own: Own, above: Above, identity: str
    ) -> tuple[tuple[Option, ...], list[PrintedMarks]] | None:
        if any(part.parts for part in draft.parts):
            return None
        said = [self._own(part.own, last=True) for part in draft.parts]
        marked = sum(1 for part in said if part.marks)
        if marked == 1 and said[-1].marks and not own.marks:
            marked = 0
        score = options_score(
            own.text,
            draft.parts[0].kind,
            [part.text for part in said],
            marked=marked,
            choice=above.choice,
            true_false=above.true_false or says_true_false(own.text),
            style=draft.parts[0].style,
        )
        if abs(score) < 0.4:
            taken = "options to choose from" if score > 0 else "parts to be answered"
            self.warnings.append(f"The letters under question {identity} were taken as {taken}.")
        if score <= 0:
            return None
        options = tuple(
            Option(part.name, own_part.text.replace("\n", " "))
            for part, own_part in zip(draft.parts, said, strict=True)
        )
        return options, [marks for part in said for marks in part.marks]

    def _leaf(self, draft: Draft, identity: str, own: Own, options: tuple[Option, ...], above: Above) -> Question:
        marks = self._marks(own.marks, identity)
        if marks is None:
            marks = above.each
        kind = guess_type(own.text, options, true_false=above.true_false)
        text = without_true_false(own.text) if kind is QuestionType.TRUE_FALSE else own.text
        page, box = _place(draft)
        return Question(
            identity, draft.label, kind, text.replace("____ ____", "____"), marks, options, page=page, box=box
        )

    def _group(self, draft: Draft, identity: str, own: Own, above: Above) -> Question:
        rubric = read_rubric(_joined([own.text, *draft.notes]))
        each = next((m.value for m in own.marks if m.per_part), rubric.each)
        true_false = above.true_false or says_true_false(own.text)
        below = Above(each, frozenset(), above.choice or rubric.choice, true_false)
        parts = [self._question(part, f"{identity}.", below) for part in draft.parts]
        ors = [self._own_or(part) for part in draft.parts]
        choose = self._how_many(rubric, len(parts), f"Question {identity}")
        if choose is None and len(parts) > 1 and all(ors[:-1]):
            choose = 1
        whole = [m for m in own.marks if not m.per_part]
        marks = self._marks(whole, identity)
        parts = _relabelled(self._with_shares(parts, whole, choose), draft)
        if (
            marks is None
            and len(parts) > 1
            and parts[-1].marks is not None
            and all(p.marks is None and not p.parts for p in parts[:-1])
        ):
            marks = parts[-1].marks
            parts[-1] = replace(parts[-1], marks=None)
        if marks is None and above.each is not None and all(part.marks is None for part in parts):
            marks = above.each
        if marks is not None:
            parts = _implied(parts, marks, choose)
        elif all(part.marks is not None for part in parts):
            marks = worth_of(parts, choose)
        page, box = _place(draft)
        return Question(
            identity,
            draft.label,
            QuestionType.GROUP,
            own.text,
            marks,
            choose=choose,
            parts=tuple(parts),
            page=page,
            box=box,
        )

    def _own_or(self, draft: Draft) -> bool:
        last = draft
        while last.parts:
            last = last.parts[-1]
        return bool(last.own) and bool(_OR.fullmatch(last.own[-1].whole))

    def _with_shares(self, parts: list[Question], whole: list[PrintedMarks], choose: int | None) -> list[Question]:
        """ "[2+3]" and "(3 x 2 = 6)" give each part its share, where the parts print none."""
        if any(part.marks is not None for part in parts):
            return parts
        for marks in whole:
            if len(marks.shares) == len(parts):
                return [replace(part, marks=share) for part, share in zip(parts, marks.shares, strict=True)]
            if marks.each is not None and marks.count is not None:
                wanted = choose or len(parts)
                share = marks.count if marks.each == wanted and marks.count != wanted else marks.each
                return [replace(part, marks=share) for part in parts]
        return parts

    def _marks(self, found: list[PrintedMarks], identity: str) -> float | None:
        """What these tokens make together: the surest form counts, and several of it add up."""
        if not found:
            return None
        surest = max(marks.form for marks in found)
        kept = [
            marks
            for marks in found
            if marks.form == surest or {marks.form, surest} <= {Form.BARE_BRACKET, Form.EXPLICIT}
        ]
        if len(kept) > 1:
            values = " + ".join(shown(marks.value) for marks in kept)
            self.warnings.append(f"Question {identity} prints marks more than once ({values}); they were added.")
        return round(sum(marks.value for marks in kept), 2)


def replace_marks(own: Own, more: list[PrintedMarks]) -> Own:
    return Own(own.text, own.marks or more, own.ends_in_or)


def _implied(parts: list[Question], marks: float, choose: int | None) -> list[Question]:
    """Parts that print no marks share their question's evenly where that is what must be meant: 5 marks for
    5 true/false lines, 5 marks for "any one of"."""
    if any(part.marks is not None or part.parts for part in parts):
        return parts
    if choose is None and any(part.type is QuestionType.TEXT for part in parts):
        return parts
    share = marks / (choose or len(parts))
    return [replace(part, marks=share) for part in parts] if share * 4 == int(share * 4) else parts


def _relabelled(parts: list[Question], draft: Draft) -> list[Question]:
    """Dotted labels are printed whole: part 1 of question 1 is labelled 1.1."""
    return [
        _dotted(question, draft.label)
        if part.style == "1.1"
        else replace(question, label=draft.label + question.label)
        if part.style == "A1"
        else question
        for question, part in zip(parts, draft.parts, strict=True)
    ]


def _dotted(question: Question, outer: str) -> Question:
    parts = tuple(_dotted(part, outer) if re.fullmatch(r"\d+(\.\d+)+", part.label) else part for part in question.parts)
    return replace(question, label=f"{outer}.{question.label}", parts=parts)


def _any_of(questions: Sequence[Question], choose: int) -> Question:
    """A node that says how many of these questions count; their ids stay as they are."""
    first, last = questions[0], questions[-1]
    to = "or" if len(questions) == 2 else "to"
    return Question(
        id=f"{first.id}-{last.label}",
        label=f"Questions {first.label} {to} {last.label}",
        type=QuestionType.SECTION,
        text=f"Any {choose} of questions {first.label} {to} {last.label}",
        marks=worth_of(questions, choose) if all(worth(question) for question in questions) else None,
        choose=choose,
        parts=tuple(questions),
        page=first.page,
    )


_POSTSCRIPT = re.compile(
    r"\W*(?:each|every|all)\s+(?:the\s+)?questions?\s+(?:carr\w+|is|are|worth|has|have)\b.*", re.IGNORECASE
)


def _postscripts(drafts: Sequence[Draft]) -> list[str]:
    """Sentences about all questions that stand under the last of them, taken from it."""
    if not drafts:
        return []
    last = drafts[-1]
    while last.parts:
        last = last.parts[-1]
    said = [piece.whole for piece in last.own[1:] if _POSTSCRIPT.fullmatch(piece.whole)]
    last.own = [*last.own[:1], *(piece for piece in last.own[1:] if piece.whole not in said)]
    return said


def _all_drafts(drafts: Sequence[Draft]) -> list[Draft]:
    """Sections and the questions that stand directly in them."""
    found = []
    for draft in drafts:
        found.append(draft)
        if draft.kind is None:
            found += _all_drafts(draft.parts)
    return found


def _count(drafts: Sequence[Draft]) -> int:
    return sum(_count(draft.parts) if draft.flat else 1 for draft in drafts)


def _place(draft: Draft) -> tuple[int | None, Box | None]:
    if not draft.own:
        return (draft.parts[0].own[0].row.page if draft.parts and draft.parts[0].own else None), None
    row = draft.own[0].row
    same = [piece.row for piece in draft.own if piece.row.page == row.page]
    left, top = min(r.left for r in same), min(r.top for r in same)
    right, bottom = max(r.right for r in same), max(r.bottom for r in same)
    return row.page, (left, top, max(right - left, 0.0), max(bottom - top, 0.0))


def _joined(texts: Sequence[str]) -> str:
    return "\n".join(text.replace(GAP, "  ") for text in texts if text)


def _flowing(texts: list[tuple[str, Piece]]) -> str:
    """Rows that wrap at the right edge flow on; a row that ends short ends its line."""
    whole = ""
    wraps = False
    for text, piece in texts:
        said = text.replace(GAP, "  ").strip()
        whole += (" " if wraps else "\n") + said if whole else said
        wraps = piece.row.reach > 0.85
    return whole.strip()

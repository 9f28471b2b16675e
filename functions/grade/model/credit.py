"""From a model's reply to a mark: sums in code, credit only for what the answer shows, and two opinions made one."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.assessment import Criterion
from core.result import CriterionMark, ReviewReason
from grade.decision import settled
from grade.evidence import shown_by
from grade.freetext import FreeTextMark, FreeTextTask
from grade.model.prompt import RULES, VERDICTS, criteria_of
from grade.model.reply import Judged, Reply

_FLAGS = {
    "attack": ReviewReason.ATTACK,
    "unreadable": ReviewReason.UNREADABLE,
    "formula": ReviewReason.FORMULA_OR_DRAWING,
    "language": ReviewReason.UNKNOWN_LANGUAGE,
}
# Below even odds a model says of itself that another teacher would decide otherwise; saying so twice settles nothing.
_EVEN = 0.5
_LEAK_WORDS = 5
_LONGEST_FEEDBACK = 600
_LONGEST_CLAIM = 120


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a model said of one answer: the mark for what it could show, and the marks that it claimed."""

    mark: FreeTextMark
    claimed: float


def opinion_of(task: FreeTextTask, reply: Reply, name: str) -> Opinion:
    """The opinion that a reply stands for. A criterion whose credit is not shown in the answer earns none, and says so
    in its note; the answer then goes to a person."""
    asked = criteria_of(task)
    criteria = tuple(_criterion(task, *pair) for pair in zip(asked, reply.judged, strict=True))
    claimed = sum(one.marks * VERDICTS[judged.verdict] for one, judged in zip(asked, reply.judged, strict=True))
    claimed = settled(claimed, 0.0, task.max_marks, task.step)
    mark = FreeTextMark(
        marks=_total(task, criteria),
        confidence=min((judged.confidence for judged in reply.judged), default=1.0),
        marker=name,
        reason=_reason(criteria),
        feedback=safe_feedback(reply.feedback, task),
        criteria=criteria,
        review=tuple(dict.fromkeys(_FLAGS[flag] for flag in reply.flags)),
    )
    return Opinion(_not_shown(mark), claimed)


def combined(task: FreeTextTask, first: Opinion, second: Opinion) -> FreeTextMark:
    """Two opinions as one mark. They claim the same within a tenth of the marks, or a person decides; what the one
    could not show and the other one can is taken from that one. A flag of either asks for a person."""
    one, other = first.mark, second.mark
    flags = tuple(dict.fromkeys(flag for flag in (*one.review, *other.review) if flag in _FLAGS.values()))
    confidence = max(one.confidence, other.confidence)
    if abs(first.claimed - second.claimed) > max(0.1 * task.max_marks, 0.01):
        lower = min(one, other, key=lambda mark: mark.marks or 0.0)
        said = f"Two opinions differ ({first.claimed:g} and {second.claimed:g}); the lower one stands for now."
        review = tuple(dict.fromkeys((*lower.review, *flags)))
        lower = replace(lower, confidence=min(one.confidence, other.confidence), review=review)
        return sent_to_review(lower, ReviewReason.DISAGREEMENT, said)
    criteria = tuple(_better(*pair) for pair in zip(one.criteria, other.criteria, strict=True))
    kept = one if len(one.review) <= len(other.review) else other
    made = replace(kept, marks=_total(task, criteria), reason=_reason(criteria), criteria=criteria, review=flags)
    if any(criterion.note for criterion in criteria):
        return _not_shown(replace(made, confidence=confidence))
    if confidence < _EVEN:
        said = "Both times the model was not sure of itself."
        return sent_to_review(replace(made, confidence=confidence), ReviewReason.BORDERLINE, said)
    return replace(made, confidence=max(confidence, 0.7), reason=f"{made.reason} Confirmed by a second reading.")


def sent_to_review(mark: FreeTextMark, why: ReviewReason, sentence: str) -> FreeTextMark:
    return replace(mark, review=tuple(dict.fromkeys((*mark.review, why))), reason=f"{mark.reason} {sentence}")


def _criterion(task: FreeTextTask, criterion: Criterion, judged: Judged) -> CriterionMark:
    share = VERDICTS[judged.verdict]
    evidence = shown_by(judged.evidence, task.answer.text, task.answer.lines)
    note = _claim(judged) if share > 0 and evidence is None else ""
    if note:
        share = 0.0
    return CriterionMark(
        text=criterion.text,
        verdict="met" if share == 1 else "partly" if share > 0 else "not",
        marks=round(criterion.marks * share, 2),
        max_marks=criterion.marks,
        quote=evidence.quote if evidence else "",
        place=evidence.place if evidence else None,
        note=note,
    )


def _claim(judged: Judged) -> str:
    """What the model claimed, for a teacher to decide."""
    said = " ".join(judged.evidence.split())
    if len(said) > _LONGEST_CLAIM:
        said = f"{said[:_LONGEST_CLAIM].rstrip()}…"
    shown = f"what it quotes (“{said}”) does not show that" if said else "it quotes nothing that shows it"
    return f"The model's verdict is “{judged.verdict}”, but {shown}: no credit."


def _better(one: CriterionMark, other: CriterionMark) -> CriterionMark:
    """Of two opinions on a criterion the first, unless only the second one can show the credit that it gives. Credit
    that one of them claims and neither can show stays a claim."""
    if one.note:
        return other if other.verdict != "not" else one
    return other if other.note and one.verdict == "not" else one


def _not_shown(mark: FreeTextMark) -> FreeTextMark:
    """With its doubt, where credit was claimed that the answer does not show."""
    claims = sum(bool(one.note) for one in mark.criteria)
    if not claims:
        return mark
    said = f"Credit for {claims} of {len(mark.criteria)} criteria was claimed but not shown in the answer."
    return sent_to_review(replace(mark, confidence=min(mark.confidence, _EVEN)), ReviewReason.EVIDENCE_NOT_FOUND, said)


def _total(task: FreeTextTask, criteria: Sequence[CriterionMark]) -> float:
    return settled(sum(one.marks for one in criteria), 0.0, task.max_marks, task.step)


def _reason(criteria: Sequence[CriterionMark]) -> str:
    met, partly = (sum(one.verdict == verdict for one in criteria) for verdict in ("met", "partly"))
    return f"{met} of {len(criteria)} criteria met, {partly} in part."


def safe_feedback(feedback: str, task: FreeTextTask) -> str:
    """The feedback, or nothing of it where five words in a row come from the scheme or the rules (and stand
    neither in the question nor in the student's own answer)."""
    entry = task.entry
    known = _runs(f"{task.asked}\n{task.answer.text}")
    secrets = [RULES, *task.model_answers]
    if entry is not None:
        secrets += [wording for criterion in entry.criteria for wording in (criterion.text, *criterion.accept)]
    said = _runs(feedback)
    if any((_runs(secret) & said) - known for secret in secrets):
        return ""
    return feedback.strip()[:_LONGEST_FEEDBACK]


def _runs(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.casefold())
    length = min(_LEAK_WORDS, max(len(words), 1))
    return (
        {tuple(words[index : index + length]) for index in range(len(words) - length + 1)} if len(words) >= 3 else set()
    )

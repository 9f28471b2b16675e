"""Turns a model's reply into a mark: adds up in code, gives credit only for shown evidence, combines two opinions."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.models.assessment import Criterion
from core.models.result import CriterionMark, ReviewReason
from grade.mark_arithmetic import round_and_clamp
from grade.markers.evidence import find_evidence
from grade.markers.free_text import FreeTextMark, FreeTextTask
from grade.markers.model.prompt import RULES, VERDICTS, list_criteria
from grade.markers.model.reply import CriterionJudgement, ModelReply

_REASON_BY_FLAG = {
    "attack": ReviewReason.PROMPT_INJECTION,
    "unreadable": ReviewReason.UNREADABLE,
    "formula": ReviewReason.FORMULA_OR_DRAWING,
    "language": ReviewReason.UNKNOWN_LANGUAGE,
}
# Below even odds the model itself expects another teacher to decide otherwise, so two such opinions settle nothing.
_EVEN_ODDS = 0.5
_LEAK_NGRAM_LENGTH = 5
_MAX_FEEDBACK_LENGTH = 600
_MAX_CLAIM_LENGTH = 120


@dataclass(frozen=True, slots=True)
class ModelMark:
    """A model's opinion on one answer: the mark for which it showed evidence, and the marks that it claimed."""

    mark: FreeTextMark
    claimed_marks: float


def score_reply(task: FreeTextTask, reply: ModelReply, name: str) -> ModelMark:
    """The mark for a reply. A criterion without evidence in the answer earns nothing, with an explanation in its note;
    the answer then goes to review."""
    pairs = list(zip(list_criteria(task), reply.judgements, strict=True))
    criteria = tuple(_score_criterion(task, criterion, judgement) for criterion, judgement in pairs)
    claimed_marks = sum(criterion.marks * VERDICTS[judgement.verdict] for criterion, judgement in pairs)
    claimed_marks = round_and_clamp(claimed_marks, 0.0, task.max_marks, task.step)
    mark = FreeTextMark(
        marks=_sum_marks(task, criteria),
        confidence=min((judgement.confidence for judgement in reply.judgements), default=1.0),
        marker=name,
        reason=_describe_verdicts(criteria),
        feedback=remove_leaking_feedback(reply.feedback, task),
        criteria=criteria,
        review=tuple(dict.fromkeys(_REASON_BY_FLAG[flag] for flag in reply.flags)),
    )
    return ModelMark(_flag_missing_evidence(mark), claimed_marks)


def combine_marks(task: FreeTextTask, first: ModelMark, second: ModelMark) -> FreeTextMark:
    """One mark from two opinions.

    If their claims differ by more than a tenth of the marks, a teacher decides. Credit that only one of them has
    evidence for is taken from that one. A flag of either sends the answer to review.
    """
    one, other = first.mark, second.mark
    flags = tuple(dict.fromkeys(flag for flag in (*one.review, *other.review) if flag in _REASON_BY_FLAG.values()))
    confidence = max(one.confidence, other.confidence)
    if abs(first.claimed_marks - second.claimed_marks) > max(0.1 * task.max_marks, 0.01):
        lower = min(one, other, key=lambda mark: mark.marks or 0.0)
        explanation = (
            f"Two opinions differ ({first.claimed_marks:g} and {second.claimed_marks:g}); the lower one counts for now."
        )
        review = tuple(dict.fromkeys((*lower.review, *flags)))
        lower = replace(lower, confidence=min(one.confidence, other.confidence), review=review)
        return add_review_reason(lower, ReviewReason.DISAGREEMENT, explanation)
    criteria = tuple(_choose_supported(*pair) for pair in zip(one.criteria, other.criteria, strict=True))
    base = one if len(one.review) <= len(other.review) else other
    combined_mark = replace(
        base, marks=_sum_marks(task, criteria), reason=_describe_verdicts(criteria), criteria=criteria, review=flags
    )
    if any(criterion.note for criterion in criteria):
        return _flag_missing_evidence(replace(combined_mark, confidence=confidence))
    if confidence < _EVEN_ODDS:
        explanation = "The model was uncertain both times."
        return add_review_reason(replace(combined_mark, confidence=confidence), ReviewReason.BORDERLINE, explanation)
    return replace(
        combined_mark, confidence=max(confidence, 0.7), reason=f"{combined_mark.reason} Confirmed by a second reading."
    )


def add_review_reason(mark: FreeTextMark, why: ReviewReason, sentence: str) -> FreeTextMark:
    return replace(mark, review=tuple(dict.fromkeys((*mark.review, why))), reason=f"{mark.reason} {sentence}")


def _score_criterion(task: FreeTextTask, criterion: Criterion, judgement: CriterionJudgement) -> CriterionMark:
    share = VERDICTS[judgement.verdict]
    evidence = find_evidence(judgement.evidence, task.answer.text, task.answer.lines)
    note = _describe_claim(judgement) if share > 0 and evidence is None else ""
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


def _describe_claim(judgement: CriterionJudgement) -> str:
    """What the model claimed without evidence, for a teacher to decide."""
    quote = " ".join(judgement.evidence.split())
    if len(quote) > _MAX_CLAIM_LENGTH:
        quote = f"{quote[:_MAX_CLAIM_LENGTH].rstrip()}…"
    objection = f"what it quotes (“{quote}”) does not show that" if quote else "it quotes nothing that shows it"
    return f"The model's verdict is “{judgement.verdict}”, but {objection}: no credit."


def _choose_supported(one: CriterionMark, other: CriterionMark) -> CriterionMark:
    """The first of two opinions on a criterion, unless only the second has evidence for its credit. Credit that is
    claimed by one and shown by neither stays a claim."""
    if one.note:
        return other if other.verdict != "not" else one
    return other if other.note and one.verdict == "not" else one


def _flag_missing_evidence(mark: FreeTextMark) -> FreeTextMark:
    """The mark, with a reason for review and a lower confidence if credit was claimed without evidence."""
    claims = sum(bool(one.note) for one in mark.criteria)
    if not claims:
        return mark
    explanation = f"Credit for {claims} of {len(mark.criteria)} criteria was claimed but not shown in the answer."
    return add_review_reason(
        replace(mark, confidence=min(mark.confidence, _EVEN_ODDS)), ReviewReason.EVIDENCE_NOT_FOUND, explanation
    )


def _sum_marks(task: FreeTextTask, criteria: Sequence[CriterionMark]) -> float:
    return round_and_clamp(sum(one.marks for one in criteria), 0.0, task.max_marks, task.step)


def _describe_verdicts(criteria: Sequence[CriterionMark]) -> str:
    met, partly = (sum(one.verdict == verdict for one in criteria) for verdict in ("met", "partly"))
    return f"{met} of {len(criteria)} criteria met, {partly} in part."


def remove_leaking_feedback(feedback: str, task: FreeTextTask) -> str:
    """The feedback, or an empty text if five consecutive words of it come from the scheme or the rules (and occur
    neither in the question nor in the student's own answer)."""
    entry = task.entry
    known = _word_ngrams(f"{task.question_text}\n{task.answer.text}")
    secrets = [RULES, *task.model_answers]
    if entry is not None:
        secrets += [wording for criterion in entry.criteria for wording in (criterion.text, *criterion.accept)]
    feedback_ngrams = _word_ngrams(feedback)
    if any((_word_ngrams(secret) & feedback_ngrams) - known for secret in secrets):
        return ""
    return feedback.strip()[:_MAX_FEEDBACK_LENGTH]


def _word_ngrams(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.casefold())
    length = min(_LEAK_NGRAM_LENGTH, max(len(words), 1))
    return (
        {tuple(words[index : index + length]) for index in range(len(words) - length + 1)} if len(words) >= 3 else set()
    )

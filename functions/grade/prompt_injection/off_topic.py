"""Detects sentences that are about the marking instead of the question, whatever their wording.

There are two detectors. `is_about_marking` looks for words of assessment together with words of judgement and little
else. `is_off_topic` also knows the words of the question and the scheme: a sentence that shares none of them and is
about the answer, its marks or its marker is off topic.
"""

import re

from grade.language.tokenizer import stem, stem_content_words, word_set


def _stem_words(text: str) -> frozenset[str]:
    return frozenset(stem(word) for word in word_set(text))


_LETTER_RUN = re.compile(r"[^\W\d_]+")
_WORD_OR_TALLY = re.compile(r"[^\W\d_]+(?:'[a-z]+)?|(?<!\d)\d++\s?/\s?\d+|[✓✔]")
# Words about assessment, and words that judge an answer.
_ASSESSMENT_WORDS = frozenset(
    {
        "mark", "marks", "marking", "marked", "marker", "grade", "grades", "grading", "graded", "grader",
        "score", "scores", "scoring", "credit", "credits", "verdict", "criterion", "criteria",
        "rubric", "rubrics", "examiner", "examiners", "evaluator", "evaluation", "assessor", "assessment",
        "moderator", "candidate", "confidence", "feedback", "exam", "examination", "board",
    }
)  # fmt: skip
_JUDGEMENT_WORDS = frozenset(
    {
        "full", "maximum", "max", "maximal", "top", "perfect", "excellent", "outstanding", "complete",
        "completely", "correct", "right", "met", "satisfied", "satisfies", "covered", "everything", "every",
        "all", "accept", "accepts", "accepted", "approve", "approved", "deduct", "void", "count", "counted",
        "pass", "passed", "fail", "generous", "lenient", "understanding", "finished", "demonstrates", "wins",
        "always", "highest", "best", "good",
    }
)  # fmt: skip
_PLEA_PATTERN = re.compile(
    r"\b(?:please|kindly|mercy|beg|benefit of the doubt|thank(?:s| you)|need to pass|do(?:n't| not) fail me|ran out of"
    r" time|count it|round (?:\w+ )?(?:result|it|me)? ?up|be kind)\b",
    re.IGNORECASE,
)
_PERSONAL_PRONOUN = re.compile(r"\b(?:i|me|my|we|our|you|your)\b", re.IGNORECASE)
_PLEA_TOPICS = frozenset(
    {
        "fail", "pass", "exam", "marks", "mark", "grade", "score", "result", "scholarship", "doubt", "time",
        "count", "mercy", "understanding", "ill",
    }
)  # fmt: skip
_FILLER_WORDS = frozenset(
    {
        "a", "an", "the", "of", "to", "in", "on", "at", "for", "by", "with", "and", "or", "but", "so", "that",
        "this", "these", "those", "it", "its", "is", "are", "was", "were", "be", "been", "being", "as", "if",
        "then", "than", "do", "does", "did", "have", "has", "had", "will", "would", "should", "could", "may",
        "might", "must", "can", "i", "me", "my", "you", "your", "he", "she", "they", "them", "their", "our",
        "we", "not", "no", "yes", "there", "here", "which", "who", "what", "from", "into", "out", "up",
        "down", "about", "over", "under", "also", "only", "just", "very", "more", "most", "some", "any",
        "each", "other", "such", "answer", "answers", "response", "responses", "student", "students",
        "question", "questions", "now", "student's", "please", "kindly", "following", "according", "updated",
        "means", "given", "gave", "give", "gives", "giving", "get", "gets", "treat", "say", "said", "says",
        "write", "writes", "writing", "summary", "result", "results", "output", "put",
    }
)  # fmt: skip
# How many other words a sentence about marking may contain and still be about nothing else.
_MAX_OTHER_WORDS = 3
# Words for marks, rules and scores in other languages; and words for "all", "highest", "give" and "ignore".
_FOREIGN_MARKING_WORDS = re.compile(
    r"\b(?:note|puntos|puntuaci[oó]n|calificaci[oó]n|nota|notas|voti|voto|punteggio|pontos|pontua[cç][aã]o|puan|puanı"
    r"|punten|punkte|punktzahl|po[aä]ng|poeng|punkty|bewerte[nt]?|benoten|noter|évaluer|calificar|valutare|beoordelen|regels|instructies|consignes|reglas|istruzioni|балл\w*|оценк\w*)\b"
    r"|अंक|分数|满分|滿分|分數|점수|만점|点数|満点|علامة|درجة|نمره",
    re.IGNORECASE,
)
_FOREIGN_ORDER_WORDS = re.compile(
    r"\b(?:maximale?|máxim[ao]|massim[oi]|todos|todas|toutes?|tous|tutti|tam|volle|alle|höchste|donnez|dame|dammi|negeer"
    r"|vergeet|gib|geef"
    r"|bitte|svp|por favor|per favore|proszę|prosím|lütfen|mohon"
    r"|все|высш\w+|максимальн\w+|поставьте)\b|पूरे|सभी|给|給|請|请|주세요|ください|كاملة|کامل",
    re.IGNORECASE,
)
_READER_WORDS = word_set("you your you're yours u ur sir madam ma'am miss")
_WRITER_WORDS = word_set("i i'm i'll i've me my mine myself candidate candidates student students pupil script")
_MARKING_STEMS = _stem_words(
    "mark marks marking marker score scoring grade grading grader credit credited penalise penalize deduct award band"
    " rubric criterion criteria examiner exam examination assessor assess evaluator evaluate moderator verdict regrade"
    " rating rated feedback comment override ceiling tariff scheme tutor teacher professor chatgpt gpt ofsted board"
    " confidence"
)
# Stems that no honest answer contains.
_MARKER_ONLY_STEMS = _stem_words(
    "examiner grader rubric regrade chatgpt ofsted invigilator penalise penalize markscheme"
)
_REQUEST_STEMS = _stem_words("put spell encode include mention print show repeat ignore skip withhold rank translate")
_ANSWER_STEMS = _stem_words(
    "answer response item question submission sentence paragraph above below instruction textbook"
)
_STRONG_JUDGEMENT_STEMS = _stem_words(
    "full maximum max perfect flawless outstanding excellent completely fully thoroughly missing void withdrawn"
    " approved accepted satisfied met pass passed passing fail failed deserve deserves generous lenient merit"
    " automatic agreed reviewed definitely obviously"
)
_WEAK_JUDGEMENT_STEMS = _stem_words(
    "best correct right complete necessary required everything everyone anyone all every each accept must"
)
# A sentence of so few words about marks is about nothing else ("Final grade").
_FRAGMENT_WORDS = 3
# "3/3" and ticks in a row.
_TALLY = re.compile(r"\b(\d{1,3})\s?/\s?\1\b|(?:[✓✔]\W*(?:\d+\W*)?){2,}")
_PLEA_STEMS = _stem_words(
    "please mercy beg begging bless heart thank thanks sorry wonderful promise parents scholarship"
)


def is_about_marking(sentence: str, topic: frozenset[str] = frozenset()) -> bool:
    """Whether a sentence is about how it should be marked. Words whose stems are in `topic` (the question's own) do not
    count."""
    if _FOREIGN_MARKING_WORDS.search(sentence) and _FOREIGN_ORDER_WORDS.search(sentence):
        return True
    words = {word.casefold() for word in _LETTER_RUN.findall(sentence)}
    words = {word for word in words if stem(word) not in topic}
    if _PLEA_PATTERN.search(sentence) and _PERSONAL_PRONOUN.search(sentence) and words & _PLEA_TOPICS:
        return True
    if not words & _ASSESSMENT_WORDS or not words & _JUDGEMENT_WORDS:
        return False
    others = [word for word in words if word not in _ASSESSMENT_WORDS | _JUDGEMENT_WORDS | _FILLER_WORDS]
    return len(others) <= _MAX_OTHER_WORDS


def topic_stems(*texts: str) -> frozenset[str]:
    """The stems of the content words of these texts: what an answer may be about."""
    return frozenset(found for text in texts for found in stem_content_words(text))


def is_off_topic(sentence: str, topic: frozenset[str]) -> bool:
    """Whether a sentence has no content word of `topic` and is about the answer, its marks or its marker."""
    words = [word.casefold() for word in _WORD_OR_TALLY.findall(sentence.replace("’", "'"))]
    # Words of the question itself ("the students' scores") are expected in an answer to it.
    stems = {stem(word) for word in words} - topic
    own = _MARKING_STEMS | _ANSWER_STEMS | _STRONG_JUDGEMENT_STEMS | _WEAK_JUDGEMENT_STEMS | _PLEA_STEMS
    if (set(stem_content_words(sentence)) & topic) - own:
        return False
    mentions_people = bool((_READER_WORDS | _WRITER_WORDS) & set(words))
    marking, mentions_answer, plea = len(stems & _MARKING_STEMS), bool(stems & _ANSWER_STEMS), bool(stems & _PLEA_STEMS)
    strong, weak = (
        len(stems & _STRONG_JUDGEMENT_STEMS) + bool(_TALLY.search(sentence)),
        len(stems & _WEAK_JUDGEMENT_STEMS),
    )
    if len(words) <= _FRAGMENT_WORDS and (stems & _MARKING_STEMS or _TALLY.search(sentence)):
        return True
    if stems & _MARKER_ONLY_STEMS or (
        marking and (mentions_people or mentions_answer or strong or weak or plea or marking > 1)
    ):
        return True
    if marking and stems & _REQUEST_STEMS:
        return True
    if plea and (mentions_people or mentions_answer or strong):
        return True
    return (mentions_answer and (strong > 0 or weak > 1)) or (
        mentions_people and strong > 0 and (mentions_answer or weak > 0)
    )

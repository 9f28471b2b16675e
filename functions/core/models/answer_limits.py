"""Limits on answers that are marked automatically.

An answer beyond them goes to a person, whole and with a reason.

A handwritten page has about 2,000 characters; each limit is far above what anybody writes. `grade` marks answers up to
the limits, `results` refuses corrected answers beyond them.
"""

# Characters of one free-text answer, and of one objective answer: a letter, a value, the working before it.
MAX_ANSWER_CHARACTERS = 20_000
MAX_OBJECTIVE_ANSWER_CHARACTERS = 4_000
# Words of one answer that the key-point marker reads; a model reads all of them.
MAX_ANSWER_WORDS = 1_500
# Numbers in one numeric answer: each is parsed with the unit that follows it.
MAX_ANSWER_NUMBERS = 300

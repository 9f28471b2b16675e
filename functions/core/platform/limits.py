"""The bounds within which an answer is marked by machine; beyond them it goes to a person, whole and with a reason.

A page by hand has about 2,000 characters. Each bound stands far above what anybody writes. `grade` marks up to them,
`results` takes no corrected reading beyond them.
"""

# Characters of one answer in running text, and of one where code decides: a letter, a value, the working before it.
MAX_ANSWER_CHARACTERS = 20_000
MAX_OBJECTIVE_ANSWER_CHARACTERS = 4_000
# Words that the key-point marker reads of one answer; a model reads all of it.
MAX_ANSWER_WORDS = 1_500
# Numbers in one numeric answer: each is read with the unit behind it.
MAX_ANSWER_NUMBERS = 300

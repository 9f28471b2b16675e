"""Ways to set a paper, each in a few lines: which labels and marks are read out of them."""

import pytest
from core.assessment import Question
from grade.paper import parse_paper
from tests.papers.writing import page_of

# Each case: lines of a page, and the nodes that are in it as "id marks", with "?n" where any n count.
CASES: dict[str, tuple[str, str]] = {
    "marks behind the question's number": (
        """
        Question 1 [12 marks]
        (a) What is a lexeme? [4 marks]
        (b) Write a regular expression for identifiers. [8 marks]
        Question 2 [8 marks]
        Explain how a parser finds an error, and how it goes on after it.
        """,
        "1 12, 1.a 4, 1.b 8, 2 8",
    ),
    "shares as a sum": (
        """
        Question 1: Short questions (2 + 3 + 5 = 10 marks)
        a. Define latency.
        b. Explain how a router chooses a path.
        c. Compare two ways to share a medium.
        Question 2: Describe slow start. (5 marks)
        """,
        "1 10, 1.a 2, 1.b 3, 1.c 5, 2 5",
    ),
    "any five of seven": (
        """
        Q1 Answer any FIVE of the following: 5 x 2 = 10
            a) Define force.
            b) Define power.
            c) Define work.
            d) Define energy.
            e) State Hooke's law.
            f) State Ohm's law.
            g) Define momentum.
        Q2 Explain the laws of reflection. (5)
        """,
        "1 10 ?5, 1.a 2, 1.b 2, 1.c 2, 1.d 2, 1.e 2, 1.f 2, 1.g 2, 2 5",
    ),
    "modules with alternatives": (
        """
        Max. Marks: 40
        Note: Answer any ONE full question from each module.
        Module-1
        1 a. Explain the phases of a compiler. (08 Marks)
          b. Explain input buffering with sentinels. (12 Marks)
        OR
        2 a. Explain the role of a lexical analyser. (10 Marks)
          b. Write a transition diagram for numbers. (10 Marks)
        Module-2
        3 a. Explain left recursion and how it is removed. (10 Marks)
          b. Explain LL(1) grammars. (10 Marks)
        OR
        4 a. Explain shift-reduce parsing. (08 Marks)
          b. Explain operator precedence parsing. (12 Marks)
        """,
        "1 20 ?1, 1.1 20, 1.1.a 8, 1.1.b 12, 1.2 20, 1.2.a 10, 1.2.b 10,"
        " 2 20 ?1, 2.3 20, 2.3.a 10, 2.3.b 10, 2.4 20, 2.4.a 8, 2.4.b 12",
    ),
    "letters and Roman numbers on one line": (
        """
        1. (a) (i) Define osmosis. [2]
               (ii) Give one example of it. [1]
           (b) Explain why a plant wilts. [3]
        2. (a) Name the parts of a flower. [4]
           (b) (i) What is pollination? [2]
               (ii) Name two agents of it. [2]
        """,
        "1 6, 1.a 3, 1.a.i 2, 1.a.ii 1, 1.b 3, 2 8, 2.a 4, 2.b 4, 2.b.i 2, 2.b.ii 2",
    ),
    "marks short": (
        """
        1. Define the term demand. (2mks)
        2. State three factors that influence demand. (3 mks)
        3. Name one good of which we demand more when its price rises. (1mk)
        """,
        "1 2, 2 3, 3 1",
    ),
    "words at the right without brackets": (
        """
        Question 1 (7 marks)
        a.  Write the equation of the reaction.                                          2 marks
        b.  i.  Name the catalyst.                                                       1 mark
            ii. Explain how it makes the reaction faster.                                2 marks
        c.  Calculate the mass of the product.                                           2 marks
        Question 2 (3 marks)
        Explain why the yield is lower at a higher temperature.
        """,
        "1 7, 1.a 2, 1.b 3, 1.b.i 1, 1.b.ii 2, 1.c 2, 2 3",
    ),
    "labels alone on their line": (
        """
        Section A
        Each question in this section is worth 1 mark.
        Question 1
        The gas given off when an acid meets a metal is
        A. oxygen
        B. hydrogen
        C. chlorine
        D. carbon dioxide
        Question 2
        Which of these is an alloy?
        A. copper
        B. iron
        C. brass
        D. zinc
        Section B
        Question 3
        Explain why brass is used for taps. (4 marks)
        """,
        "A 2, A.1 1, A.2 1, B 4, B.3 4",
    ),
    "every question 5 marks but one": (
        """
        Answer all questions. Each question carries 5 marks except Q3 which carries 10 marks.
        Q1. What is inflation?
        Q2. What is a budget deficit?
        Q3. Explain how a central bank fights inflation. (10 marks)
        """,
        "1 5, 2 5, 3 10",
    ),
    "two letters, sections in capitals": (
        """
        A. MULTIPLE CHOICE (2 marks)
        1. The capital of Kenya is
           a) Nairobi   b) Mombasa   c) Kisumu
        2. The largest ocean is the
           a) Atlantic   b) Pacific   c) Indian
        B. SHORT ANSWERS (6 marks)
        1. Name two deserts. [2]
        2. Explain how a delta forms. [4]
        """,
        "A 2, A.1 1, A.2 1, B 6, B.1 2, B.2 4",
    ),
    "numbered instructions in front": (
        """
        Instructions
        1. Answer all questions.
        2. Write your name on every sheet.
        3. Do not use a calculator.
        4. All rough work must be handed in.
        1. Simplify 3x + 2x - x. [2]
        2. Expand (x + 2)(x - 3). [3]
        """,
        "1 2, 2 3",
    ),
    "an examiner's table in front": (
        """
        Question     Maximum mark     Mark awarded
        1.           2
        2.           3
        3.           4
        Total        9
        1. Name one producer in a pond. [2]
        2. Explain what a decomposer does. [3]
        3. Describe how energy is lost along a food chain. [4]
        """,
        "1 2, 2 3, 3 4",
    ),
    "statements, then options": (
        """
        1. Look at these statements. [1]
           I. Water boils at 100 degrees at sea level.
           II. Ice sinks in water.
           Which of them is right?
           A. I only
           B. II only
           C. both
           D. neither
        2. Explain why ice floats. [2]
        """,
        "1 1, 2 2",
    ),
    "a sum of several sentences": (
        """
        1. Define velocity (1). State its unit (1). [2]
        2. A stone falls for 3 s. Find its speed. [2]
        """,
        "1 2, 2 2",
    ),
    "problem and exercise": (
        """
        Exercise 1 (6 points)
        Show that the sum of three consecutive numbers is divisible by 3.
        Exercise 2 (4 points)
        Find all x with x^2 = 9.
        """,
        "1 6, 2 4",
    ),
    "half marks and a fraction": (
        """
        1. Name the capital of France. [½]
        2. Name two rivers of France. [1.5]
        3. Describe the climate of its south. (2½ marks)
        """,
        "1 0.5, 2 1.5, 3 2.5",
    ),
    "a question word spelt out": (
        """
        Question One
        Define a contract. (5 marks)
        Question Two
        Explain offer and acceptance. (10 marks)
        """,
        "1 5, 2 10",
    ),
    "total printed at the end of a question": (
        """
        1. Study the map.
           (a) Name the river at A. [1]
           (b) Explain why the town at B grew. [4]
           [Total: 5]
        2. Describe a waterfall.
           [Total: 6]
        """,
        "1 5, 1.a 1, 1.b 4, 2 6",
    ),
    "a compulsory one and a span": (
        """
        Answer Question 1 and any TWO questions from questions 2 to 4.
        1. Define marketing. (10 marks)
        2. Discuss branding. (20 marks)
        3. Discuss pricing. (20 marks)
        4. Discuss promotion. (20 marks)
        """,
        "1 10, 2-4 40 ?2, 2 20, 3 20, 4 20",
    ),
    "answer four of six": (
        """
        Answer FOUR out of six questions. All questions carry 25 marks.
        1. Explain paging.
        2. Explain scheduling.
        3. Explain deadlock.
        4. Explain file systems.
        5. Explain virtual memory.
        6. Explain semaphores.
        """,
        "1-6 100 ?4, 1 25, 2 25, 3 25, 4 25, 5 25, 6 25",
    ),
    "options along a line after the stem": (
        """
        1. 7 x 8 is  (a) 54  (b) 56  (c) 64  (d) 48   [1]
        2. Half of 90 is  (a) 40  (b) 45  (c) 50   [1]
        """,
        "1 1, 2 1",
    ),
    "true or false in brackets": (
        """
        State true or false (1 mark each)
        1. The sun rises in the east. (True/False)
        2. A spider has six legs. (True/False)
        3. Mercury is a metal. (True/False)
        """,
        "1 1, 2 1, 3 1",
    ),
}


def nodes(questions: tuple[Question, ...]) -> list[Question]:
    return [node for question in questions for node in (question, *nodes(question.parts))]


@pytest.mark.parametrize("case", CASES)
def test_labels_and_marks(case: str) -> None:
    text, expected = CASES[case]
    lines = [line.removeprefix("        ") for line in text.strip("\n").split("\n")]
    found = [
        f"{q.id} {q.marks:g}" + (f" ?{q.choose}" if q.choose else "") if q.marks is not None else f"{q.id} -"
        for q in nodes(parse_paper(page_of(*lines)).questions)
    ]
    assert found == [said.strip() for said in expected.split(",")]

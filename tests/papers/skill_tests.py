"""Worksheets and skill tests: sums in columns, gaps to fill, listening, reading with line numbers."""

from tests.papers.canvas import PaperCanvas


def worksheet(sheet: PaperCanvas) -> None:
    """A primary school worksheet: sums in three columns, gaps, a matching table, true or false."""
    sheet.line("Name: ______________________     Class: ________     Date: ______________")
    sheet.title("Mathematics Worksheet: Numbers up to 100", size=13)
    sheet.line("", right="Score: _____ / 23")
    sheet.line("A. Add. (6 marks)", bold=True)
    sheet.columns((12, "1)  23 + 14 = ____"), (170, "2)  35 + 21 = ____"), (330, "3)  42 + 17 = ____"))
    sheet.columns((12, "4)  50 + 28 = ____"), (170, "5)  66 + 33 = ____"), (330, "6)  71 + 18 = ____"))
    sheet.gap()
    sheet.line("B. Fill in the blanks. (5 marks)", bold=True)
    for number, text in enumerate(
        (
            "10 tens make ________ .",
            "The number before 60 is ________ .",
            "5, 10, 15, ________ , 25",
            "A triangle has ________ sides.",
            "Half of 18 is ________ .",
        ),
        1,
    ):
        sheet.line(text, 12, label=f"{number})")
    sheet.gap()
    sheet.line("C. Match the following. (4 marks)", bold=True)
    for number, (one, other) in enumerate(
        (("a dozen", "7 days"), ("a week", "12 things"), ("a score", "60 minutes"), ("an hour", "20 things")), 1
    ):
        sheet.columns((12, f"{number})  {one}"), (220, f"{'abcd'[number - 1]})  {other}"))
    sheet.gap()
    sheet.line("D. Write True or False. (4 marks)", bold=True)
    for number, text in enumerate(
        ("99 is greater than 100.", "A square has four equal sides.", "40 - 15 = 25", "There are 30 days in May."), 1
    ):
        sheet.line(f"{text}  ________", 12, label=f"{number})")
    sheet.gap()
    sheet.line("E. Solve the problems. (2 x 2 = 4 marks)", bold=True)
    sheet.text("Meera has 45 beads. She gives 18 to her sister. How many beads has she left?", 12, label="1)")
    sheet.dots(36)
    sheet.text("A box holds 6 eggs. How many eggs are in 9 boxes?", 12, label="2)")
    sheet.dots(36)


def listening(sheet: PaperCanvas) -> None:
    """Numbers at the gaps of a form, ranges above blocks, three options, sections with continuous numbering."""
    sheet.title("LISTENING TEST", size=13)
    sheet.line("There are 14 questions. Each question carries one mark.")
    sheet.line("You will hear each part once only.")
    sheet.gap()
    sheet.line("PART 1     Questions 1–5", bold=True)
    sheet.line("Complete the form below. Write NO MORE THAN TWO WORDS AND/OR A NUMBER for each answer.")
    sheet.gap()
    sheet.line("LIBRARY MEMBERSHIP", 160, bold=True)
    sheet.line("Family name:     1 ....................................", 40)
    sheet.line("Address:           2 .................................... Street", 40)
    sheet.line("Postcode:         3 ....................................", 40)
    sheet.line("Date of birth:    4 ....................................", 40)
    sheet.line("Deposit paid:     5 £ ..................................", 40)
    sheet.gap()
    sheet.line("PART 2     Questions 6–9", bold=True)
    sheet.line("Choose the correct letter, A, B or C.")
    for number, stem, options in (
        (6, "The speaker first came to the island", ("to work.", "on holiday.", "to see a friend.")),
        (7, "What does he say about the ferry?", ("It is slow.", "It is dear.", "It is often full.")),
        (8, "The museum is closed", ("on Mondays.", "in winter.", "at noon.")),
        (9, "He advises visitors to bring", ("a map.", "a coat.", "cash.")),
    ):
        sheet.line(stem, label=str(number), bold=True)
        for letter, option in zip("ABC", options, strict=True):
            sheet.columns((40, letter), (64, option))
    sheet.new_page()
    sheet.line("PART 3     Questions 10–14", bold=True)
    sheet.line("Answer the questions below. Write NO MORE THAN THREE WORDS for each answer.")
    for number, text in enumerate(
        (
            "What is the subject of the students' talk?",
            "Who will make the slides?",
            "Where will they meet next?",
            "What must they hand in on Friday?",
            "Which book does the tutor recommend?",
        ),
        10,
    ):
        sheet.line(text, label=str(number), bold=True)
        sheet.dots(24)


def numbered_lines(sheet: PaperCanvas) -> None:
    """A passage with line numbers in the margin, questions that refer to lines, totals with an equals sign."""
    sheet.columns((0, "Candidate surname"), (200, "Other names"))
    sheet.columns((0, "Centre Number"), (110, "[ ][ ][ ][ ][ ]"), (260, "Candidate Number"), (370, "[ ][ ][ ][ ]"))
    sheet.title("English Language", "Paper 1: Fiction and Imaginative Writing", size=12)
    sheet.line("Time: 1 hour 45 minutes", right="Total Marks")
    sheet.line("Instructions", bold=True)
    sheet.line("• Answer all questions in Section A and ONE question in Section B.")
    sheet.line("• You should spend about 1 hour on Section A.")
    sheet.new_page()
    sheet.line("SECTION A: Reading", 160, bold=True)
    sheet.line("Read the text and answer ALL questions in this section.")
    sheet.gap()
    passage = (
        "The lighthouse had been dark for eleven years when Tom first rowed across the bay,",
        "and nobody in the village would say why. His grandmother only shook her head. The",
        "harbour master, who spoke of everything, spoke of the weather. So he went alone, on a",
        "morning when the water lay as flat as a table, with a loaf of bread and a lamp.",
        "The door was not locked. Inside, the stair went round and round above his head until",
        "it was lost in the gloom, and on every step the dust lay thick and white. On every",
        "step but one. He stood still. Somebody had sat there, and not long ago; beside the",
        "place there was a cup, and in the cup, still warm,",
        "there was tea.",
        "He did not run. He was surprised, afterwards, that he had not run.",
    )
    for number, text in enumerate(passage, 1):
        if number % 5 == 0:
            sheet.columns((0, str(number)), (24, text))
        else:
            sheet.line(text, 24)
    sheet.gap()
    sheet.line("From lines 1–3, identify one thing that shows that people avoid the subject.", label="1", bold=True)
    sheet.dots(24)
    sheet.line("(Total for Question 1 = 1 mark)", 250, bold=True)
    sheet.line("From lines 5–7, give two ways in which the stair is described.", label="2", bold=True)
    sheet.line("You may use your own words or quotations from the text.", 24)
    sheet.dots(24, before="1")
    sheet.dots(24, before="2")
    sheet.line("(Total for Question 2 = 2 marks)", 250, bold=True)
    sheet.new_page()
    sheet.line("In lines 6–10, how does the writer use language and structure to show tension?", label="3", bold=True)
    sheet.line("Support your views with detailed reference to the text.", 24)
    sheet.dots(24)
    sheet.dots(24)
    sheet.line("(Total for Question 3 = 6 marks)", 250, bold=True)
    sheet.line("In this text, the writer tries to create a mystery. Evaluate how successfully", label="4", bold=True)
    sheet.line("this is achieved.", 24, bold=True)
    sheet.dots(24)
    sheet.line("(Total for Question 4 = 15 marks)", 250, bold=True)
    sheet.line("TOTAL FOR SECTION A = 24 MARKS", 220, bold=True)
    sheet.new_page()
    sheet.line("SECTION B: Imaginative Writing", 150, bold=True)
    sheet.line("Answer ONE question. You should spend about 45 minutes on this section.")
    sheet.line("EITHER", bold=True)
    sheet.line("Write about a time when you, or someone you know, found something unexpected.", label="5", bold=True)
    sheet.line("(Total for Question 5 = 40 marks)", 250, bold=True)
    sheet.line("OR", bold=True)
    sheet.line("Look at the images provided. Write about a journey across water.", label="6", bold=True)
    sheet.line("(Total for Question 6 = 40 marks)", 250, bold=True)
    sheet.line("TOTAL FOR SECTION B = 40 MARKS", 220, bold=True)
    sheet.line("TOTAL FOR PAPER = 64 MARKS", 240, bold=True)


def passage_and_choices(sheet: PaperCanvas) -> None:
    """An admissions test: a passage, `A)` options one below another, directions, a number to grid in."""
    sheet.title("Reading and Mathematics", "11 QUESTIONS", size=12)
    sheet.text(
        "DIRECTIONS: The questions in this section address a number of skills. Each question is worth 1 point. There is"
        " no penalty for a wrong answer."
    )
    sheet.gap()
    sheet.line("Questions 1-3 are based on the following passage.", bold=True)
    sheet.text(
        "This passage is adapted from an essay of 1911. The bees of a single hive may visit two million flowers to make"
        " a pound of honey; in 1893 an observer in Kent counted 40 journeys a day for each of them."
    )
    sheet.gap()
    for number, stem, options in (
        (
            "1",
            "The main purpose of the passage is to",
            ("describe an effort.", "dispute a claim.", "tell a joke.", "sell honey."),
        ),
        (
            "2",
            "As used in the passage, 'observer' most nearly means",
            ("judge.", "guest.", "watcher.", "farmer."),
        ),
        (
            "3",
            "The number 40 is given to show",
            ("how far bees fly.", "how often bees fly.", "how old bees are.", "how bees talk."),
        ),
        (
            "4",
            "If 3x + 7 = 22, what is the value of x?",
            ("3", "5", "15", "29"),
        ),
        (
            "5",
            "Which of the following is equivalent to 2(x + 3) - x ?",
            ("x + 3", "x + 6", "3x + 6", "2x + 3"),
        ),
    ):
        sheet.line(number, bold=True)
        sheet.line(stem)
        for letter, option in zip("ABCD", options, strict=True):
            sheet.line(f"{letter}) {option}", 12)
        sheet.gap()
    sheet.new_page()
    sheet.line("Student-Produced Response", bold=True)
    sheet.text("For questions 6-11, enter your answer on the answer sheet.")
    for number, stem in enumerate(
        (
            "What is 15 % of 240?",
            "A car goes 150 miles in 2.5 hours. What is its speed in miles per hour?",
            "The mean of 4, 8 and n is 10. What is the value of n?",
            "A circle has an area of 49 pi. What is its radius?",
            "If y = 2x - 5, for what value of x is y = 11?",
            "How many different two-digit numbers have digits that add up to 5?",
        ),
        6,
    ):
        sheet.line(str(number), bold=True)
        sheet.text(stem)
        sheet.gap()

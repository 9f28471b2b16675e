"""Papers written by schools."""

from tests.papers.canvas import PaperCanvas


def sections_with_options(sheet: PaperCanvas) -> None:
    """Sections with totals; options in two columns; a true/false list; blanks; continuous numbering."""
    sheet.title("Hillview Middle School", "Geography: Unit Test 2", size=13)
    sheet.line("Name: ____________________    Class: ______", right="Max. Marks: 30")
    sheet.gap()
    sheet.line("SECTION A (10 marks)", bold=True)
    sheet.line("Choose the correct answer.")
    sheet.line("Which is the longest river in Africa?", label="1.", right="[2]")
    sheet.columns((24, "(a) Nile"), (250, "(b) Congo"))
    sheet.columns((24, "(c) Niger"), (250, "(d) Zambezi"))
    sheet.line("A map with a scale of 1 : 50 000 shows a road as 4 cm. How long is the road?", label="2.", right="[2]")
    sheet.columns((24, "(a) 2 km"), (130, "(b) 4 km"), (240, "(c) 20 km"), (350, "(d) 200 km"))
    sheet.line("Lines that join places of equal height are called", label="3.", right="[2]")
    sheet.columns((24, "(a) isobars"), (250, "(c) isotherms"))
    sheet.columns((24, "(b) contours"), (250, "(d) meridians"))
    sheet.line("State whether each statement is true or false.", label="4.", right="[4]")
    for letter, text in zip(
        "abcd",
        (
            "The Equator is at 0 degrees.",
            "Deserts are always hot.",
            "The Moon causes tides.",
            "Lava is cooler than magma.",
        ),
        strict=True,
    ):
        sheet.line(text, 24, label=f"({letter})")
    sheet.gap()
    sheet.line("SECTION B (12 marks)", bold=True)
    sheet.line("Answer all the questions.")
    sheet.line("The imaginary line at 23.5 degrees north is the ______________ of Cancer.", label="5.", right="[1]")
    sheet.text("Define the term erosion and name two agents that cause it.", label="6.", right="[3]")
    sheet.text(
        "Explain why coastal places have milder winters than places far inland at the same latitude.",
        label="7.",
        right="[4]",
    )
    sheet.text(
        "A town has 12 400 people on 31 square kilometres. Calculate its population density.", label="8.", right="[4]"
    )
    sheet.gap()
    sheet.line("SECTION C (8 marks)", bold=True)
    sheet.line("Answer any one question.")
    sheet.text("Describe how a river forms a meander, with a diagram.", label="9.", right="[8]")
    sheet.text("Describe the causes and the effects of one earthquake that you have studied.", label="10.", right="[8]")


def restarting_numbers(sheet: PaperCanvas) -> None:
    """Numbering that restarts in each part, marks in words after each question."""
    sheet.title("Computer Basics, Class VIII")
    sheet.line("Time: 1 hour", right="Full Marks: 25")
    sheet.gap()
    for letter, heading in (
        ("A", "Part A: Fill in the blanks"),
        ("B", "Part B: Short answers"),
        ("C", "Part C: Long answers"),
    ):
        sheet.line(heading, bold=True)
        if letter == "A":
            sheet.line("The brain of a computer is the ________. (1 mark)", label="1)")
            sheet.line("A group of eight bits is called a ________. (1 mark)", label="2)")
            sheet.line("________ is a program that finds web pages. (1 mark)", label="3)")
        elif letter == "B":
            sheet.line("What is the difference between RAM and ROM? (3 marks)", label="1)")
            sheet.line("Name three input devices. (3 marks)", label="2)")
            sheet.text(
                "Write the full form of each: HTML, URL, PDF and USB. Say in one line where each of them is used",
                end="(4 marks)",
                label="3)",
            )
        else:
            sheet.line("Answer any TWO questions from this part.")
            sheet.line("Describe the parts of a spreadsheet window. (6 marks)", label="1)")
            sheet.line("Explain how a search engine works. (6 marks)", label="2)")
            sheet.line("What is malware? How can a school protect itself from it? (6 marks)", label="3)")
        sheet.gap()


def boxes_to_tick(sheet: PaperCanvas) -> None:
    """A worksheet: `Question 1` on its own line, tick boxes without letters, "/ 3" after a rule."""
    sheet.line("Name: ______________________________   Date: ______________")
    sheet.title("Weather Quiz", size=16)
    sheet.line("Question 1", bold=True, right="____ / 2")
    sheet.line("Which instrument measures air pressure?")
    for option in ("thermometer", "barometer", "rain gauge"):
        sheet.line(f"[  ] {option}", 18)
    sheet.gap()
    sheet.line("Question 2", bold=True, right="____ / 1")
    sheet.line("Clouds are made of tiny drops of water or ice.     True     False")
    sheet.gap()
    sheet.line("Question 3", bold=True, right="____ / 3")
    sheet.text(
        "On Monday it was 17 degrees at noon, and at night the temperature fell by 9 degrees. How many degrees was"
        " it then? Show your sum."
    )
    sheet.dots()
    sheet.dots(before="Answer:", after="degrees")
    sheet.gap()
    sheet.line("Question 4", bold=True, right="____ / 4")
    sheet.text("Write two things that you should do in a thunderstorm, and why each of them keeps you safe.")
    for _ in range(3):
        sheet.dots()
    sheet.gap()
    sheet.line("Total: ____ / 10")


def roman_groups(sheet: PaperCanvas) -> None:
    """Roman numbers outside, restarting numbers inside; marks given as "5 x 1 = 5"."""
    sheet.title("Monthly Test: English", size=13)
    sheet.line("Class VI", right="Marks: 25")
    sheet.gap()
    sheet.line("I. Choose the correct answer.", bold=True, right="(4 x 1 = 4)")
    for number, (stem, options) in enumerate(
        (
            ("The children ____ playing in the park.", ("is", "are", "am")),
            ("She has lived here ____ 2015.", ("since", "for", "from")),
            ("The opposite of ancient is", ("old", "modern", "early")),
            ("A group of lions is called a", ("pack", "herd", "pride")),
        ),
        1,
    ):
        sheet.line(stem, 18, label=f"{number}.")
        sheet.columns(
            *(
                (42 + 110 * position, f"{letter}) {text}")
                for position, (letter, text) in enumerate(zip("abc", options, strict=True))
            )
        )
    sheet.line("II. Write true or false.", bold=True, right="(3 x 1 = 3)")
    for number, text in enumerate(
        ("A noun names a person, a place or a thing.", "Quickly is an adjective.", "Sheep has no plural with an s."), 1
    ):
        sheet.line(text, 18, label=f"{number}.")
    sheet.line("III. Answer the following questions.", bold=True, right="(4 x 2 = 8)")
    for number, text in enumerate(
        (
            "Who is the narrator of the poem?",
            "Why did the old man plant the tree?",
            "What did the village do in the dry year?",
            "Which line of the poem do you like best, and why?",
        ),
        1,
    ):
        sheet.line(text, 18, label=f"{number}.")
    sheet.line("IV. Write a letter to your friend about your school trip.", bold=True, right="(10)")


def columns_of_questions(sheet: PaperCanvas) -> None:
    """A page in two columns, the left one read first."""
    sheet.title("Biology Quiz 7: Cells", size=13)
    sheet.line("Each question carries 1 mark. Tick the best answer.")
    sheet.gap()
    asked = (
        ("The powerhouse of the cell is the", ("nucleus", "ribosome", "mitochondrion", "vacuole")),
        ("Plant cell walls are made of", ("protein", "cellulose", "fat", "chitin")),
        ("Which of these has no nucleus?", ("liver cell", "red blood cell", "nerve cell", "skin cell")),
        ("DNA is found in the", ("nucleus", "cell wall", "cytosol", "membrane")),
        ("Osmosis is the movement of", ("salt", "sugar", "water", "gas")),
        ("Chlorophyll absorbs mostly", ("green light", "red and blue light", "yellow light", "no light")),
        ("Ribosomes make", ("proteins", "lipids", "sugars", "starch")),
        ("Bacteria are", ("eukaryotes", "prokaryotes", "viruses", "fungi")),
    )
    top = sheet.y
    for position, (stem, options) in enumerate(asked):
        x = 0 if position < 4 else 260
        if position == 4:
            sheet.y = top
        sheet.columns((x, f"{position + 1}."), (x + 18, stem))
        for letter, option in zip("ABCD", options, strict=True):
            sheet.columns((x + 24, f"{letter}."), (x + 42, option))
        sheet.gap(0.4)


def table_of_questions(sheet: PaperCanvas) -> None:
    """A table with columns for number, question and marks; a margin column headed Marks."""
    sheet.title("Class Test: Fractions and Decimals", size=13)
    sheet.columns((0, "Q. No."), (60, "Question"), (440, "Marks"))
    sheet.gap(0.3)
    rows = (
        ("1", ("Write 0.75 as a fraction in its lowest terms.",), "2"),
        ("2", ("Work out 2/3 + 1/6.",), "2"),
        ("3", ("A ribbon of 4.2 m is cut into 6 equal pieces.", "How long is each piece?"), "3"),
        ("4", ("Put in order, smallest first: 0.5, 0.45, 0.405, 0.54.",), "3"),
        ("5", ("Ria ate 3/8 of a cake and Tom ate 1/4 of it.", "Explain who ate more, and how you know."), "5"),
    )
    for number, lines, marks in rows:
        sheet.columns((12, number), (60, lines[0]), (452, marks))
        for line in lines[1:]:
            sheet.columns((60, line))
        sheet.gap(0.4)
    sheet.columns((60, "Total"), (448, "15"))

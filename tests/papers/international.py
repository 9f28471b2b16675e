"""Papers of examination boards in other countries, for a whole course, with everything printed around the questions."""

from tests.papers.canvas import PaperCanvas


def case_study(sheet: PaperCanvas) -> None:
    """Five sections, options in two columns, assertion and reason with shared options, case studies with OR."""
    sheet.line("Series ABX/2", right="Set-4")
    sheet.columns((0, "Roll No."), (60, "[ ][ ][ ][ ][ ][ ][ ]"), (300, "Q.P. Code 31/2/1"))
    sheet.title("SCIENCE")
    sheet.line("Time allowed : 3 hours", right="Maximum Marks : 24")
    sheet.line("General Instructions :", bold=True)
    for number, text in enumerate(
        (
            "This question paper contains 12 questions. All questions are compulsory.",
            "Section A - Questions 1 to 6 are multiple choice questions carrying 1 mark each.",
            "Section B - Questions 7 and 8 are very short answer questions carrying 2 marks each.",
            "Section C - Question 9 and 10 are short answer questions carrying 3 marks each.",
            "Section D - Questions 11 and 12 are case based questions carrying 4 marks each.",
        ),
        1,
    ):
        sheet.line(text, label=f"({('i', 'ii', 'iii', 'iv', 'v')[number - 1]})")
    sheet.title("SECTION - A", size=11)
    for number, stem, options in (
        (1, "The colour of methyl orange in an acid is", ("red", "yellow", "blue", "green")),
        (2, "The nephron is the working unit of the", ("lung", "kidney", "heart", "liver")),
        (3, "A mirror that always makes a smaller, upright image is", ("plane", "convex", "concave", "none of them")),
        (4, "The number of electrons in the outer shell of a halogen is", ("1", "2", "7", "8")),
    ):
        sheet.line(stem, label=f"{number}.")
        sheet.columns((24, f"(A) {options[0]}"), (250, f"(B) {options[1]}"))
        sheet.columns((24, f"(C) {options[2]}"), (250, f"(D) {options[3]}"))
    sheet.text(
        "For Questions number 5 and 6, two statements are given, one labelled as Assertion (A) and the other"
        " labelled as Reason (R). Select the correct answer from the codes (A), (B), (C) and (D) given below."
    )
    for letter, text in (
        ("A", "Both Assertion (A) and Reason (R) are true, and Reason (R) explains Assertion (A)."),
        ("B", "Both are true, but Reason (R) does not explain Assertion (A)."),
        ("C", "Assertion (A) is true, but Reason (R) is false."),
        ("D", "Assertion (A) is false, but Reason (R) is true."),
    ):
        sheet.line(text, 24, label=f"({letter})")
    sheet.line("Assertion (A) : Silver chloride is kept in dark bottles.", label="5.")
    sheet.line("Reason (R) : Light breaks silver chloride down.", 24)
    sheet.line("Assertion (A) : The blood in the pulmonary vein is rich in oxygen.", label="6.")
    sheet.line("Reason (R) : Gases are exchanged in the lungs.", 24)
    sheet.new_page()
    sheet.title("SECTION - B", size=11)
    sheet.line("Why does a solution of common salt conduct electricity while that of sugar does not?", label="7.")
    sheet.line("(a) State the law of refraction that bears a person's name.", label="8.")
    sheet.title("OR", size=10)
    sheet.line("(b) A ray passes from air into glass of refractive index 1.5. Find its speed in glass.", 24)
    sheet.title("SECTION - C", size=11)
    sheet.line("Draw a labelled diagram of a reflex arc. Name the part that relays the signal.", label="9.")
    sheet.text(
        "An ammeter reads 0.5 A when three equal resistors in series are joined to a battery of 4.5 V. Find the value"
        " of each resistor and the heat given off in 2 minutes.",
        label="10.",
    )
    sheet.title("SECTION - D", size=11)
    sheet.text(
        "The following questions are case-based. Each case has three sub-questions (I), (II) and (III); an internal"
        " choice is given in sub-question (III)."
    )
    sheet.text(
        "A farmer crossed tall pea plants with short ones. All the plants of the first generation were tall. In the"
        " second he counted 787 tall and 277 short plants.",
        label="11.",
    )
    sheet.line("(I) Which trait is dominant?", 24, right="1")
    sheet.line("(II) What ratio do the counts of the second generation come near to?", 24, right="1")
    sheet.line("(III) (a) Explain with a diagram how short plants come back.", 24, right="2")
    sheet.title("OR", size=10)
    sheet.line("(b) Say what would have come of crossing the first generation with short plants.", 48, right="2")
    sheet.text("Rahul lit a lamp of 60 W for 5 hours a day and a heater of 1.5 kW for 2 hours a day.", label="12.")
    sheet.line("(I) Which of the two used more energy in a day?", 24, right="1")
    sheet.line("(II) State the commercial unit of energy.", 24, right="1")
    sheet.line("(III) Find the cost of using both for 30 days at Rs 6 a unit.", 24, right="2")
    sheet.gap()
    sheet.title("* * * *", size=9)


def continued_pages(sheet: PaperCanvas) -> None:
    """ "[Maximum mark: 7]" after the number, "(Question 2 continued)", pages numbered – 3 –, a blank page."""
    sheet.title("Mathematics: applications and interpretation", "Standard level", "Paper 2", size=12)
    sheet.line("Monday 2 November (morning)")
    sheet.line("1 hour 30 minutes")
    sheet.line("Instructions to candidates", bold=True)
    for text in (
        "Do not open this examination paper until instructed to do so.",
        "Answer all the questions in the answer booklet provided.",
        "The maximum mark for this examination paper is [26 marks].",
    ):
        sheet.line(f"• {text}")
    sheet.new_page()
    sheet.text("Answer all questions. Full marks are not necessarily awarded for a correct answer with no working.")
    sheet.gap()
    sheet.line("[Maximum mark: 7]", label="1.")
    sheet.text("The heights of 80 tomato plants are normally distributed with a mean of 62 cm.", 24)
    sheet.text("(a) Find the probability that a plant is between 60 cm and 65 cm tall.", 24, right="[2]")
    sheet.text("(b) Find the number of plants that are expected to be taller than", 24)
    sheet.line("65 cm.", 48, right="[3]")
    sheet.text("(c) State one reason why the model may not be right.", 24, right="[2]")
    sheet.gap()
    sheet.line("[Maximum mark: 13]", label="2.")
    sheet.text("A ball is thrown from a tower. Its height h, in metres, after t seconds is given by", 24)
    sheet.line("h(t) = 45 + 12t - 4.9t2", 160)
    sheet.line("(a) Write down the height of the tower.", 24, right="[1]")
    sheet.line("(b) (i) Find h'(t).", 24)
    sheet.line("(ii) Hence find the greatest height of the ball.", 44, right="[5]")
    sheet.line("(This question continues on the following page)", 150)
    sheet.new_page()
    sheet.line("(Question 2 continued)", bold=True)
    sheet.line("(c) Find the time at which the ball reaches the ground.", 24, right="[3]")
    sheet.text(
        "(d) The ball bounces to 60 % of its greatest height each time. Find the height of the third bounce.", 24
    )
    sheet.line("", right="[4]")
    sheet.gap()
    sheet.line("[Maximum mark: 6]", label="3.")
    sheet.text("The cost of a journey of n kilometres by taxi is C = 3.5 + 1.2n dollars.", 24)
    sheet.line("(a) Find the cost of a journey of 15 km.", 24, right="[2]")
    sheet.line("(b) Find the length of a journey that costs 39.50 dollars.", 24, right="[2]")
    sheet.line("(c) Interpret the number 1.2 in the model.", 24, right="[2]")
    sheet.new_page()
    sheet.line("Please do not write on this page.", 150)
    sheet.line("Answers written on this page will not be marked.", 130)


def attempt_ranges(sheet: PaperCanvas) -> None:
    """`Attempt Questions 1–4`, section marks in headings, `Question 5 (4 marks)`, numbers in the margin."""
    sheet.title("HIGHER SCHOOL EXAMINATION", "Investigating Science", size=13)
    sheet.columns((0, "General"), (90, "• Reading time – 5 minutes"))
    sheet.columns((0, "Instructions"), (90, "• Working time – 1 hour"))
    sheet.columns((90, "• Write using black pen"))
    sheet.columns((0, "Total marks:"), (90, "Section I – 4 marks (pages 2–3)"))
    sheet.columns((0, "23"), (90, "• Attempt Questions 1–4"))
    sheet.columns((90, "Section II – 19 marks (pages 4–5)"))
    sheet.columns((90, "• Attempt Questions 5–8"))
    sheet.new_page()
    sheet.line("Section I", bold=True)
    sheet.line("4 marks", bold=True)
    sheet.line("Attempt Questions 1–4", bold=True)
    sheet.line("Allow about 10 minutes for this section", bold=True)
    sheet.line("Use the multiple-choice answer sheet for Questions 1–4.")
    sheet.gap()
    for number, stem, options in (
        (1, "Which of these is a dependent variable?", ("The amount of light", "The growth", "The soil", "The pot")),
        (2, "What makes a measurement reliable?", ("Doing it once", "A model", "Repeating it", "An opinion")),
        (3, "A student finds the mean of 2.1, 2.3 and 2.2.", ("2.1", "2.2", "2.25", "6.6")),
        (4, "Why is a control used?", ("To save time", "To compare", "To add data", "To end sooner")),
    ):
        sheet.line(stem, label=str(number), bold=True)
        for letter, option in zip("ABCD", options, strict=True):
            sheet.columns((24, f"{letter}."), (48, option))
        sheet.gap()
    sheet.new_page()
    sheet.line("Section II", bold=True)
    sheet.line("19 marks", bold=True)
    sheet.line("Attempt Questions 5–8", bold=True)
    sheet.line("Allow about 50 minutes for this section", bold=True)
    sheet.gap()
    sheet.line("Question 5 (4 marks)", bold=True)
    sheet.line("Outline how Galileo used the telescope to test a model of the solar system.", right="4")
    sheet.dots()
    sheet.dots()
    sheet.line("Question 6 (6 marks)", bold=True)
    sheet.line("The graph shows the speed of a skydiver.")
    sheet.line("(a) Identify the terminal velocity.", right="1")
    sheet.dots(24)
    sheet.line("(b) Describe the motion in the first 10 seconds.", right="2")
    sheet.dots(24)
    sheet.line("(c) Explain the change at 40 s in terms of forces.", right="3")
    sheet.dots(24)
    sheet.line("End of Question 6", 190, bold=True)
    sheet.new_page()
    sheet.line("Question 7 (5 marks)", bold=True)
    sheet.text("'Data without a model is only a list.' Assess this statement with reference to", right="5")
    sheet.line("2 examples that you have studied.")
    sheet.dots()
    sheet.line("Question 8 (4 marks)", bold=True)
    sheet.line("(a) Define accuracy.", right="1")
    sheet.line("(b) Compare accuracy and precision, with an example of each.", right="3")
    sheet.line("End of paper", 200, bold=True)


def exercises_and_points(sheet: PaperCanvas) -> None:
    """Exercises with points in their headings and numbered questions inside, half points."""
    sheet.line("International Lycee", right="Year 2024–2025")
    sheet.title("MATHEMATICS – Mock examination", size=13)
    sheet.line("Duration: 4 hours. The use of a calculator is allowed.")
    sheet.line("The paper has 3 exercises on pages 1 to 2. The marking is out of 20.")
    sheet.gap()
    sheet.line("EXERCISE 1 (6 points)", bold=True)
    sheet.text("A company makes lamps. 4 % of the lamps have a fault. A lamp is drawn at random.")
    sheet.line("1. Give the probability that the lamp has no fault. (1 pt)")
    sheet.line("2. A customer buys 20 lamps.")
    sheet.line("a. Which law does the number X of faulty lamps follow? (1.5 pts)", 24)
    sheet.line("b. Compute P(X = 0). (1.5 pts)", 24)
    sheet.line("3. How many lamps must be drawn so that P(X = 0) is below 0.1? (2 pts)")
    sheet.gap()
    sheet.line("EXERCISE 2 (8 points)", bold=True)
    sheet.line("Let f be the function defined on R by f(x) = x exp(-x).")
    sheet.line("Part A", bold=True)
    sheet.line("1. Compute the limits of f at both ends of R. (2 pts)")
    sheet.line("2. Show that f'(x) = (1 - x) exp(-x). (2 pts)")
    sheet.line("Part B", bold=True)
    sheet.line("1. Draw the table of variations of f. (2 pts)")
    sheet.line("2. Solve f(x) = 0. (0.5 pt)")
    sheet.line("3. How many solutions has f(x) = 0.2? Justify. (1.5 pts)")
    sheet.new_page()
    sheet.line("EXERCISE 3 (6 points)", bold=True)
    sheet.text("For each statement say whether it is true or false, and justify the answer.")
    sheet.line("1. Every sequence that is bounded converges. (2 pts)")
    sheet.line("2. The plane x + y + z = 1 meets the line through (0, 0, 0) and (1, 1, 1). (2 pts)")
    sheet.line("3. For all real x, cos(2x) = 2 cos(x). (2 pts)")


def tasks_with_slashes(sheet: PaperCanvas) -> None:
    """Tasks with a field for the score ("__ / 6 P."), parts as a), numbers with a decimal comma."""
    sheet.columns((0, "Name: ____________________"), (240, "Class: 10b"), (360, "Date: 12.03.2024"))
    sheet.title("Class test no. 3: Electricity", size=13)
    sheet.columns((0, "Task 1: Circuits"), (400, "____ / 6 P."))
    sheet.line("a) Draw a series circuit of two lamps. (2 P.)", 12)
    sheet.line("b) Name two consequences when one lamp is taken out. (2 P.)", 12)
    sheet.line("c) State the rule for the current in a series circuit. (2 P.)", 12)
    sheet.gap()
    sheet.columns((0, "Task 2: Resistance"), (400, "____ / 7 P."))
    sheet.line("The table shows the current through a wire.", 12)
    sheet.columns((60, "U in V"), (140, "1,0"), (200, "2,0"), (260, "3,0"))
    sheet.columns((60, "I in A"), (140, "0,20"), (200, "0,40"), (260, "0,60"))
    sheet.line("a) Draw the graph. (3 P.)", 12)
    sheet.line("b) Calculate the resistance. (2 P.)", 12)
    sheet.line("c) Is the wire ohmic? Give a reason. (2 P.)", 12)
    sheet.gap()
    sheet.columns((0, "Task 3: Energy"), (400, "____ / 5 P."))
    sheet.text("An electric kettle takes in 2000 W for 3 minutes. Calculate the energy in kWh and its cost.", 12)
    sheet.gap()
    sheet.columns((0, "Points reached: ____ / 18"), (240, "Mark: ____"))
    sheet.line("Good luck!")

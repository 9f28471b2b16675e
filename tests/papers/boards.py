"""Papers written by examination boards."""

from tests.papers.canvas import PaperCanvas


def numbers_without_dots(sheet: PaperCanvas) -> None:
    """Bold numbers without punctuation, "(2)" in the margin, totals in a sentence, dotted lines."""
    sheet.title("Mathematics: Paper 1 (Non-Calculator)")
    sheet.line("Answer ALL questions. Write your answers in the spaces provided.")
    sheet.line("You must write down all the stages in your working.")
    sheet.gap()
    sheet.line("Work out 23.5 x 4", label="1", bold=True)
    sheet.dots(300, before="")
    sheet.line("(Total for Question 1 is 2 marks)", 250, bold=True)
    sheet.gap()
    sheet.line("Here are the first four terms of a sequence.", label="2", bold=True)
    sheet.line("5      9      13      17", 80)
    sheet.line("(a) Find the next term.", 24)
    sheet.dots(300)
    sheet.line("", right="(1)")
    sheet.line("(b) Find an expression for the nth term.", 24)
    sheet.dots(300)
    sheet.line("", right="(2)")
    sheet.line("(c) Is 402 a term of the sequence? Explain your answer.", 24)
    sheet.dots(24)
    sheet.dots(24)
    sheet.line("", right="(2)")
    sheet.line("(Total for Question 2 is 5 marks)", 250, bold=True)
    sheet.new_page()
    sheet.line("The table shows how 60 pupils come to school.", label="3", bold=True)
    sheet.columns((120, "Walk"), (200, "Bus"), (280, "Bicycle"))
    sheet.columns((120, "24"), (200, "21"), (280, "15"))
    sheet.line("Draw an accurate pie chart for this information.", 24)
    sheet.line("(Total for Question 3 is 3 marks)", 250, bold=True)
    sheet.gap()
    sheet.line("The length of a rectangle is 3 cm more than its width.", label="4", bold=True)
    sheet.line("Its perimeter is 26 cm.", 24)
    sheet.line("(a) Show that the width is 5 cm.", 24)
    sheet.line("", right="(3)")
    sheet.line("(b) Work out the area of the rectangle.", 24)
    sheet.dots(300, after="cm2")
    sheet.line("", right="(2)")
    sheet.line("(Total for Question 4 is 5 marks)", 250, bold=True)
    sheet.gap()
    sheet.line("TOTAL FOR PAPER IS 15 MARKS", 180, bold=True)


def spaced_digits(sheet: PaperCanvas) -> None:
    """Question numbers in boxes, digit by digit ("0 1 . 2"), with "[3 marks]" at the right."""
    sheet.title("Biology Paper 2: Specimen")
    sheet.line("The maximum mark for this paper is 20.")
    sheet.gap()

    def box(number: str, text: str, marks: str = "") -> None:
        sheet.columns((0, number), (64, text))
        if marks:
            sheet.line("", right=f"[{marks}]")

    box("0 1", "Figure 1 shows a food web in a pond.")
    box("0 1 . 1", "Name one producer in Figure 1.", "1 mark")
    box("0 1 . 2", "Explain what would happen to the number of perch if all herons died.", "3 marks")
    box("0 1 . 3", "Which term describes a water flea?", "1 mark")
    sheet.line("Tick one box.", 64)
    for option in ("Primary consumer", "Producer", "Secondary consumer"):
        sheet.line(f"[  ] {option}", 80)
    sheet.gap()
    box("0 2", "A student measured the rate of photosynthesis in pondweed.")
    box("0 2 . 1", "Give the independent variable.", "1 mark")
    box("0 2 . 2", "Calculate the mean number of bubbles a minute from 18, 21 and 24.", "2 marks")
    sheet.line("Mean = ____________________ bubbles a minute", 200)
    box("0 2 . 3", "Describe a control experiment for this investigation.", "4 marks")
    sheet.new_page()
    box("0 3", "Vaccination protects people from disease.")
    box("0 3 . 1", "Describe how a vaccine makes a person immune.", "4 marks")
    box("0 3 . 2", "Evaluate the statement that every child should be vaccinated.", "4 marks")


def totals_in_brackets(sheet: PaperCanvas) -> None:
    """Nested parts with "[2]" in the margin and "[Total: 9]" below each question; running headers."""
    sheet.line("Answer all the questions in the spaces provided.", bold=True)
    sheet.gap()
    sheet.text("Fig. 1.1 shows a trolley on a ramp.", label="1")
    sheet.line("State the energy store that decreases as the trolley rolls down.", 24, label="(a)")
    sheet.dots(48, right="[1]")
    sheet.text(
        "The trolley has a mass of 0.80 kg. It starts from rest and reaches a speed of 2.5 m/s at the bottom.",
        24,
        label="(b)",
    )
    sheet.line("Calculate the kinetic energy at the bottom.", 48, label="(i)")
    sheet.dots(72, before="kinetic energy =", after="J  [2]")
    sheet.text(
        "The ramp is 0.50 m high. Explain why the kinetic energy is less than the potential energy at the top.",
        48,
        label="(ii)",
    )
    sheet.dots(72)
    sheet.dots(72, right="[2]")
    sheet.line("Suggest two ways to make the trolley roll faster.", 24, label="(c)")
    sheet.dots(48, before="1")
    sheet.dots(48, before="2", right="[2]")
    sheet.line("", right="[Total: 7]")
    sheet.gap()
    sheet.text("A student heats some ice in a beaker.", label="2")
    sheet.line("Define specific latent heat of fusion.", 24, label="(a)")
    sheet.dots(48)
    sheet.dots(48, right="[2]")
    sheet.text(
        "0.15 kg of ice at its melting point takes in 50 kJ. Calculate the specific latent heat.", 24, label="(b)"
    )
    sheet.dots(48, before="specific latent heat =", after="[3]")
    sheet.line("", right="[Total: 5]")
    sheet.new_page()
    sheet.text("Fig. 3.1 shows a circuit with two lamps in parallel.", label="3")
    sheet.line("On Fig. 3.1, draw a voltmeter that measures the voltage of lamp A.", 24, label="(a)", right="[1]")
    sheet.line("Explain", 24, label="(b)")
    sheet.line("why lamp B stays lit when lamp A is broken,", 48, label="(i)")
    sheet.dots(72, right="[1]")
    sheet.line("why the total current falls when lamp A is broken.", 48, label="(ii)")
    sheet.dots(72, right="[2]")
    sheet.line("", right="[Total: 4]")


def margin_numbers(sheet: PaperCanvas) -> None:
    """Numbered instructions, sections with continuous numbering, plain numbers in the right margin, OR."""
    sheet.title("SCIENCE (Theory)", size=13)
    sheet.line("Time allowed: 3 hours", right="Maximum Marks: 26")
    sheet.line("General Instructions:", bold=True)
    for number, text in enumerate(
        (
            "This question paper has 12 questions in three sections.",
            "All questions are compulsory. There is an internal choice in some questions.",
            "Section A has six questions of 1 mark each.",
            "Section B has questions 7 to 10 of 2 or 3 marks each.",
            "Section C has two questions of 5 marks each.",
        ),
        1,
    ):
        sheet.line(text, label=f"({('i', 'ii', 'iii', 'iv', 'v')[number - 1]})")
    sheet.gap()
    sheet.line("SECTION A", 200, bold=True)
    asked = (
        ("The SI unit of electric charge is", ("ampere", "coulomb", "volt", "ohm")),
        ("Which gas turns lime water milky?", ("oxygen", "hydrogen", "carbon dioxide", "nitrogen")),
        ("The image formed by a plane mirror is", ("real", "virtual", "inverted", "smaller")),
        ("Which is a non-metal?", ("sodium", "sulphur", "iron", "zinc")),
    )
    for number, (stem, options) in enumerate(asked, 1):
        sheet.line(stem, label=f"{number}.", right="1")
        sheet.columns(
            *(
                (24 + 105 * i, f"({letter}) {option}")
                for i, (letter, option) in enumerate(zip("abcd", options, strict=True))
            )
        )
    sheet.line("Name the process by which plants lose water through their leaves.", label="5.", right="1")
    sheet.line("What is the pH of pure water?", label="6.", right="1")
    sheet.line("SECTION B", 200, bold=True)
    sheet.line("Why should magnesium ribbon be cleaned before it is burnt in air?", label="7.", right="2")
    sheet.text(
        "Write a balanced equation for the reaction of zinc with dilute sulphuric acid, and name the gas that is"
        " given off.",
        label="8.",
        right="2",
    )
    sheet.line("(a) Draw a ray diagram for a convex lens with the object beyond 2F.", label="9.", right="3")
    sheet.line("OR", 200)
    sheet.line("(b) Explain with a diagram why the sky is blue.", 24, right="3")
    sheet.text(
        "An electric iron of 750 W is used for 2 hours a day. Find the energy that it uses in 30 days in kWh.",
        label="10.",
        right="3",
    )
    sheet.new_page()
    sheet.line("SECTION C", 200, bold=True)
    sheet.line("Read the passage and answer the questions that follow.", label="11.")
    sheet.text(
        "Rusting is the slow reaction of iron with oxygen and water. In 2019 it was estimated that rust costs the"
        " world 2500 billion dollars a year.",
        24,
    )
    sheet.line("(i) Write the formula of rust.", 24, right="1")
    sheet.line("(ii) Name two ways to keep iron from rusting.", 24, right="2")
    sheet.line("(iii) Explain how a coat of zinc protects iron even where it is scratched.", 24, right="2")
    sheet.text(
        "Describe the path of blood through the human heart. Say why the left side has thicker walls.",
        label="12.",
        right="5",
    )


def dotted_numbers(sheet: PaperCanvas) -> None:
    """`QUESTION 1`, 1.1, 1.1.1 with "(2)" in the margin and "[12]" as the question's total."""
    sheet.title("Life Sciences: Grade 11, Paper 1")
    sheet.line("Marks: 31", 200)
    sheet.line("QUESTION 1", bold=True)
    sheet.columns((0, "1.1"), (40, "Choose the best answer and write only the letter."))
    sheet.columns((40, "1.1.1"), (80, "The part of the eye that changes the size of the pupil is the"))
    for letter, option in zip("ABCD", ("lens.", "iris.", "retina.", "cornea."), strict=True):
        sheet.columns((80, letter), (104, option))
    sheet.line("", right="(2)")
    sheet.columns((40, "1.1.2"), (80, "Insulin is made in the"))
    for letter, option in zip("ABCD", ("liver.", "kidney.", "pancreas.", "thyroid."), strict=True):
        sheet.columns((80, letter), (104, option))
    sheet.line("", right="(2)")
    sheet.columns((0, "1.2"), (40, "Give the correct biological term for each description."))
    sheet.columns((40, "1.2.1"), (80, "A change in the base sequence of DNA"), (455, "(1)"))
    sheet.columns((40, "1.2.2"), (80, "The place where an enzyme acts"), (455, "(1)"))
    sheet.columns((40, "1.2.3"), (80, "Movement of water through a membrane"), (455, "(1)"))
    sheet.line("", right="[7]")
    sheet.gap()
    sheet.line("QUESTION 2", bold=True)
    sheet.columns((0, "2.1"), (40, "Study the diagram of the heart and answer the questions."))
    sheet.columns((40, "2.1.1"), (80, "Identify part A."), (455, "(1)"))
    sheet.columns((40, "2.1.2"), (80, "Explain the function of the valves."), (455, "(3)"))
    sheet.columns((0, "2.2"), (40, "Tabulate two differences between arteries and veins."), (455, "(5)"))
    sheet.columns((0, "2.3"), (40, "Describe how the body keeps its temperature steady on a hot day."), (455, "(8)"))
    sheet.line("", right="[17]")
    sheet.gap()
    sheet.line("QUESTION 3", bold=True)
    sheet.columns((0, "3.1"), (40, "Describe the role of decomposers in a forest."), (455, "(4)"))
    sheet.columns((0, "3.2"), (40, "State three effects of deforestation."), (455, "(3)"))
    sheet.line("", right="[7]")


def numbered_options(sheet: PaperCanvas) -> None:
    """An entrance test: options (1) to (4), numeric answers to fill in, negative marking."""
    sheet.title("Entrance Test: Physics", size=13)
    sheet.line("Maximum Marks: 24")
    sheet.text("Each question carries 4 marks. For each wrong answer in Section I 1 mark will be deducted.")
    sheet.text("There is no negative marking in Section II.")
    sheet.gap()
    sheet.line("SECTION I: Choose the correct option.", bold=True)
    asked = (
        ("A body falls freely for 2 s. It falls through about", ("10 m", "20 m", "40 m", "80 m")),
        ("The dimension of power is", ("ML2T-3", "ML2T-2", "MLT-2", "ML-1T-2")),
        ("Two resistors of 6 ohm in parallel make", ("12 ohm", "6 ohm", "3 ohm", "1 ohm")),
        ("Light of which colour has the longest wavelength?", ("blue", "green", "yellow", "red")),
    )
    for number, (stem, options) in enumerate(asked, 1):
        sheet.line(stem, label=f"{number}.")
        sheet.columns((24, f"(1) {options[0]}"), (250, f"(2) {options[1]}"))
        sheet.columns((24, f"(3) {options[2]}"), (250, f"(4) {options[3]}"))
    sheet.gap()
    sheet.line("SECTION II: Write the number.", bold=True)
    sheet.text(
        "A spring of constant 200 N/m is stretched by 0.10 m. Find the energy that it stores, in joules.", label="5."
    )
    sheet.text("A wave of frequency 50 Hz has a wavelength of 3 m. Find its speed in m/s.", label="6.")

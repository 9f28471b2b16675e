"""Papers at the end of a course: parts and sections with alternatives, totals in brackets, examiners' tables."""

from tests.papers.canvas import PaperCanvas


def units_with_or(sheet: PaperCanvas) -> None:
    """`1.a)` to `j)` with [2], then one of two in each unit with [10], a code, a regulation, stars at the end."""
    sheet.line("Code No: 155XB", right="R18")
    sheet.title("INSTITUTE OF TECHNOLOGY, AUTONOMOUS", "B. Tech III Year I Semester Examinations", size=11)
    sheet.title("COMPUTER NETWORKS", "(Common to CSE, IT)", size=11)
    sheet.line("Time: 3 Hours", right="Max. Marks: 55")
    sheet.text("Note: i) Question paper consists of Part A, Part B.", x=0)
    sheet.line("ii) Part A is compulsory, which carries 15 marks. In Part A, answer all questions.", 32)
    sheet.line("iii) In Part B, answer any one question from each unit. Each question carries 10 marks.", 32)
    sheet.title("PART - A", size=11)
    sheet.line("(15 Marks)", right="")
    for letter, text, marks in (
        ("a", "What is a protocol?", 2),
        ("b", "Differentiate between TCP and UDP.", 3),
        ("c", "Define throughput.", 2),
        ("d", "Write about parity checks.", 3),
        ("e", "What is a subnet mask?", 2),
        ("f", "List the fields of an IPv6 header.", 3),
    ):
        sheet.line(text, 12, label=f"1.{letter})" if letter == "a" else f"   {letter})", right=f"[{marks}]")
    sheet.title("PART - B", size=11)
    sheet.line("(40 Marks)")
    pairs = (
        (2, "Explain the layers of the OSI model with a neat diagram.", "[10]"),
        (3, "a) Compare guided and unguided media.", "b) Explain switching techniques."),
        (4, "a) Explain the sliding window protocol.", "b) Compute the CRC of 1101011011 with 10011."),
        (5, "Explain CSMA/CD and the minimum frame size of Ethernet.", "[10]"),
        (6, "Explain the distance vector routing algorithm and its problem of counting to infinity.", "[10]"),
        (7, "a) Explain the leaky bucket algorithm.", "b) Write short notes on ICMP."),
        (8, "Explain the congestion control of TCP.", "[10]"),
        (9, "a) Describe how DNS resolves a name.", "b) Explain SMTP and its commands."),
    )
    for number, one, other in pairs:
        if other.startswith("["):
            sheet.line(one, label=f"{number}.", right=other)
        else:
            sheet.line(one, label=f"{number}.")
            sheet.line(other, 24, right="[5+5]")
        if number % 2 == 0:
            sheet.title("OR", size=10)
    sheet.title("--ooOoo--", size=10)


def sections_b1(sheet: PaperCanvas) -> None:
    """A British university: all of section A, two of three from section B, B1(a)(ii), SEE NEXT PAGE."""
    sheet.title("UNIVERSITY COLLEGE", "DEPARTMENT OF PHYSICS", "PHYS2201: Thermal Physics", size=12)
    sheet.line("Candidates should answer ALL SIX questions from Section A and TWO questions from Section B.")
    sheet.line("The numbers in square brackets in the right-hand margin indicate a provisional allocation of")
    sheet.line("maximum possible marks per sub-section of a question.")
    sheet.gap()
    sheet.title("SECTION A", size=11)
    for number, text, marks in (
        (1, "State the zeroth law of thermodynamics and say why it is needed.", 6),
        (2, "A gas expands into a vacuum. What is the change in its internal energy, and why?", 7),
        (3, "Define the entropy of a system in statistical mechanics.", 5),
        (4, "Sketch the Planck distribution for 3000 K and 6000 K.", 8),
        (5, "Calculate the efficiency of an ideal engine between 600 K and 300 K.", 6),
        (6, "What is meant by a first-order phase transition? Give 2 examples.", 8),
    ):
        sheet.line(text, label=f"A{number}.", right=f"[{marks}]")
    sheet.line("PHYS2201/2023", right="SEE NEXT PAGE")
    sheet.new_page()
    sheet.title("SECTION B", size=11)
    sheet.line("(a) Derive the Maxwell relation (dS/dV)T = (dp/dT)V.", label="B1.", right="[10]")
    sheet.line("(b) (i) Show that Cp - CV = nR for an ideal gas.", 24, right="[8]")
    sheet.line("(ii) Find Cp for a gas with 5 degrees of freedom.", 44, right="[4]")
    sheet.line("(c) Explain why Cp > CV.", 24, right="[8]")
    sheet.gap()
    sheet.text(
        "A system has two levels with energies 0 and E. Write down its partition function and derive its mean energy.",
        label="B2.",
        right="[15]",
    )
    sheet.line("Sketch the heat capacity against temperature and comment on its limits.", 24, right="[15]")
    sheet.gap()
    sheet.line("(a) State the Clausius–Clapeyron equation.", label="B3.", right="[6]")
    sheet.line("(b) The latent heat of water is 2.26 MJ/kg. At what temperature does it boil at", 24)
    sheet.line("0.7 bar?", 44, right="[14]")
    sheet.line("(c) Describe an experiment to measure the vapour pressure of water.", 24, right="[10]")
    sheet.line("PHYS2201/2023", right="END OF PAPER")


def attempt_four(sheet: PaperCanvas) -> None:
    """An Indian certificate: sections with marks and choices in brackets, question totals, Roman numbers as letters."""
    sheet.title("GEOGRAPHY", "H.C.G. – Paper – 2", size=12)
    sheet.line("Maximum Marks: 50", 190)
    sheet.line("Time allowed: Two hours", 190)
    sheet.line("Answers to this Paper must be written on the paper provided separately.")
    sheet.line("You will not be allowed to write during the first 15 minutes.")
    sheet.line("Attempt all questions from Section A and any two questions from Section B.")
    sheet.line("The intended marks for questions or parts of questions are given in brackets [ ].")
    sheet.title("SECTION A (30 Marks)", size=11)
    sheet.line("(Attempt all questions from this Section)", 140)
    sheet.line("Question 1", bold=True)
    sheet.line("Study the map of sheet 45D/10 and answer the following questions:")
    sheet.line("(a) Give the six-figure grid reference of the temple at 2046.", 0, right="[2]")
    sheet.line("(b) What is the compass direction of Rampura from Chitrasani?", 0, right="[1]")
    sheet.line("(c) Name any two features of drainage in grid square 1049.", 0, right="[2]")
    sheet.line("(d) What do the numbers 5r and 20r tell?", 0, right="[3]")
    sheet.line("(e) If you walk from 146505 to 176502, how far do you go?", 0, right="[2]")
    sheet.line("Question 2", bold=True)
    sheet.line("Choose the correct answers to the questions from the given options.", right="[10]")
    for roman, stem, options in (
        ("i", "The highest peak in peninsular India is:", ("Anaimudi", "K2", "Guru Shikhar", "Dodabetta")),
        ("ii", "Laterite soil is formed by:", ("Wind", "Leaching", "Rivers", "Glaciers")),
        ("iii", "A crop of the kharif season is:", ("Wheat", "Rice", "Gram", "Mustard")),
        ("iv", "The port on the Hooghly is:", ("Kandla", "Kochi", "Kolkata", "Paradip")),
        ("v", "An example of a fossil fuel is:", ("Wind", "Coal", "Biogas", "Tide")),
    ):
        sheet.line(f"({roman}) {stem}")
        for letter, option in zip("abcd", options, strict=True):
            sheet.line(f"({letter}) {option}", 30)
    sheet.new_page()
    sheet.line("Question 3", bold=True)
    sheet.line("On the outline map of India provided:")
    sheet.line("(a) Shade and label the Malabar Coast.", right="[5]")
    sheet.line("(b) Mark and name the Tropic of Cancer.", right="[5]")
    sheet.title("SECTION B (20 Marks)", size=11)
    sheet.line("(Attempt any two questions from this Section)", 140)
    asked = (
        ("Mention two features of the climate of India.", "Why is it dry in Ladakh?", "Name the local winds of May."),
        ("What is humus?", "State two ways to stop soil erosion.", "Tell black from red soil."),
        ("What is social forestry?", "Why are forests needed?", "Name three trees of monsoon forests."),
    )
    for number, texts in enumerate(asked, 4):
        sheet.line(f"Question {number}", bold=True)
        for letter, text, marks in zip("abc", texts, (2, 3, 5), strict=True):
            sheet.line(f"({letter}) {text}", right=f"[{marks}]")


def examiners_table(sheet: PaperCanvas) -> None:
    """An examiner's table on the front page, "(3 marks)" after each text, a question over two pages."""
    sheet.columns((0, "Name ........................................"), (260, "Index No. ...................."))
    sheet.columns((0, "School ......................................"), (260, "Signature ..................."))
    sheet.title("231/1  BIOLOGY  Paper 1 (Theory)", "Nov. 2022 – 2 hours", size=12)
    sheet.line("Instructions to candidates", bold=True)
    for number, text in enumerate(
        (
            "Write your name and index number in the spaces provided above.",
            "Answer all the questions in the spaces provided.",
            "This paper consists of 3 printed pages.",
            "Candidates should check that all the pages are printed as indicated.",
        ),
        1,
    ):
        sheet.line(f"({'abcd'[number - 1]}) {text}", 12)
    sheet.line("For Examiner's Use Only", 170, bold=True)
    sheet.columns((60, "Questions"), (200, "Maximum Score"), (330, "Candidate's Score"))
    sheet.columns((60, "1 – 7"), (220, "23"))
    sheet.new_page()
    for number, text, marks, lines in (
        ("1.", "Name the branch of biology that deals with the study of animals.", "1 mark", 1),
        ("2.", "State three characteristics of all fungi.", "3 marks", 3),
        ("3.", "How is the epidermis of a leaf adapted to its function?", "2 marks", 2),
    ):
        sheet.line(f"{text}          ({marks})", label=number)
        for _ in range(lines):
            sheet.dots(24)
    sheet.line("The diagram below shows a cell as seen under a light microscope.", label="4.")
    sheet.line("(a) Name the parts labelled A and B.          (2 marks)", 24)
    sheet.dots(48, before="A")
    sheet.dots(48, before="B")
    sheet.line("(b) State the function of part A.          (1 mark)", 24)
    sheet.dots(48)
    sheet.line("(a) What is meant by the term osmosis?          (2 marks)", label="5.")
    sheet.dots(48)
    sheet.text("(b) Explain why a red blood cell bursts in distilled water while an onion cell does not.", 24, end="(3")
    sheet.line("marks)", 24)
    sheet.new_page()
    sheet.line("(c) In an experiment potato strips were put in solutions of", 24)
    sheet.line("0.1 M, 0.3 M and 0.5 M sugar. Say in which they became soft.          (2 marks)", 24)
    sheet.dots(48)
    sheet.line("Distinguish between a homologous and an analogous structure.          (3 marks)", label="6.")
    sheet.dots(24)
    sheet.line("The equation below represents a process in plants.", label="7.")
    sheet.line("6CO2 + 6H2O = C6H12O6 + 6O2", 120)
    sheet.line("(a) Name the process.          (1 mark)", 24)
    sheet.dots(48)
    sheet.line("(b) State three factors that affect its rate.          (3 marks)", 24)
    sheet.dots(48)

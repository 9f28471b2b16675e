"""Papers of subjects with numbers of their own: formulae, working, code, tables of data."""

from tests.papers.canvas import PaperCanvas


def formulae(sheet: PaperCanvas) -> None:
    """Chemistry: `1 (a) (i)` on one line, equations, a table, wrapped lines that start with a volume, data at the
    end."""
    sheet.title("CHEMISTRY", "Paper 2 Structured Questions", size=12)
    sheet.columns((0, "CANDIDATE NAME"), (120, "______________________________"))
    sheet.columns((0, "CENTRE NUMBER"), (120, "[ ][ ][ ][ ][ ]"), (260, "CANDIDATE NUMBER"), (390, "[ ][ ][ ][ ]"))
    sheet.line("Answer all questions. The number of marks is given in brackets [ ] at the end of each part.")
    sheet.line("The total mark for this paper is 24.")
    sheet.new_page()
    sheet.line("(a) Magnesium burns in oxygen.", label="1")
    sheet.line("(i) Write an equation for the reaction.", 44)
    sheet.dots(64, right="[1]")
    sheet.line("(ii) Draw a dot-and-cross diagram of magnesium oxide.", 44)
    sheet.line("", right="[2]")
    sheet.line("(b) Table 1.1 shows the first ionisation energies of some elements.", 24)
    sheet.columns((80, "element"), (180, "Na"), (240, "Mg"), (300, "Al"), (360, "Si"))
    sheet.columns((80, "kJ mol-1"), (180, "494"), (240, "736"), (300, "577"), (360, "786"))
    sheet.line("Table 1.1", 200)
    sheet.line("(i) Explain why magnesium has a higher value than sodium.", 44)
    sheet.dots(64)
    sheet.dots(64, right="[2]")
    sheet.line("(ii) Explain why aluminium has a lower value than magnesium.", 44)
    sheet.dots(64, right="[2]")
    sheet.line("", right="[Total: 7]")
    sheet.gap()
    sheet.text(
        "A student dissolves 1.06 g of anhydrous sodium carbonate in water and makes the solution up to", label="2"
    )
    sheet.line("250 cm3 in a volumetric flask. The reaction with hydrochloric acid is", 24)
    sheet.line("Na2CO3 + 2HCl = 2NaCl + H2O + CO2", 120)
    sheet.line("25.0 cm3 of the solution needs 20.0 cm3 of the acid.", 24)
    sheet.line("(a) Calculate the amount, in moles, of sodium carbonate used.", 24)
    sheet.dots(48, before="amount =", after="mol [1]")
    sheet.line("(b) Calculate the concentration of the acid.", 24)
    sheet.dots(48, before="concentration =", after="mol dm-3 [3]")
    sheet.line("(c) Name a suitable indicator and give its colour change.", 24)
    sheet.dots(48, before="indicator")
    sheet.dots(48, before="colour change from", after="to", right="[2]")
    sheet.line("", right="[Total: 6]")
    sheet.new_page()
    sheet.line("Ethanol, C2H5OH, can be made from ethene or from sugar.", label="3")
    sheet.line("(a) C2H4 + H2O = C2H5OH", 24)
    sheet.line("State two conditions for this reaction.", 44)
    sheet.dots(48, before="1")
    sheet.dots(48, before="2", right="[2]")
    sheet.line("(b) Compare the two ways with regard to rate, purity and raw materials.", 24)
    sheet.dots(48)
    sheet.dots(48)
    sheet.dots(48, right="[6]")
    sheet.line("(c) Draw the displayed formula of ethanol and circle its functional group.", 24)
    sheet.line("", right="[3]")
    sheet.line("", right="[Total: 11]")
    sheet.new_page()
    sheet.title("Important values, constants and standards", size=11)
    sheet.columns((0, "molar gas constant"), (200, "R = 8.31 J K-1 mol-1"))
    sheet.columns((0, "the Faraday constant"), (200, "F = 9.65 x 104 C mol-1"))
    sheet.columns((0, "1 H 1.0"), (60, "2 He 4.0"), (120, "3 Li 6.9"), (180, "4 Be 9.0"))
    sheet.columns((0, "5 B 10.8"), (60, "6 C 12.0"), (120, "7 N 14.0"), (180, "8 O 16.0"))


def fractions(sheet: PaperCanvas) -> None:
    """Mathematics with fractions printed over three lines, working in columns, numbers alone on lines."""
    sheet.title("GENERAL MATHEMATICS", "Preliminary Examination", size=12)
    sheet.line("2 hours", right="Total: 28 marks")
    sheet.line("Answer ALL questions. Show your working clearly.")
    sheet.gap()

    def fraction(x: float, above: str, below: str) -> None:
        sheet.line(above, x)
        sheet.line("—", x)
        sheet.line(below, x)

    sheet.line("Simplify the fraction below, leaving your answer in its lowest terms.", label="1.", right="[2]")
    fraction(60, "24", "36")
    sheet.line("(a) Solve 3x - 7 = 11.", label="2.", right="[2]")
    sheet.line("(b) Solve the simultaneous equations", 24, right="[4]")
    sheet.line("2x + 3y = 12", 80)
    sheet.line("4x - y = 10", 80)
    sheet.line("The marks of 10 students in a quiz are", label="3.")
    sheet.line("4   7   5   9   6   7   8   3   7   4", 60)
    sheet.line("Find", 24)
    sheet.line("(i) the mode,", 24, right="[1]")
    sheet.line("(ii) the median,", 24, right="[2]")
    sheet.line("(iii) the mean.", 24, right="[2]")
    sheet.line("Make r the subject of the formula", label="4.", right="[3]")
    fraction(80, "4", "3")
    sheet.line("V =      pi r3", 50)
    sheet.new_page()
    sheet.text(
        "A trader bought 120 mangoes for 3600 shillings. She sold the first 70 at 45 shillings each and the rest at"
        " 30. Find her profit as a percentage of the cost.",
        label="5.",
        right="[4]",
    )
    sheet.line("Complete the multiplication.", label="6.", right="[2]")
    sheet.line("47", 100)
    sheet.line("x 36", 90)
    sheet.line("———", 90)
    sheet.line("282", 94)
    sheet.line("1410", 87)
    sheet.line("———", 90)
    sheet.line("(a) Expand and simplify (x + 3)(x - 2) - (x + 1).", label="7.", right="[3]")
    sheet.line("(b) Hence, or otherwise, solve the equation", 24, right="[3]")
    sheet.line("(x + 3)(x - 2) - (x + 1) = 0.", 80)


def listings(sheet: PaperCanvas) -> None:
    """Programming: a table of points on the front page, listings with numbered lines, output as lines of numbers."""
    sheet.title("CS 61: Introduction to Programming", "Midterm Exam 2, Fall 2023", size=13)
    sheet.columns((0, "Name: ____________________________"), (280, "Student ID: ______________"))
    sheet.text(
        "You have 80 minutes. The exam is closed book. By signing below I confirm that all work on this exam is my own."
    )
    sheet.columns((60, "Problem"), (160, "Points"), (240, "Score"))
    for number, points in ((1, 12), (2, 16), (3, 10), (4, 12)):
        sheet.columns((70, str(number)), (165, str(points)))
    sheet.columns((60, "Total"), (165, "50"))
    sheet.new_page()
    sheet.line("Problem 1. What would Python print? (12 points)", bold=True)
    sheet.line("For each line, write the output. Write Error if an error occurs.")
    sheet.line("a. (4 pts)  print(3 // 2, 3 % 2)", 12)
    sheet.dots(30)
    sheet.line("b. (4 pts)  print([x * x for x in range(4)])", 12)
    sheet.dots(30)
    sheet.line("c. (4 pts)  print('a' + 1)", 12)
    sheet.dots(30)
    sheet.gap()
    sheet.line("Problem 2. Tracing (16 points)", bold=True)
    sheet.line("Consider the following program.")
    for number, code in enumerate(
        (
            "def mystery(n):",
            "    if n == 0:",
            "        return 1",
            "    return n * mystery(n - 1)",
            "",
            "print(mystery(4))",
        ),
        1,
    ):
        sheet.columns((30, str(number)), (60 + 10 * (len(code) - len(code.lstrip())), code.strip()))
    sheet.line("a. (6 pts)  What does line 6 print?", 12)
    sheet.dots(30)
    sheet.line("b. (4 pts)  How many times is mystery called?", 12)
    sheet.dots(30)
    sheet.line("c. (6 pts)  What happens with mystery(-1)? Why?", 12)
    sheet.dots(30)
    sheet.new_page()
    sheet.line("Problem 3. Fill in the code (10 points)", bold=True)
    sheet.line("Complete the function so that the calls below print")
    sheet.line("1", 40)
    sheet.line("2", 40)
    sheet.line("Fizz", 40)
    sheet.line("4", 40)
    sheet.line("def fizz(n):", 24)
    sheet.line("for i in range(1, n + 1):", 48)
    sheet.dots(72)
    sheet.gap()
    sheet.line("Problem 4. Lists (12 points)", bold=True)
    sheet.line("a. (5 pts)  Write a function evens(s) that returns the even numbers of a list s.", 12)
    sheet.line("b. (7 pts)  Give its running time in terms of n = len(s), and explain.", 12)

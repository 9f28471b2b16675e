"""Papers written by colleges and universities."""

from tests.papers.canvas import PaperCanvas


def parts_with_or(sheet: PaperCanvas) -> None:
    """PART A (5 x 2 = 10 marks), PART B with "(OR)" between (a) and (b)."""
    sheet.title("B.E. Degree Examination", "Data Structures", size=13)
    sheet.line("Time: Three hours", right="Maximum: 49 marks")
    sheet.line("Answer ALL questions.", 180)
    sheet.line("PART A - (5 x 2 = 10 marks)", 150, bold=True)
    for number, text in enumerate(
        (
            "Define an abstract data type.",
            "What is a circular queue?",
            "State the properties of a binary search tree.",
            "What is meant by hashing?",
            "List two uses of a stack.",
        ),
        1,
    ):
        sheet.line(text, label=f"{number}.")
    sheet.line("PART B - (3 x 13 = 39 marks)", 150, bold=True)
    pairs = (
        (
            "Explain insertion and deletion in a doubly linked list.",
            "Explain how a polynomial is stored in a linked list.",
        ),
        ("Describe the traversals of a binary tree with an example.", "Explain the rotations of an AVL tree."),
        ("Explain quick sort and find its complexity.", "Explain open addressing with an example."),
    )
    for number, (one, other) in enumerate(pairs, 6):
        sheet.line(f"(a) {one}", label=f"{number}.", right="(13)")
        sheet.line("(OR)", 200)
        sheet.line(f"(b) {other}", 24, right="(13)")


def points_in_front(sheet: PaperCanvas) -> None:
    """ "(10 points)" before each question's text, a grading table in front, parts with points of their own."""
    sheet.title("CS 210: Midterm Examination")
    sheet.line("Name: ______________________     ID: ______________")
    sheet.line("There are 4 questions and 50 points in total. You have 75 minutes.")
    sheet.columns((60, "Question:"), (140, "1"), (180, "2"), (220, "3"), (260, "4"), (300, "Total"))
    sheet.columns((60, "Points:"), (140, "10"), (180, "15"), (220, "15"), (260, "10"), (300, "50"))
    sheet.columns((60, "Score:"))
    sheet.new_page()
    sheet.line("(10 points) Short questions.", label="1.")
    sheet.text("(4 points) What does it mean for an algorithm to run in O(n log n) time?", 24, label="(a)")
    sheet.text(
        "(6 points) Give one example each of a stable and an unstable sort, and say what makes it so.", 24, label="(b)"
    )
    sheet.gap()
    sheet.text(
        "(15 points) Write a function in pseudocode that reverses a singly linked list in place. State its time and"
        " space complexity.",
        label="2.",
    )
    sheet.gap(4)
    sheet.line("(15 points) Consider the array 7, 3, 9, 1, 5.", label="3.")
    sheet.text("(5 points) Show the array after each pass of insertion sort.", 24, label="(a)")
    sheet.text("(5 points) Draw the binary heap that is built from it.", 24, label="(b)")
    sheet.text("(5 points) How many comparisons does merge sort make on it?", 24, label="(c)")
    sheet.new_page()
    sheet.text("(10 points) Prove that every tree with n nodes has n - 1 edges.", label="4.")


def compulsory_and_any_three(sheet: PaperCanvas) -> None:
    """Question 1 is compulsory, any three of the others; 10 marks each except for the first."""
    sheet.title("Diploma in Business Studies", "Principles of Marketing", size=13)
    sheet.line("Time: 2 hours")
    sheet.line("INSTRUCTIONS TO CANDIDATES", bold=True)
    sheet.line("Question 1 is compulsory. Answer any THREE of the remaining questions.")
    sheet.line("All questions carry 10 marks except Question 1, which carries 20 marks.")
    sheet.gap()
    sheet.line("QUESTION ONE (20 MARKS)", bold=True)
    sheet.text("a) Explain the four elements of the marketing mix.", end="(8 marks)")
    sheet.text("b) Discuss five factors that influence how consumers buy.", end="(12 marks)")
    for word, text in (
        ("TWO", "Discuss the advantages and disadvantages of buying on line for a small retailer."),
        ("THREE", "Describe the stages of a product's life and the prices that suit each of them."),
        ("FOUR", "Explain how a company can divide its market into segments."),
        ("FIVE", "Discuss the ethical questions that advertising to children raises."),
    ):
        sheet.line(f"QUESTION {word}", bold=True)
        sheet.text(text)
        sheet.gap(0.4)


def marks_in_words(sheet: PaperCanvas) -> None:
    """ "8 marks." at a line's end, "5 M", "(1 x 3 = 3 marks)", marks broken over two lines."""
    sheet.title("Internal Assessment: Operating Systems", size=13)
    sheet.line("Total: 39 marks")
    sheet.gap()
    sheet.line("Explain the states of a process with a diagram. 8 marks.", label="Q1.")
    sheet.line("Define the following terms. (1 x 3 = 3 marks)", label="Q2.")
    for letter, text in zip("abc", ("Thread", "Deadlock", "Semaphore"), strict=True):
        sheet.line(text, 24, label=f"{letter}.")
    sheet.line("Compare paging with segmentation.", label="Q3.", right="5 M")
    sheet.line("Write the conditions that must hold for a deadlock to arise, and say how each of them can", label="Q4.")
    sheet.line("be broken by the operating system. Give an example for two of the conditions (10", 24)
    sheet.line("marks)", 24)
    sheet.line(
        "Consider these processes, which all arrive at time 0. They need 6, 8, 7 and 3 milliseconds.", label="Q5."
    )
    sheet.line("Calculate the mean waiting time for first come, first served. [2+2 marks]", 24, label="(i)")
    sheet.line("Calculate it for shortest job first. [4 marks]", 24, label="(ii)")
    sheet.line("Answer any one:", label="Q6.", right="5 M")
    sheet.line("Describe how a page fault is handled.", 24, label="(a)")
    sheet.line("Describe how a file is found on a disk.", 24, label="(b)")


def numbers_that_are_not_labels(sheet: PaperCanvas) -> None:
    """Years, working, code and sentences that start lines with numbers, over page breaks."""
    sheet.title("History of Science: Final Paper", size=13)
    sheet.line("Answer all questions. Total 32 marks.")
    sheet.gap()
    sheet.text("Read this passage and answer the questions below.", label="1.")
    for text in (
        "Marie Curie was born in Warsaw, and she left it for Paris only when she was",
        "24. There she studied physics, and in the year that followed her marriage, that is in",
        "1896. she began to look at the rays that Becquerel had found. Within two years she had",
        "2. new elements to name. She won the Nobel Prize in Physics with her husband, and",
        "8 years later a second one, in chemistry.",
    ):
        sheet.line(text, 24)
    sheet.line("(a) How old was Marie Curie when she left Warsaw? [1]", 24)
    sheet.line("(b) Name the two elements that she found. [2]", 24)
    sheet.line("(c) Explain why her second prize was unusual. [3]", 24)
    sheet.text(
        "Kepler's third law says that the square of a planet's period goes with the cube of its distance.", label="2."
    )
    sheet.line("The period of Jupiter is worked out like this:", 24)
    sheet.line("5.2 x 5.2 x 5.2 = 140.6", 48)
    sheet.line("3 x 4 = 12 (not needed here)", 48)
    sheet.line("11.9 x 11.9 = 141.6", 48)
    sheet.line("Explain what these numbers show about the law. [6]", 24)
    sheet.text("A program of 1957 printed a table of primes. This is a part of it:", label="3.")
    sheet.line("10 LET N = 2", 48)
    sheet.line("20 PRINT N", 48)
    sheet.line("30 GOTO 20", 48)
    sheet.line("Say what the program prints, and how you would mend it. [5]", 24)
    sheet.text(
        "Describe how the idea that the Earth goes round the Sun came to be accepted. In your answer use at least",
        label="4.",
    )
    sheet.new_page()
    sheet.line("3 of these names: Copernicus, Brahe, Kepler, Galileo, Newton. [8]", 24)
    sheet.text(
        "Which discovery of the years 1850 to 1950 changed our lives the most? Give reasons.", label="5.", end="[7]"
    )


def problems(sheet: PaperCanvas) -> None:
    """`Problem 1 [12 pts]`, parts a. b. with points, a bonus."""
    sheet.title("Math 241, Problem Set 3")
    sheet.line("Due Friday. Total: 40 points")
    sheet.gap()
    sheet.line("Problem 1 [12 pts]", bold=True)
    sheet.line("Let f(x) = x^2 - 4x + 3.")
    sheet.line("a. Find the roots of f. [4 pts]", 18)
    sheet.line("b. Find the least value of f. [4 pts]", 18)
    sheet.line("c. Sketch the graph of f. [4 pts]", 18)
    sheet.line("Problem 2 [8 pts]", bold=True)
    sheet.text("Prove that the sum of two even numbers is even.")
    sheet.line("Problem 3 [20 pts]", bold=True)
    sheet.text("A tank holds 500 litres. Water flows in at 12 litres a minute and out at 7 litres a minute.")
    sheet.line("a. Write a formula for the volume after t minutes. [5 pts]", 18)
    sheet.line("b. When is the tank half full, if it is empty at first? [5 pts]", 18)
    sheet.line("c. The outflow doubles after 30 minutes.", 18)
    sheet.line("i. Draw the graph of the volume for the first hour. [6 pts]", 36)
    sheet.line("ii. Explain whether the tank ever overflows. [4 pts]", 36)

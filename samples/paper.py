"""Writes the sample question paper: two printed pages with a text layer."""

from pathlib import Path

from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import simpleSplit
from reportlab.pdfgen.canvas import Canvas

TITLE = "Year 10 General Science"
TOTAL_MARKS = 35
WIDTH, HEIGHT = A4
LEFT, RIGHT = 56.0, WIDTH - 56.0
HANGING = 25.0  # from a number to its text, and again from a part's letter to its text
LEADING = 16.5
SIZE = 11.25
MARKS_COLUMN = 66.0  # width reserved at the right for "[1]" and "(3 marks)"


class PaperWriter:
    """Sets questions in the usual layout of an exam paper: number, text, marks at the right."""

    def __init__(self, path: Path) -> None:
        # invariant: without dates and a random file id, the same questions give the same bytes.
        self.canvas = Canvas(str(path), pagesize=A4, invariant=True)
        self.canvas.setTitle(f"{TITLE}: end of term test")
        self.canvas.setAuthor("Westerby School, Science Department")
        self.y = HEIGHT - 60.0

    def heading(self) -> None:
        c = self.canvas
        c.setFont("Helvetica", 9)
        c.drawString(LEFT, self.y, "WESTERBY SCHOOL")
        c.drawRightString(RIGHT, self.y, "SCIENCE DEPARTMENT")
        c.setLineWidth(1.2)
        c.line(LEFT, self.y - 7, RIGHT, self.y - 7)
        c.setFont("Helvetica-Bold", 19)
        c.drawString(LEFT, self.y - 34, TITLE)
        c.setFont("Helvetica", 11.5)
        c.drawString(LEFT, self.y - 52, "End of term test: spring")
        c.setLineWidth(0.7)
        c.roundRect(RIGHT - 142, self.y - 59, 142, 42, 4)
        c.setFont("Helvetica-Bold", 10)
        c.drawString(RIGHT - 132, self.y - 34, "Time: 45 minutes")
        c.drawString(RIGHT - 132, self.y - 51, f"Total marks: {TOTAL_MARKS}")
        self.y -= 80

    def instructions(self, sentences: tuple[str, ...]) -> None:
        c = self.canvas
        c.setFont("Helvetica-Bold", SIZE - 0.5)
        c.drawString(LEFT, self.y, "Instructions")
        for sentence in sentences:
            self.y -= LEADING
            c.setFont("Helvetica", SIZE - 0.5)
            c.drawString(LEFT + 4, self.y, "\u2022")
            c.drawString(LEFT + 16, self.y, sentence)
        self.y -= 10
        c.setLineWidth(0.5)
        c.line(LEFT, self.y, RIGHT, self.y)
        self.y -= 22

    def question(self, number: str, text: str, marks: str = "") -> None:
        self._numbered(number, text, marks, LEFT, "Helvetica-Bold")

    def part(self, letter: str, text: str, marks: str) -> None:
        self._numbered(f"({letter})", text, marks, LEFT + HANGING, "Helvetica")

    def options(self, texts: tuple[str, ...], columns: int = 1) -> None:
        """Set options A to D column by column: with two columns, A and B are on the left, C and D on the right."""
        rows = len(texts) // columns
        left = LEFT + HANGING + 6
        for index, text in enumerate(texts):
            x = left + (index // rows) * 210
            y = self.y - (index % rows) * LEADING
            self.canvas.setFont("Helvetica-Bold", SIZE)
            self.canvas.drawString(x, y, "ABCD"[index])
            self.canvas.setFont("Helvetica", SIZE)
            self.canvas.drawString(x + 20, y, text)
        self.y -= rows * LEADING

    def gap(self, points: float = 13.0) -> None:
        self.y -= points

    def food_chain(self, links: tuple[str, ...]) -> None:
        c = self.canvas
        x = LEFT + HANGING + 60
        self.y -= 16
        c.setLineWidth(0.8)
        for index, link in enumerate(links):
            c.roundRect(x, self.y - 8, 74, 24, 5)
            c.setFont("Helvetica-Oblique", SIZE)
            c.drawCentredString(x + 37, self.y, link)
            x += 74
            if index < len(links) - 1:
                c.line(x + 6, self.y + 4, x + 40, self.y + 4)
                c.line(x + 40, self.y + 4, x + 34, self.y + 7.5)
                c.line(x + 40, self.y + 4, x + 34, self.y + 0.5)
                x += 46
        self.y -= 28

    def footer(self, page: int, pages: int, note: str) -> None:
        c = self.canvas
        c.setLineWidth(0.5)
        c.line(LEFT, 48, RIGHT, 48)
        c.setFont("Helvetica", 8.5)
        c.drawString(LEFT, 35, "Westerby School  10/SCI/S")
        c.drawCentredString(WIDTH / 2, 35, f"Page {page} of {pages}")
        c.drawRightString(RIGHT, 35, note)

    def next_page(self) -> None:
        self.canvas.showPage()
        self.y = HEIGHT - 62.0

    def save(self) -> None:
        self.canvas.save()

    def _numbered(self, number: str, text: str, marks: str, left: float, number_font: str) -> None:
        self.canvas.setFont(number_font, SIZE)
        self.canvas.drawString(left, self.y, number)
        self.canvas.setFont("Helvetica", SIZE)
        lines = simpleSplit(text, "Helvetica", SIZE, RIGHT - left - HANGING - MARKS_COLUMN)
        for index, line in enumerate(lines):
            self.canvas.drawString(left + HANGING, self.y, line)
            if marks and index == len(lines) - 1:
                self.canvas.drawRightString(RIGHT, self.y, marks)
            self.y -= LEADING
        self.y -= 2


def write_paper(path: Path) -> None:
    """Write the two pages to `path`. The same reportlab version gives the same bytes each time."""
    paper = PaperWriter(path)
    paper.heading()
    paper.instructions(
        (
            "Write your name and class at the top of your answer sheet.",
            "Answer all the questions on lined paper. In question 11 answer any two parts.",
            "Write the number of the question beside each answer. You may answer in any order.",
            "The marks for each question are shown at the right. You may use a calculator.",
        )
    )
    _first_page(paper)
    paper.footer(1, 2, "Turn over")
    paper.next_page()
    _second_page(paper)
    paper.footer(2, 2, "End of questions")
    paper.save()


def _first_page(paper: PaperWriter) -> None:
    paper.question("1", "Which part of an animal cell controls what enters and leaves the cell?", "[1]")
    paper.options(("cytoplasm", "cell membrane", "nucleus", "mitochondrion"))
    paper.gap()
    paper.question("2", "Which of these is a chemical change?", "[1]")
    paper.options(("ice melting", "sugar dissolving in tea", "an iron nail rusting", "water boiling"), columns=2)
    paper.gap()
    paper.question("3", "Which unit is used to measure force?", "[1]")
    paper.options(("joule", "watt", "pascal", "newton"), columns=2)
    paper.gap()
    paper.question("4", "Write true or false for each statement.")
    paper.part("a", "Sound travels faster in air than in water.", "[1]")
    paper.part("b", "A catalyst speeds up a reaction without being used up.", "[1]")
    paper.part("c", "All metals are attracted to a magnet.", "[1]")
    paper.part("d", "Light from the Sun takes about eight minutes to reach the Earth.", "[1]")
    paper.gap()
    paper.question(
        "5",
        "A cyclist travels 150 m along a straight road in 12 s at a steady speed. "
        "Calculate the speed of the cyclist. Give the unit.",
        "[2]",
    )
    paper.gap()
    paper.question(
        "6",
        "A 6.0 V battery drives a current of 0.40 A through a lamp. Calculate the resistance of the lamp. "
        "Give the unit.",
        "[2]",
    )
    paper.gap()
    paper.question(
        "7",
        "On a winter morning a metal railing and a wooden bench are at the same temperature. "
        "Explain why the railing feels colder than the bench when you touch it.",
        "[2]",
    )


def _second_page(paper: PaperWriter) -> None:
    paper.question("8", "Green plants make their own food by photosynthesis.")
    paper.part("a", "Name the two substances that a plant takes in for photosynthesis.", "(2 marks)")
    paper.part("b", "Name the gas that is given off.", "(1 mark)")
    paper.part(
        "c", "A healthy plant is kept in a dark cupboard for two weeks. It stops growing. Explain why.", "(3 marks)"
    )
    paper.gap(24)
    paper.question(
        "9",
        "Describe how water from the sea ends up in a river and returns to the sea. "
        "Use the scientific names of the changes that take place.",
        "(5 marks)",
    )
    paper.gap(24)
    paper.question("10", "The diagram shows a food chain on a hillside.")
    paper.food_chain(("grass", "rabbit", "fox"))
    paper.part("a", "What do the arrows in a food chain show?", "(1 mark)")
    paper.part(
        "b",
        "A disease kills most of the rabbits. Explain what happens to the amount of grass and to the number of foxes.",
        "(4 marks)",
    )
    paper.gap(24)
    paper.question("11", "Answer any two of the following.", "(6 marks)")
    paper.part("a", "Explain why taking antibiotics does not cure a cold.", "(3 marks)")
    paper.part("b", "In a thunderstorm we see the lightning before we hear the thunder. Explain why.", "(3 marks)")
    paper.part(
        "c",
        "Magnesium reacts faster with concentrated acid than with dilute acid. Explain why, in terms of particles.",
        "(3 marks)",
    )
    paper.gap(30)
    paper.canvas.setFont("Helvetica-Bold", SIZE)
    paper.canvas.drawCentredString(WIDTH / 2, paper.y, f"Total for this paper: {TOTAL_MARKS} marks")

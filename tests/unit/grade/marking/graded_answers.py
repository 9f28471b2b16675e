"""Ten questions from ten subjects with criteria, and answers of different quality with a teacher's marks.

Questions, answers and marks were written for these tests. The marks are what a fair teacher gives by the criteria; they
were set before any marker was run on the answers.
"""

from dataclasses import dataclass

from core.models.assessment import Criterion


@dataclass(frozen=True)
class SampleQuestion:
    question: str
    criteria: tuple[Criterion, ...]
    answers: tuple[tuple[str, float], ...]


def _criterion(text: str, *accept: str, marks: float = 1.0) -> Criterion:
    return Criterion(text, marks, accept)


SAMPLE_QUESTIONS = (
    SampleQuestion(
        "Explain two causes of the First World War.",
        (
            _criterion("Alliances drew the great powers into the war", "countries had promised to help each other"),
            _criterion("Arms race between Britain and Germany", "they competed to build bigger navies and armies"),
        ),
        (
            ("The alliance system meant that when one country went to war its allies were drawn in. There was also an "
             "arms race as Germany and Britain built more and more warships.", 2),
            ("Countries had promised to help each other so a small war became a big one.", 1),
            ("Germany and Britain were in an arms race.", 1),
            ("Because people were angry and wanted to fight.", 0),
            ("Hitler invaded Poland.", 0),
        ),
    ),
    SampleQuestion(
        "Describe how a river forms a meander.",
        (
            _criterion("Water flows faster on the outside of the bend", "the current is fastest on the outer bank"),
            _criterion("So the outer bank is eroded", "erosion on the outside of the bend", "it wears the bank away"),
            _criterion("Material is deposited on the inside of the bend", "deposition on the inner bank"),
        ),
        (
            ("The water moves fastest on the outside of the bend so it erodes the outer bank. On the inside it is slow "
             "and drops sediment, so material is deposited there.", 3),
            ("Erosion happens on the outside of the bend and deposition on the inside.", 2),
            ("The river wears away the outer bank.", 1),
            ("Rivers bend because the land is flat.", 0),
            ("water is quicker on the outside", 1),
        ),
    ),
    SampleQuestion(
        "What is meant by encapsulation, and why is it useful?",
        (
            _criterion("Data and the methods that work on it stand together in a class", "bundling data with methods"),
            _criterion("Attributes are private", "the data is hidden from the outside", "cannot be accessed directly"),
            _criterion("Code can be changed without affecting other code", "it makes the program easier to maintain"),
        ),
        (
            ("Encapsulation means that the data and the methods are bundled in one class. The attributes are private "
             "so other code cannot access them directly. That makes it easier to maintain.", 3),
            ("The data is hidden inside the class and you have to use methods to get it.", 1.5),
            ("It is when a class inherits from another class.", 0),
            ("Keeping data together with its methods in a class.", 1),
            ("attributes are private", 1),
        ),
    ),
    SampleQuestion(
        "Explain why the price of a good rises when its supply falls.",
        (
            _criterion("There is less of the good available", "the good becomes scarce", "there is a shortage"),
            _criterion("Buyers compete for what is left", "buyers are willing to pay more", "demand exceeds supply"),
        ),
        (
            ("If supply falls there is a shortage, demand exceeds supply and buyers are willing to pay more.", 2),
            ("Because the good becomes scarce.", 1),
            ("People compete to buy it.", 1),
            ("The government puts the price up.", 0),
            ("When supply falls the price rises.", 0),
        ),
    ),
    SampleQuestion(
        "How does the body respond when it gets too hot?",
        (
            _criterion("Sweat is produced", "you sweat more"),
            _criterion("Sweat evaporates and takes heat away", "evaporation cools the skin"),
            _criterion("Blood vessels near the skin widen", "vasodilation", "more blood flows to the skin"),
        ),
        (
            ("We sweat, and as the sweat evaporates it takes heat away. Blood vessels near the skin dilate.", 3),
            ("You sweat more and this cools you down when it evaporates.", 2),
            ("More blood flows close to the skin.", 1),
            ("You shiver and your hairs stand up.", 0),
            ("You go in the shade and drink water.", 0),
        ),
    ),
    SampleQuestion(
        "Explain the difference between ionic and covalent bonding.",
        (
            _criterion("In ionic bonding electrons are transferred", "one atom gives electrons to another"),
            _criterion("In covalent bonding electrons are shared", "atoms share electrons"),
        ),
        (
            ("Ionic bonding is when electrons are transferred between atoms, covalent is when they are shared.", 2),
            ("In a covalent bond two atoms share a pair of electrons.", 1),
            ("In ionic bonding one atom gives electrons to the other and in covalent bonding they share them.", 2),
            ("Ionic bonds are found in salt.", 0),
            ("one is strong and the other is weak", 0),
        ),
    ),
    SampleQuestion(
        "What does the poet suggest by comparing the city to a sleeping animal?",
        (
            _criterion("The city is quiet at night", "it is calm and still"),
            _criterion("It may wake up and be dangerous", "there is a hidden threat", "it has hidden power"),
        ),
        (
            ("The city is calm and quiet, but like an animal it could wake up at any moment and become dangerous.", 2),
            ("That it is quiet because everyone is in bed.", 1),
            ("There is a threat hidden in it.", 1),
            ("The poet likes animals.", 0),
            ("It is a simile.", 0),
        ),
    ),
    SampleQuestion(
        "Describe two ways to keep a password safe.",
        (
            _criterion("Do not share it with anyone", "never tell it to other people", "keep it secret"),
            _criterion("Make it long and hard to guess", "use letters, numbers and symbols", "do not use your name"),
        ),
        (
            ("Never tell anyone your password. Use a long one with letters, numbers and symbols.", 2),
            ("Keep it secret.", 1),
            ("Make it hard to guess.", 1),
            ("Tell it to your best friend so that you don't forget it.", 0),
            ("Turn the computer off.", 0),
        ),
    ),
    SampleQuestion(
        "Why did people move from the countryside to towns during the Industrial Revolution?",
        (
            _criterion("There were jobs in the factories", "to find work in factories"),
            _criterion("Machines replaced workers on farms", "there was less work in farming"),
            _criterion("Wages in towns were higher", "they could earn more money"),
        ),
        (
            ("Farm machines meant that fewer workers were needed, and factories in towns had jobs with better pay.", 3),
            ("To get a job in a factory.", 1),
            ("They could earn more money in the towns, and there was less work on the farms.", 2),
            ("Because they liked the towns.", 0),
            ("Towns had bigger houses and more shops.", 0),
        ),
    ),
    SampleQuestion(
        "Explain how noise from a road can be reduced for people who live near it.",
        (
            _criterion("Barriers or trees reflect or absorb the sound", "a wall blocks the sound"),
            _criterion("Double glazing reduces the sound that gets in", "thick windows keep the noise out"),
            _criterion("A lower speed limit makes less noise", "cars are made to drive slower"),
        ),
        (
            ("You could build a wall which blocks the sound, fit double glazing, and set a lower speed limit.", 3),
            ("Plant trees to absorb the sound.", 1),
            ("Make the cars go slower and put in thick windows.", 2),
            ("Ask the people to move away.", 0),
            ("Increase the speed limit.", 0),
        ),
    ),
)  # fmt: skip

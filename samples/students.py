"""The answers of the five invented students, in the order in which they wrote them.

In an answer's text, "\\n" starts a new line on the sheet and "~~…~~" is crossed out. The marks for these answers are in
`expected.json`, given by hand according to the marking scheme.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Written:
    """One answer as written: its label and its text."""

    label: str
    text: str


@dataclass(frozen=True)
class Sheet:
    """One student's answer sheet. `heading` is its first line; `file` is relative to this folder."""

    file: str
    student: str
    class_name: str
    heading: str
    answers: tuple[Written, ...]

    def text(self) -> str:
        """Return the text that is not crossed out, one answer per line."""
        answers = [f"{answer.label} {without_crossings(answer.text)}" for answer in self.answers]
        return "\n".join([self.heading, *answers])


def without_crossings(text: str) -> str:
    return " ".join("".join(text.split("~~")[::2]).split())


AMARA = Sheet(
    file="answers/amara-whitlock.pdf",
    student="Amara Whitlock",
    class_name="10B",
    heading="Name: Amara Whitlock      Class: 10B",
    answers=(
        Written("Q1)", "B"),
        Written("Q2)", "C"),
        Written("Q3)", "D"),
        Written("Q4) a)", "False"),
        Written("b)", "True"),
        Written("c)", "False"),
        Written("d)", "True"),
        Written("Q5)", "speed = distance / time\n= 150 / 12\n= 12.5 m/s"),
        Written("Q6)", "R = V / I = 6.0 / 0.40 = 15 ohms"),
        Written(
            "Q7)",
            "Metal is a good conductor of heat and wood is an insulator. When you touch the railing, heat is "
            "conducted away from your hand much more quickly than it is by the bench, so your skin cools down "
            "and it feels colder.",
        ),
        Written("Q8) a)", "carbon dioxide and water"),
        Written("b)", "oxygen"),
        Written(
            "c)",
            "In the dark there is no light so the plant cannot photosynthesise. This means it does not make any "
            "glucose. It has to live on its stored food, so it has no energy or materials left to make new cells "
            "with.",
        ),
        Written(
            "Q9)",
            "The Sun warms the surface of the sea and some of the water evaporates into water vapour. The warm "
            "moist air rises and as it gets higher it cools down. The vapour condenses into tiny droplets which "
            "make clouds. When the droplets get big enough they fall as rain or snow, which is called "
            "precipitation. The rain runs over the land into streams and rivers, or soaks into the ground, and in "
            "the end the rivers carry it back to the sea.",
        ),
        Written("Q10) a)", "They show energy being passed from one living thing to the next when it is eaten."),
        Written(
            "b)",
            "The amount of grass will go up because there are hardly any rabbits left to eat it. The number of "
            "foxes will go down, since they have less food and some of them will starve or move somewhere else.",
        ),
        Written(
            "Q11) a)",
            "Colds are caused by viruses. Antibiotics only kill bacteria so they have no effect on the virus.",
        ),
        Written(
            "b)",
            "The lightning and the thunder happen at the same moment. Light is very much faster than sound, about "
            "300 000 km per second compared with 340 m per second. So we see the flash almost straight away but "
            "the sound needs several seconds to reach us.",
        ),
    ),
)

TOBIAS = Sheet(
    file="answers/tobias-renner.pdf",
    student="Tobias Renner",
    class_name="10B",
    heading="Tobias Renner, class 10B",
    answers=(
        Written("1.", "B"),
        Written("2.", "C"),
        Written("3.", "D"),
        Written("4. a)", "false"),
        Written("4. b)", "true"),
        Written("4. c)", "true"),
        Written("4. d)", "true"),
        Written("5.", "150 / 12 = 12.5 metres per second"),
        Written("6.", "R = V / I so R = 6 / 0.4 = 15"),
        Written("7.", "Because metal conducts heat better than wood does."),
        Written("8. a)", "Carbon dioxide from the air and water from the soil."),
        Written("8. b)", "Oxygen"),
        Written(
            "8. c)",
            "Plants need light for photosynthesis. Without it the plant can't make its own food, so it has no "
            "energy to grow.",
        ),
        Written(
            "9.",
            "Water in the sea evaporates because of the heat of the sun. It goes up into the sky where it is "
            "colder and condenses, and this makes clouds. Then it rains on the hills. The rain water flows down "
            "into rivers and the rivers flow back into the sea.",
        ),
        Written("10. a)", "The arrows show what eats what."),
        Written(
            "10. b)",
            "There will be more grass as the rabbits are not eating it. There will be less foxes because they "
            "haven't got enough rabbits to eat.",
        ),
        Written(
            "11. b)",
            "Light travels a lot faster than sound. So the light from the lightning gets to us nearly at once but "
            "the sound of the thunder takes longer.",
        ),
        Written(
            "11. c)",
            "When the acid is more concentrated there are more acid particles in the same space. They hit the "
            "magnesium more often.",
        ),
    ),
)

PRIYA = Sheet(
    file="answers/priya-nandakumar.jpg",
    student="Priya Nandakumar",
    class_name="10A",
    heading="Priya Nandakumar      10A",
    answers=(
        Written("1)", "B"),
        Written("2)", "C"),
        Written("3)", "A"),
        Written("4 a)", "false   b) true   c) true   d) false"),
        Written("Ans 5)", "150 / 12 = 12.5 km/h"),
        Written("6)", "6 x 0.4 = 2.4 ohms"),
        Written(
            "7)",
            "The railing is made of metal and metal is a good conductor so it takes the heat out of your hand.",
        ),
        Written("8 a)", "water and sunlight"),
        Written("8 b)", "oxygen"),
        Written("8 c)", "It has no sunlight so it cant do photosynthesis and then it gets weak."),
        Written(
            "Ans 9)",
            "The sun heats up the sea and the water evaporates. It makes clouds and then it rains. The rain goes "
            "in to the rivers.",
        ),
        Written("10 a)", "energy going from one animal to the next"),
        Written(
            "10 b)",
            "The foxes will die because there is no food for them. The grass will grow more.",
        ),
        Written("11 a)", "Antibiotics only work on bacteria and a cold is a virus."),
        Written("11 b)", "Light is faster than sound so you see it first."),
    ),
)

CALLUM = Sheet(
    file="answers/callum-oakes.png",
    student="Callum Oakes",
    class_name="10A",
    heading="Callum Oakes  class 10A",
    answers=(
        Written("Q1:", "A"),
        Written("Q2:", "C"),
        Written("Q3:", "B"),
        Written("Q4 a:", "true"),
        Written("b:", "true"),
        Written("c:", "false"),
        Written("d:", "dont know"),
        Written("Q5:", "150 x 12 = 1800"),
        Written("Q6:", "6 divided by 0.4 = 15 volts"),
        Written("Q7:", "metal is always colder than wood because it is hard and shiny"),
        Written("Q8 a:", "water and soil"),
        Written("b:", "carbon dioxide"),
        Written("c:", "becuase plants need the sun to grow and there is no sun in a cuboard"),
        Written("Q9:", "the sun dries up some of the sea and then it goes in the clouds and it rains"),
        Written("Q10 a:", "the rabbit eats the grass and the fox eats the rabbit"),
        Written("b:", "there will be less foxes because they eat the rabbits"),
        Written("Q11 a:", "antibiotics dont work on colds you just have to rest"),
        Written("b:", "you see lightning first because your eyes are quicker then your ears"),
    ),
)

JODIE = Sheet(
    file="answers/jodie-merrick.jpg",
    student="Jodie Merrick",
    class_name="10A",
    heading="Name  Jodie Merrick    10A",
    answers=(
        Written("1.", "B"),
        Written("2.", "~~A~~ C"),
        Written("4. a)", "false"),
        Written("4. b)", "true"),
        Written("4. c)", "false"),
        Written("4. d)", "true"),
        Written(
            "11 b)",
            "light travels a lot quicker than sound so the flash gets to you nearly straight away and the bang "
            "takes a few seconds",
        ),
        Written("5.", "~~12 / 150 = 0.08~~\n150 / 12 = 12.5 m/s"),
        Written("8 a)", "carbon dioxide and water"),
        Written("8 b)", "~~carbon~~ oxygen"),
        Written("7.", "heat leaves your hand quicker in to the metal becuase its a better conducter"),
        Written(
            "Q9",
            "Water evaporates from the sea then it cools down high up and turns into clouds (condensation). "
            "~~Then the wind~~ It falls as rain and runs in to rivers.",
        ),
        Written("10. a)", "the flow of energy"),
        Written("10. b)", "less foxes cos they starve and more grass"),
        Written("11 c)", "more particals in the acid so more collisions"),
        Written("11 a)", "they dont kill viruses"),
    ),
)

SHEETS = (AMARA, TOBIAS, PRIYA, CALLUM, JODIE)

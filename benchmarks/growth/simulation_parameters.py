"""What a simulation assumes: the measured times of a submission, and what the product does when a quota is used up."""

from dataclasses import dataclass


@dataclass(frozen=True)
class MeasuredTimes:
    """Measured seconds of one sheet of `pages` pages with nothing else running.

    `read_busy` and `grade_busy` are the functions' own time without Textract's and the model's. `cold` is the cost of
    starting a new worker.
    """

    pages: int = 8
    receive: float = 0.25
    read_busy: float = 0.45
    page: float = 1.5
    page_jitter: float = 0.2
    store: float = 0.43
    grade_busy: float = 0.5
    model: float = 2.0
    questions: int = 20
    tokens: int = 700
    hand_off: float = 0.14
    transitions: int = 10
    cold: float = 0.9


@dataclass(frozen=True)
class ProductPolicy:
    """What the product does when a quota is used up.

    `patience`: seconds after which a document is handed to an asynchronous job. `bounded`: a reader that cannot wait
    for a slot reserves none. `function_tries` and `longest_pause`: how often the state machine retries a function
    that the account has no capacity for. `grading_at_once` caps the grading functions (None: no cap).
    """

    patience: float = 60.0
    bounded: bool = True
    deadline: float = 830.0
    function_tries: int = 200
    longest_pause: float = 60.0
    client_max_attempts: int = 60
    client_pause: float = 2.0
    model_max_attempts: int = 5
    grading_at_once: int | None = None

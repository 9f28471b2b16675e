"""Twenty free-text questions beside one, against a server on loopback that takes two seconds a call.

    python -m benchmarks.model_calls [--questions 20] [--rounds 3]

All questions of a sheet are in flight together, so twenty should take hardly longer than one. Each round asks
both in turn; the ratio is what counts. `grade.model` runs as it stands; the server is the tests' own.
"""

import argparse
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "functions"))

from grade.model.calls import Limits
from tests.standin_model import Request, Said, StandIn, agreeing
from tests.unit.grade.marking.model_server import marker
from tests.unit.grade.marking.sheets import task

SECONDS_A_CALL = 2.0


def slowly(request: Request, number: int) -> Said:
    return Said(agreeing(request, number).body, seconds=SECONDS_A_CALL)


def one_round(questions: int) -> tuple[float, float, int]:
    """Seconds for one question, for all of them, and how many calls were under way at once."""
    limits = Limits(concurrency=20, timeout_seconds=30, budget_seconds=240)
    with StandIn(slowly) as server, marker(server, limits) as asked:
        began = time.monotonic()
        asked.mark([task()])
        between = time.monotonic()
        asked.mark([task() for _ in range(questions)])
        return between - began, time.monotonic() - between, server.most_at_once


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.model_calls", description=__doc__.splitlines()[0])
    parser.add_argument("--questions", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    rounds = [one_round(given.questions) for _ in range(given.rounds)]
    for one, many, at_once in rounds:
        print(f"1 question {one:.2f} s, {given.questions} questions {many:.2f} s ({many / one:.2f}), {at_once} at once")
    print(f"ratio (median of {given.rounds}): {statistics.median(many / one for one, many, _ in rounds):.2f}")


if __name__ == "__main__":
    main()

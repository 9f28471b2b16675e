"""Twenty free-text questions compared with one, against a loopback server that takes two seconds per call.

    python -m benchmarks.model_calls [--questions 20] [--rounds 3]

All questions of a sheet are in flight together, so twenty should take hardly longer than one. Each round measures
both in turn; the result is their ratio. It runs the real `grade.markers.model`; the server is the tests' own.
"""

import argparse
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "functions"))

from grade.markers.model.client import ModelCallLimits
from tests.fake_model_server import ChatRequest, FakeModelServer, FakeReply, reply_all_met
from tests.unit.grade.marking.builders import task
from tests.unit.grade.marking.model_markers import open_model_marker

CALL_SECONDS = 2.0


def slow_reply(request: ChatRequest, number: int) -> FakeReply:
    return FakeReply(reply_all_met(request, number).body, seconds=CALL_SECONDS)


def measure_round(questions: int) -> tuple[float, float, int]:
    """Return the seconds for one question, the seconds for all of them, and the maximum number of concurrent calls."""
    limits = ModelCallLimits(concurrency=20, timeout_seconds=30, budget_seconds=240)
    with FakeModelServer(slow_reply) as server, open_model_marker(server, limits) as marker_under_test:
        started_at = time.monotonic()
        marker_under_test.mark([task()])
        first_done_at = time.monotonic()
        marker_under_test.mark([task() for _ in range(questions)])
        return first_done_at - started_at, time.monotonic() - first_done_at, server.most_at_once


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.model_calls", description=__doc__.splitlines()[0])
    parser.add_argument("--questions", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    rounds = [measure_round(arguments.questions) for _ in range(arguments.rounds)]
    for one, many, at_once in rounds:
        print(
            f"1 question {one:.2f} s, {arguments.questions} questions {many:.2f} s ({many / one:.2f}), "
            f"{at_once} at once"
        )
    print(f"ratio (median of {arguments.rounds}): {statistics.median(many / one for one, many, _ in rounds):.2f}")


if __name__ == "__main__":
    main()

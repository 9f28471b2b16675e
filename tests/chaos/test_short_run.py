"""A short chaos run: the whole workflow with a fifth of its calls failing. `make chaos` does the long one."""

import pytest

from benchmarks.chaos.run import run


@pytest.mark.timeout(600)
def test_nothing_accepted_is_lost_and_nothing_is_done_twice() -> None:
    outcome = run(1, 24, max_running=4)
    assert outcome.violations == []
    found = outcome.figures
    # There was something to lose, and faults were injected.
    assert found["records"] >= 24
    assert found["accepted"] >= 24
    assert found["faults"] > 0.1 * found["calls"] > 50
    assert found["killed"] >= 1
    assert found["model failures"] >= 1
    assert found["samples"] > 10

"""The short storm: the whole flow, a fifth of its calls failing, held to account. `make chaos` has the long one."""

import pytest

from benchmarks.chaos.run import run


@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", [1, 2])
def test_nothing_accepted_is_lost_and_nothing_is_done_twice(seed: int) -> None:
    outcome = run(seed, 40)
    assert outcome.violations == []
    found = outcome.figures
    # Something was there to be lost, and there was a storm.
    assert found["records"] >= 40
    assert found["accepted"] >= 40
    assert found["faults"] > 0.1 * found["calls"] > 50
    assert found["killed"] >= 1
    assert found["model failures"] >= 1
    assert found["samples"] > 10

"""`gradeline serve`, killed in the middle of its work: nothing that was accepted is lost, nothing is done twice.

`make lasting` kills it twenty times; here it is twice.
"""

from pathlib import Path

import pytest

from benchmarks.kills import run_kill_test


# On a machine that does much else each of the three starts takes a while.
@pytest.mark.timeout(600)
def test_killed_under_load_it_loses_nothing(tmp_path: Path) -> None:
    report = run_kill_test(kills=2, seed=7, sheets_a_kill=4, folder=tmp_path)
    assert report.violations == []
    assert report.kills == 2
    # Whether sheets were under way at the moments of the kills is chance; the long trial tells how many.
    assert report.accepted

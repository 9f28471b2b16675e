"""`gradeline serve`, killed while it works: nothing accepted is lost, nothing is done twice.

`make lasting` kills it twenty times; this test once.
"""

from pathlib import Path

import pytest

from benchmarks.kills import run_kill_test


# On a busy machine each of the two starts takes a while.
@pytest.mark.timeout(600)
def test_a_server_killed_under_load_loses_nothing(tmp_path: Path) -> None:
    report = run_kill_test(kills=1, seed=7, sheets_a_kill=4, folder=tmp_path)
    assert report.violations == []
    assert report.kills == 1
    # Whether sheets were in progress at the time of a kill is chance; the long trial reports how many.
    assert report.accepted

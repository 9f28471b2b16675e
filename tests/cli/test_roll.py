"""A roster beside a folder of sheets."""

from pathlib import Path

import pytest

from core.submission import Kind
from local.deliveries import Delivery, UsageError
from local.roll import name_by, read_roster


def test_a_roster_is_read_before_anything_is_started(tmp_path: Path) -> None:
    sheets = [
        Delivery(Path("scan0001.png"), Kind.ANSWER_SHEET, "scan0001"),
        Delivery(Path("17.png"), Kind.ANSWER_SHEET, "17"),
    ]
    roster = tmp_path / "class.csv"
    roster.write_text("name;number\nAmara Whitlock;17\n", encoding="utf-8-sig")
    name_by(read_roster(roster), sheets)
    assert [sheet.student for sheet in sheets] == [None, "Amara Whitlock"]
    roster.write_text("colour\nred\n")
    with pytest.raises(UsageError, match="Line 1"):
        read_roster(roster)
    with pytest.raises(UsageError, match="cannot be read"):
        read_roster(tmp_path / "missing.csv")

"""The harness's own parts: chance by the seed, a storm of the right strength, an oracle that sees what it should."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from benchmarks.chaos import site
from benchmarks.chaos.chance import chance
from benchmarks.chaos.documents import SHEET, sheet
from benchmarks.chaos.guards import GUARDS
from benchmarks.chaos.ledger import DROP, RAW, Ledger, Sending
from benchmarks.chaos.mix import Mix
from benchmarks.chaos.oracle import DOUBLED, LOST, WRONG, Oracle
from benchmarks.chaos.records import Record, Sampler
from benchmarks.chaos.storm import Storm
from benchmarks.chaos.witness import Move, Witness
from local.cloud.calls import CLIENT, Call

DOCUMENT = sheet("north", "class-1", "Student 1", "tag", (True, True, False), scan=True)


def call(operation: str = "GetItem", caller: str = "GradeFunction", service: str = "dynamodb") -> Call:
    return Call(0.0, caller, service, operation, {})


def struck(seed: int, share: float = 0.2) -> list[Any]:
    storm = Storm(seed, Witness(), share)
    return [storm.fault(call()) for _ in range(4000)]


def test_chance_is_the_same_for_the_same_and_spread_over_all() -> None:
    assert chance(1, "a") == chance(1, "a") != chance(2, "a")
    drawn = [chance(1, number) for number in range(2000)]
    assert all(0 <= one < 1 for one in drawn)
    assert 0.45 < sum(drawn) / len(drawn) < 0.55


def test_a_storm_strikes_a_fifth_of_the_calls_and_the_same_ones_again() -> None:
    first = struck(1)
    assert 0.17 < sum(fault is not None for fault in first) / len(first) < 0.23
    assert first == struck(1) != struck(2)
    kinds = Counter((bool(one.code), one.dropped, one.carried_out, one.kills) for one in first if one)
    assert len(kinds) == 6
    assert struck(1, share=0.0) == [None] * 4000


def test_a_storm_leaves_the_harness_itself_alone_and_its_clients_not() -> None:
    storm = Storm(1, Witness())
    assert not any(storm.fault(call(caller=CLIENT)) for _ in range(200))
    assert any(storm.fault(call("POST /submissions", CLIENT, "api")) for _ in range(200))
    assert any(storm.fault(call("PostObject", CLIENT, "s3")) for _ in range(200))


@pytest.mark.parametrize(("seed", "submissions"), [(1, 40), (2, 300)])
def test_a_mix_has_all_kinds_and_is_the_same_again(seed: int, submissions: int) -> None:
    def sendings() -> list[Sending]:
        steps = [step for errand in Mix(seed, submissions).errands() for step in errand.steps]
        return [step.sending for step in steps if step.do == "send" and step.sending]

    found = sendings()
    # Encryption takes a salt of its own each time.
    told = [(one.door, one.document.student, one.document.marks) for one in found]
    assert told == [(one.door, one.document.student, one.document.marks) for one in sendings()]
    assert {one.door for one in found} == {"raw", "form", "upload", "drop"}
    assert {one.document.tenant for one in found} == {"north", "south"}
    assert {one.document.kind for one in found} == {"question_paper", "answer_sheet"}
    accepted = [one for one in found if one.document.endings]
    things = {(*one.document.identity, one.door == DROP) for one in accepted}
    assert len(things) == submissions


@pytest.mark.parametrize("guard", GUARDS)
def test_a_guard_is_found_where_it_stands_and_taken_out_of_a_copy(guard: str, tmp_path: Path) -> None:
    copied = site.copy(tmp_path)

    def texts() -> dict[Path, str]:
        return {path: path.read_text() for path in tmp_path.rglob("*") if path.suffix in (".py", ".yaml")}

    before = texts()
    GUARDS[guard](copied)
    changed = [path for path, text in texts().items() if text != before[path]]
    assert len(changed) == 1
    if changed[0].suffix == ".py":
        compile(changed[0].read_text(), str(changed[0]), "exec")


def test_a_change_that_changes_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LookupError):
        site.copy(tmp_path).change("template.yaml", "no such line", "")


def test_a_record_that_goes_back_is_seen() -> None:
    sampler = Sampler("table")
    for run, state in ((1, "READING"), (1, "GRADED"), (2, "READING"), (2, "FAILED"), (2, "ERASED")):
        sampler.see("a", run, state)
    assert sampler.backwards == []
    sampler.see("b", 2, "READING")
    sampler.see("b", 1, "GRADED")
    sampler.see("c", 1, "GRADED")
    sampler.see("c", 1, "REJECTED")
    assert len(sampler.backwards) == 2


def record(name: str, state: str, door: str = "api", version: str = "", **more: Any) -> Record:
    item = {"state": state, "run": 1, "door": door, "kind": SHEET, **more}
    return Record(name, item, DOCUMENT.identity, version)


def oracle(*records: Record, doors: tuple[str, ...] = (RAW,), ids: tuple[str, ...] = ("a",)) -> Oracle:
    sendings = [Sending(DOCUMENT, door, ids={name}) for door, name in zip(doors, ids, strict=True)]
    by_id = {one.id: one for one in records}
    cloud: Any = None
    return Oracle(cloud, b"", Ledger(sendings), by_id, Witness(), 0, lambda _tenant, _assessment: "")


def kinds(breaches: Any) -> list[str]:
    return [breach.kind for breach in breaches]


def test_what_was_accepted_and_has_no_record_is_lost() -> None:
    # Nothing was dropped, so the buckets are not asked for.
    checks = oracle()
    checks.ids = lambda sending: sending.ids  # type: ignore[method-assign]
    assert kinds(checks.accepted_have_ended()) == [LOST]


def test_two_records_of_one_thing_are_seen_however_they_came() -> None:
    marked, twin = record("a", "GRADED"), record("b", "DUPLICATE_OF", "drop", "1", duplicate_of="a")
    assert kinds(oracle(marked, twin).nothing_is_doubled()) == []
    assert kinds(oracle(marked, record("b", "GRADED", "drop", "1")).nothing_is_doubled()) == [DOUBLED]
    assert kinds(oracle(marked, record("b", "DUPLICATE_OF", duplicate_of="a")).nothing_is_doubled()) == [DOUBLED]
    again = record("c", "DUPLICATE_OF", "drop", "1", duplicate_of="a")
    assert kinds(oracle(marked, twin, again).nothing_is_doubled()) == [DOUBLED]


def test_duplicates_of_nothing_are_lost() -> None:
    one, other = (record(name, "DUPLICATE_OF", "drop", name, duplicate_of=holder) for name, holder in ("ab", "ba"))
    assert kinds(oracle(one, other).nothing_is_doubled()) == [LOST]
    lone = record("a", "DUPLICATE_OF", duplicate_of="gone")
    assert LOST in kinds(oracle(lone).nothing_is_doubled())


def test_an_ending_that_is_written_twice_is_seen() -> None:
    checks = oracle()
    checks.witness.moves["a"] = [Move(1, "READING", "x"), Move(1, "GRADED", "x"), Move(2, "READING", "x")]
    assert kinds(checks.moved_once()) == []
    checks.witness.moves["a"].append(Move(1, "GRADED", "x"))
    assert kinds(checks.moved_once()) == [DOUBLED]


def test_marks_that_the_answers_are_not_worth_are_wrong() -> None:
    def marked(third: float) -> Oracle:
        found = [{"question": name, "marks": marks} for name, marks in (("1", 1), ("2", 1), ("3", third), ("4", 2))]
        checks = oracle(record("a", "GRADED", question_marks=found))
        checks.ids = lambda sending: sending.ids  # type: ignore[method-assign]
        return checks

    assert kinds(marked(0).marks_are_right()) == []
    assert kinds(marked(2).marks_are_right()) == [WRONG]


def test_money_that_no_lost_answer_explains_is_doubled() -> None:
    checks = oracle()
    checks.witness.pages["a", "then"] = 1
    checks.witness.paid_pages = 2
    assert kinds(checks.money_is_bounded()) == [DOUBLED]
    checks.witness.lost["ExtractFunction"] = 1
    assert kinds(checks.money_is_bounded()) == []

"""The queue of changes by itself: its order, what it sends again, what it keeps. It runs in the browser, on an API in
memory."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

SETTING = Path(__file__).with_name("queue_in_memory.js").read_text(encoding="utf-8").rstrip().removesuffix(";")


def run(page: Page, test: str) -> Any:
    page.evaluate("sessionStorage.clear()")
    return page.evaluate(SETTING, test)


def test_changes_of_a_sheet_go_one_after_another_in_order(page: Page) -> None:
    found = run(
        page,
        """let under = 0, most = 0;
        server.before = async () => { most = Math.max(most, ++under); await soon(); };
        server.after = async () => { under--; };
        set("2", { marks: 2 }); set("1", { marks: 0 }); set("3", { answer: "12 m/s" });
        await settled();
        return { log: server.log, most, left: queue.all.length };""",
    )
    assert found == {"log": ["2=2", "1=0", "3=12 m/s"], "most": 1, "left": 0}


def test_sheets_go_side_by_side(page: Page) -> None:
    found = run(
        page,
        """const first = held();
        queue.updateStatus(server.status("t"));
        server.before = async (question) => question === "1" && first.gate;
        set("1", { marks: 0 });
        queue.add("t", { assessment: "a", question: "2", what: { marks: 0 }, seen: seen("2", "t") });
        await until(() => !queue.changes("t").length);
        const waiting = queue.changes("s").length;
        first.open(); await settled();
        return waiting;""",
    )
    assert found == 1


def test_a_later_change_takes_the_place_of_one_that_was_not_sent(page: Page) -> None:
    found = run(
        page,
        """const first = held();
        server.before = async (question) => question === "1" && first.gate;
        set("1", { marks: 0 }); set("2", { marks: 0 }); set("2", { marks: 2 }); set("2", { answer: "x" });
        const shown = queue.shown("s").marks;
        first.open(); await settled();
        return { log: server.log, shown, marks: marks() };""",
    )
    assert found == {"log": ["1=0", "2=2", "2=x"], "shown": 3, "marks": [0, 2, 1]}


def test_a_change_of_one_that_is_under_way_follows_it_without_a_conflict(page: Page) -> None:
    found = run(
        page,
        """const first = held();
        server.before = async (question, what) => what.marks === 0 && first.gate;
        set("1", { marks: 0 });
        const opened = queue.shown("s").questions[0];
        first.open(); await settled();
        // The field was opened while the first mark was being saved.
        queue.add("s", { assessment: "a", question: "1", what: { marks: 2 }, seen: opened });
        await settled();
        return { log: server.log, states: states(), marks: marks() };""",
    )
    assert found == {"log": ["1=0", "1=2"], "states": [], "marks": [2, 1, 1]}


def test_a_change_of_another_question_is_no_conflict(page: Page) -> None:
    found = run(
        page,
        """server.set("3", { marks: 0 }, "them");
        set("1", { marks: 2 }); await settled();
        return { log: server.log, states: states(), marks: marks(), by: seen("3").changed_by };""",
    )
    assert found == {"log": ["1=2", "GET", "1=2"], "states": [], "marks": [2, 1, 0], "by": "them"}


def test_a_change_of_the_same_question_is_a_conflict_until_a_person_decides(page: Page) -> None:
    found = run(
        page,
        """server.set("1", { marks: 0 }, "them");
        set("1", { marks: 2 }); await settled();
        const before = { states: states(), marks: marks(), shown: queue.shown("s").questions[0].marks };
        queue.keepMine(queue.all[0]); await settled();
        return { ...before, after: marks(), left: states() };""",
    )
    assert found == {"states": [["1", "conflict"]], "marks": [0, 1, 1], "shown": 0, "after": [2, 1, 1], "left": []}


def test_another_mark_typed_upon_a_conflict_decides_it(page: Page) -> None:
    found = run(
        page,
        """server.set("1", { marks: 0 }, "them");
        set("1", { marks: 2 }); await settled();
        set("1", { marks: 1 }); await settled();
        const undone = queue.undo("s"); await settled();
        return { undone, left: states(), marks: marks(), more: queue.undoable("s") };""",
    )
    assert found == {"undone": "1", "left": [], "marks": [0, 1, 1], "more": False}


def test_the_same_mark_by_somebody_else_is_no_conflict_after_it_was_sent(page: Page) -> None:
    found = run(
        page,
        """server.set("1", { marks: 2 }, "them");
        set("1", { marks: 2 }); await settled();
        return { log: server.log, left: states(), marks: marks() };""",
    )
    assert found == {"log": ["1=2", "GET"], "left": [], "marks": [2, 1, 1]}


@pytest.mark.parametrize("what", ["{ marks: 2 }", "{ answer: 'x' }"])
def test_a_change_whose_answer_was_lost_is_not_made_twice(page: Page, what: str) -> None:
    found = run(
        page,
        f"""let lost = 0;
        server.after = async () => {{ if (!lost++) throw new Unreachable(); }};
        set("1", {what}); await settled();
        set("1", {{ marks: 0 }}); await settled();
        return {{ edits: server.edits, log: server.log.slice(1, -1), states: states(), marks: marks() }};""",
    )
    assert found == {"edits": 2, "log": ["GET"], "states": [], "marks": [0, 1, 1]}


def test_a_lost_answer_and_another_persons_mark_after_it_are_a_conflict(page: Page) -> None:
    found = run(
        page,
        """let lost = 0;
        server.after = async () => { if (!lost++) { server.set("1", { marks: 0 }, "them"); throw new Unreachable(); } };
        set("1", { marks: 2 }); await settled();
        return { states: states(), marks: marks() };""",
    )
    assert found == {"states": [["1", "conflict"]], "marks": [0, 1, 1]}


def test_another_persons_mark_right_after_ones_own_is_not_overwritten_by_what_follows(page: Page) -> None:
    found = run(
        page,
        """const first = held();
        server.before = async (_, what) => what.marks === 2 && first.gate;
        const change = api.changeMark;
        api.changeMark = async (...asked) => {
            await change(...asked);
            if (asked[2].marks === 2) server.set("1", { marks: 0 }, "them");
            return server.status();
        };
        set("1", { marks: 2 }); await until(() => queue.all[0].sent); set("1", { marks: 1.5 });
        first.open(); await settled();
        return { states: states(), marks: marks() };""",
    )
    assert found == {"states": [["1", "conflict"]], "marks": [0, 1, 1]}


def test_a_sheet_that_is_erased_takes_its_changes_with_it(page: Page) -> None:
    found = run(
        page,
        """const first = held();
        let lost = 0;
        queue.listen((_, event) => event.lost && lost++);
        server.before = async () => { await first.gate; throw own(404, "NotFound"); };
        set("1", { marks: 2 }); set("2", { marks: 2 });
        queue.forget("s"); first.open();
        await soon(); await soon();
        return { left: states(), lost, kept: sessionStorage.length };""",
    )
    assert found == {"left": [], "lost": 0, "kept": 0}


def test_it_is_tried_until_the_server_answers(page: Page) -> None:
    found = run(
        page,
        """let failures = 0;
        server.before = async () => {
            if (failures++ < 12) throw failures % 2 ? new Unreachable() : new Problem(503, { detail: "Busy." });
        };
        const kinds = new Set();
        queue.listen(() => queue.summary.trouble && kinds.add(queue.summary.trouble.kind));
        set("1", { marks: 2 }); await settled();
        return { failures, marks: marks(), kinds: [...kinds].sort(), trouble: queue.summary.trouble };""",
    )
    assert found == {"failures": 13, "marks": [2, 1, 1], "kinds": ["busy", "connection"], "trouble": None}


def test_a_sheet_that_others_keep_changing_is_waited_for(page: Page) -> None:
    found = run(
        page,
        """let changes = 0;
        server.before = async () => { if (changes++ < 20) server.set("3", { marks: changes % 3 }, "them"); };
        const kinds = new Set();
        queue.listen(() => queue.summary.trouble && kinds.add(queue.summary.trouble.kind));
        set("1", { marks: 2 }); await settled();
        return { changes, mine: marks()[0], kinds: [...kinds] };""",
    )
    assert found == {"changes": 21, "mine": 2, "kinds": ["busy"]}


def test_a_refusal_puts_the_question_back_and_keeps_what_was_typed(page: Page) -> None:
    found = run(
        page,
        """server.before = async (question) => { if (question === "1") throw own(422, "InvalidMark", "No."); };
        set("1", { marks: 7 }); set("2", { marks: 2 }); await settled();
        const [{ state, what, problem }] = queue.all;
        const shown = queue.shown("s");
        return { state, what, problem, first: shown.questions[0].marks, undecided: shown.questions[0].undecided,
            marks: marks(), confirmed: shown.confirmed };""",
    )
    assert found == {
        "state": "refused",
        "what": {"marks": 7},
        "problem": "No.",
        "first": 1,
        "undecided": True,
        "marks": [1, 2, 1],
        "confirmed": True,
    }


def test_a_question_that_is_gone_is_told_with_what_was_typed(page: Page) -> None:
    found = run(
        page,
        """let told = null;
        queue.listen((_, { lost, text }) => lost && (told = [lost.question, lost.what.marks, text]));
        server.before = async () => { throw own(404, "NotFound", "There is no submission of this id."); };
        set("1", { marks: 2 }); await settled();
        return { told, left: states() };""",
    )
    assert found == {"told": ["1", 2, "There is no submission of this id."], "left": []}


@pytest.mark.parametrize(
    "answer",
    [
        "404, {}",
        "404, null",
        "404, { message: 'Not Found' }",
        "404, { type: 'about:blank', title: 'NotFound' }",
        "403, { message: 'Forbidden' }",
        "400, { type: 7, detail: ['Bad request'] }",
        "405, 'Method Not Allowed'",
    ],
)
def test_a_refusal_by_somebody_between_the_page_and_the_api_drops_nothing(page: Page, answer: str) -> None:
    found = run(
        page,
        f"""let refusals = 0, lost = 0;
        const troubles = new Set(), undecided = new Set();
        queue.listen((_, event) => {{
            if (event.lost) lost++;
            if (queue.summary.trouble) troubles.add(queue.summary.trouble.kind);
            undecided.add(queue.summary.undecided.length);
        }});
        server.before = async () => {{ if (refusals++ < 3) throw new Problem({answer}); }};
        set("1", {{ marks: 2 }}); set("2", {{ answer: "x" }}); await settled();
        return {{ lost, troubles: [...troubles], undecided: [...undecided], left: states(), log: server.log }};""",
    )
    assert found["log"][-1] == "2=x" and "1=2" in found.pop("log")
    assert found == {"lost": 0, "troubles": ["busy"], "undecided": [0], "left": []}


def test_a_refusal_between_the_page_and_the_api_while_the_sheet_is_fetched_drops_nothing(page: Page) -> None:
    found = run(
        page,
        """let refusals = 0, lost = 0;
        queue.listen((_, event) => event.lost && lost++);
        server.set("3", { marks: 0 }, "them");
        const fetched = api.submission;
        api.submission = async () => { if (refusals++ < 3) throw new Problem(404, {}); return fetched(); };
        set("1", { marks: 2 }); await settled();
        return { lost, left: states(), marks: marks() };""",
    )
    assert found == {"lost": 0, "left": [], "marks": [2, 1, 0]}


def test_what_is_not_saved_is_there_after_a_reload_and_for_its_person_alone(page: Page) -> None:
    found = run(
        page,
        """server.before = () => new Promise(() => {});
        set("1", { marks: 2 }); set("2", { marks: 0 });
        await until(() => queue.all[0].sent);
        // The page is loaded anew; the first one had reached the server.
        server.set("1", { marks: 2 });
        server.before = async () => {};
        const others = new ChangeStore(sessionStorage).open(["api", "tenant", "somebody else"]).changes;
        server.log.length = 0;
        const again = started();
        await settled(again);
        return { others, log: server.log, marks: marks(), edits: server.edits, kept: sessionStorage.length };""",
    )
    assert found == {"others": [], "log": ["GET", "2=0"], "marks": [2, 0, 1], "edits": 2, "kept": 0}


@pytest.mark.parametrize(
    "damaged",
    [
        "{oops",
        "null",
        "7",
        '{"question": "1"}',
        "[null]",
        '[{"assessment": "a", "sheet": "s", "question": "1", "what": {}}]',
    ],
)
def test_a_damaged_entry_is_dropped_and_the_others_are_sent(page: Page, damaged: str) -> None:
    found = run(
        page,
        f"""server.before = () => new Promise(() => {{}});
        set("1", {{ marks: 2 }}); await until(() => queue.all[0].sent);
        server.before = async () => {{}};
        sessionStorage.setItem(sessionStorage.key(0).replace(/s$/, "t"), {damaged!r});
        let unreadable = 0;
        const again = started((_, event) => (unreadable += event.unreadable ?? 0));
        await settled(again);
        return {{ unreadable, marks: marks(), kept: sessionStorage.length }};""",
    )
    assert found == {"unreadable": 1, "marks": [2, 1, 1], "kept": 0}


def test_a_sign_in_that_has_ended_keeps_the_changes_until_somebody_signs_in(page: Page) -> None:
    found = run(
        page,
        """let signedIn = false;
        server.before = async () => { if (!signedIn) throw new Problem(401, {}); };
        set("1", { marks: 2 });
        await until(() => queue.summary.trouble);
        const { kind } = queue.summary.trouble;
        const kept = sessionStorage.length;
        signedIn = true; queue.wake(); await settled();
        return { kind, kept, marks: marks() };""",
    )
    assert found == {"kind": "sign-in", "kept": 1, "marks": [2, 1, 1]}


def test_undo_of_what_waits_sends_nothing_and_of_what_was_sent_its_reverse(page: Page) -> None:
    found = run(
        page,
        """const first = held();
        server.before = async () => first.gate;
        set("1", { marks: 0 }); set("2", { marks: 0 }); set("2", { marks: 2 });
        const undone = [queue.undo("s"), queue.shown("s").questions[1].marks];
        undone.push(queue.undo("s"), queue.shown("s").questions[1].marks);
        undone.push(queue.undo("s"), queue.shown("s").questions[0].marks, queue.undo("s"));
        first.open(); await settled();
        return { undone, log: server.log, marks: marks() };""",
    )
    assert found == {
        "undone": ["2", 0, "2", 1, "1", 1, None],
        "log": ["1=0", "1=null"],
        "marks": [1, 1, 1],
    }


def test_undo_does_not_overwrite_what_somebody_else_has_set_since(page: Page) -> None:
    found = run(
        page,
        """set("1", { marks: 2 }); await settled();
        server.set("1", { marks: 0 }, "them");
        queue.undo("s"); await settled();
        return { states: states(), marks: marks() };""",
    )
    assert found == {"states": [["1", "conflict"]], "marks": [0, 1, 1]}


def test_undo_of_a_change_kept_over_another_persons_brings_theirs_back(page: Page) -> None:
    found = run(
        page,
        """server.set("1", { marks: 2 }, "them");
        set("1", { marks: 0 }); await settled();
        queue.keepMine(queue.all[0]); await settled();
        const kept = marks();
        queue.undo("s"); await settled();
        return { kept, states: states(), marks: marks(), more: queue.undoable("s") };""",
    )
    assert found == {"kept": [0, 1, 1], "states": [], "marks": [2, 1, 1], "more": False}


def test_undo_of_a_reading_kept_over_another_persons_brings_theirs_back(page: Page) -> None:
    found = run(
        page,
        """server.set("1", { answer: "theirs" }, "them");
        set("1", { answer: "mine" }); await settled();
        queue.keepMine(queue.all[0]); await settled();
        const kept = server.questions[0].answer;
        queue.undo("s"); await settled();
        return { kept, states: states(), answer: server.questions[0].answer };""",
    )
    assert found == {"kept": "mine", "states": [], "answer": "theirs"}


def test_undo_step_by_step_after_a_change_kept_over_another_persons(page: Page) -> None:
    found = run(
        page,
        """server.set("1", { marks: 2 }, "them");
        const first = held();
        server.before = async () => first.gate;
        set("3", { marks: 0 });
        set("1", { marks: 0 }); set("1", { marks: 0.5 });
        first.open(); await settled();
        queue.keepMine(queue.all[0]); await settled();
        const seen_ = [marks()[0]];
        for (let n = 0; n < 2; n++) { queue.undo("s"); await settled(); seen_.push(marks()[0]); }
        return { seen_, states: states() };""",
    )
    assert found == {"seen_": [0.5, 0, 2], "states": []}


def test_undo_of_several_changes_of_one_question_meets_no_conflict_with_oneself(page: Page) -> None:
    found = run(
        page,
        """const seen_ = [];
        for (const mark of [0, 2, 0.5]) { set("1", { marks: mark }); await settled(); }
        for (let n = 0; n < 3; n++) { queue.undo("s"); await settled(); seen_.push(marks()[0]); }
        return { seen_, states: states() };""",
    )
    assert found == {"seen_": [2, 0, 1], "states": []}


def test_undo_does_not_reach_behind_what_somebody_else_has_set_in_between(page: Page) -> None:
    found = run(
        page,
        """set("1", { marks: 0 }); await settled();
        const opened = seen("1");
        server.set("1", { marks: 2 }, "them");
        queue.add("s", { assessment: "a", question: "1", what: { marks: 0.5 }, seen: opened }); await settled();
        queue.keepMine(queue.all[0]); await settled();
        queue.undo("s"); await settled();
        const theirs = marks()[0];
        queue.undo("s"); await settled();
        return { theirs, states: states(), marks: marks() };""",
    )
    assert found == {"theirs": 2, "states": [["1", "conflict"]], "marks": [2, 1, 1]}


def test_undo_after_another_persons_change_was_fetched_is_a_conflict(page: Page) -> None:
    found = run(
        page,
        """set("1", { marks: 2 }); await settled();
        server.set("1", { marks: 0 }, "them");
        queue.updateStatus(server.status());
        queue.undo("s"); await settled();
        return { states: states(), marks: marks() };""",
    )
    assert found == {"states": [["1", "conflict"]], "marks": [0, 1, 1]}

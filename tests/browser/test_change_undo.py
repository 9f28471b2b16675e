"""Undo in the change queue: it reverses the user's own changes and never overwrites another user's."""

from playwright.sync_api import Page

from tests.browser.page_steps import run_with_queue


def test_undo_drops_unsent_changes_and_reverses_sent_ones(page: Page) -> None:
    found = run_with_queue(
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


def test_undo_does_not_overwrite_another_users_change(page: Page) -> None:
    found = run_with_queue(
        page,
        """set("1", { marks: 2 }); await settled();
        server.set("1", { marks: 0 }, "them");
        queue.undo("s"); await settled();
        return { states: states(), marks: marks() };""",
    )
    assert found == {"states": [["1", "conflict"]], "marks": [0, 1, 1]}


def test_undo_of_a_resolved_mark_conflict_restores_the_other_mark(page: Page) -> None:
    found = run_with_queue(
        page,
        """server.set("1", { marks: 2 }, "them");
        set("1", { marks: 0 }); await settled();
        queue.keepMine(queue.all[0]); await settled();
        const kept = marks();
        queue.undo("s"); await settled();
        return { kept, states: states(), marks: marks(), more: queue.undoable("s") };""",
    )
    assert found == {"kept": [0, 1, 1], "states": [], "marks": [2, 1, 1], "more": False}


def test_undo_of_a_resolved_answer_conflict_restores_the_other_answer(page: Page) -> None:
    found = run_with_queue(
        page,
        """server.set("1", { answer: "theirs" }, "them");
        set("1", { answer: "mine" }); await settled();
        queue.keepMine(queue.all[0]); await settled();
        const kept = server.questions[0].answer;
        queue.undo("s"); await settled();
        return { kept, states: states(), answer: server.questions[0].answer };""",
    )
    assert found == {"kept": "mine", "states": [], "answer": "theirs"}


def test_undo_steps_back_through_a_resolved_conflict(page: Page) -> None:
    found = run_with_queue(
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


def test_undo_of_several_own_changes_is_no_conflict(page: Page) -> None:
    found = run_with_queue(
        page,
        """const seen_ = [];
        for (const mark of [0, 2, 0.5]) { set("1", { marks: mark }); await settled(); }
        for (let n = 0; n < 3; n++) { queue.undo("s"); await settled(); seen_.push(marks()[0]); }
        return { seen_, states: states() };""",
    )
    assert found == {"seen_": [2, 0, 1], "states": []}


def test_undo_stops_at_another_users_change(page: Page) -> None:
    found = run_with_queue(
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


def test_undo_after_fetching_another_users_change_is_a_conflict(page: Page) -> None:
    found = run_with_queue(
        page,
        """set("1", { marks: 2 }); await settled();
        server.set("1", { marks: 0 }, "them");
        queue.updateStatus(server.status());
        queue.undo("s"); await settled();
        return { states: states(), marks: marks() };""",
    )
    assert found == {"states": [["1", "conflict"]], "marks": [0, 1, 1]}

"""Conflicts of the change queue: only another user's change of the same question is one."""

from playwright.sync_api import Page

from tests.browser.page_steps import run_with_queue


def test_changing_a_question_that_is_being_saved_is_no_conflict(page: Page) -> None:
    found = run_with_queue(
        page,
        """const first = held();
        server.before = async (question, what) => what.marks === 0 && first.gate;
        set("1", { marks: 0 });
        const opened = queue.shown("s").questions[0];
        first.open(); await settled();
        // The editor was opened while the first mark was being saved.
        queue.add("s", { assessment: "a", question: "1", what: { marks: 2 }, seen: opened });
        await settled();
        return { log: server.log, states: states(), marks: marks() };""",
    )
    assert found == {"log": ["1=0", "1=2"], "states": [], "marks": [2, 1, 1]}


def test_another_users_change_of_another_question_is_no_conflict(page: Page) -> None:
    found = run_with_queue(
        page,
        """server.set("3", { marks: 0 }, "them");
        set("1", { marks: 2 }); await settled();
        return { log: server.log, states: states(), marks: marks(), by: seen("3").changed_by };""",
    )
    assert found == {"log": ["1=2", "GET", "1=2"], "states": [], "marks": [2, 1, 0], "by": "them"}


def test_another_users_change_of_the_question_is_a_conflict(page: Page) -> None:
    found = run_with_queue(
        page,
        """server.set("1", { marks: 0 }, "them");
        set("1", { marks: 2 }); await settled();
        const before = { states: states(), marks: marks(), shown: queue.shown("s").questions[0].marks };
        queue.keepMine(queue.all[0]); await settled();
        return { ...before, after: marks(), left: states() };""",
    )
    assert found == {"states": [["1", "conflict"]], "marks": [0, 1, 1], "shown": 0, "after": [2, 1, 1], "left": []}


def test_typing_another_mark_resolves_a_conflict(page: Page) -> None:
    found = run_with_queue(
        page,
        """server.set("1", { marks: 0 }, "them");
        set("1", { marks: 2 }); await settled();
        set("1", { marks: 1 }); await settled();
        const undone = queue.undo("s"); await settled();
        return { undone, left: states(), marks: marks(), more: queue.undoable("s") };""",
    )
    assert found == {"undone": "1", "left": [], "marks": [0, 1, 1], "more": False}


def test_the_same_mark_by_another_user_is_no_conflict(page: Page) -> None:
    found = run_with_queue(
        page,
        """server.set("1", { marks: 2 }, "them");
        set("1", { marks: 2 }); await settled();
        return { log: server.log, left: states(), marks: marks() };""",
    )
    assert found == {"log": ["1=2", "GET"], "left": [], "marks": [2, 1, 1]}


def test_a_lost_response_then_another_users_mark_is_a_conflict(page: Page) -> None:
    found = run_with_queue(
        page,
        """let lost = 0;
        server.after = async () => { if (!lost++) { server.set("1", { marks: 0 }, "them"); throw new Unreachable(); } };
        set("1", { marks: 2 }); await settled();
        return { states: states(), marks: marks() };""",
    )
    assert found == {"states": [["1", "conflict"]], "marks": [0, 1, 1]}


def test_a_follow_up_change_does_not_overwrite_another_users_mark(page: Page) -> None:
    found = run_with_queue(
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

"""The change queue sends changes in order and retries them. It runs in a browser with an in-memory API."""

import pytest
from playwright.sync_api import Page

from tests.browser.page_steps import run_with_queue


def test_changes_of_a_sheet_are_sent_in_order(page: Page) -> None:
    found = run_with_queue(
        page,
        """let under = 0, most = 0;
        server.before = async () => { most = Math.max(most, ++under); await soon(); };
        server.after = async () => { under--; };
        set("2", { marks: 2 }); set("1", { marks: 0 }); set("3", { answer: "12 m/s" });
        await settled();
        return { log: server.log, most, left: queue.all.length };""",
    )
    assert found == {"log": ["2=2", "1=0", "3=12 m/s"], "most": 1, "left": 0}


def test_changes_of_different_sheets_are_sent_in_parallel(page: Page) -> None:
    found = run_with_queue(
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


def test_a_later_change_replaces_an_unsent_one(page: Page) -> None:
    found = run_with_queue(
        page,
        """const first = held();
        server.before = async (question) => question === "1" && first.gate;
        set("1", { marks: 0 }); set("2", { marks: 0 }); set("2", { marks: 2 }); set("2", { answer: "x" });
        const shown = queue.shown("s").marks;
        first.open(); await settled();
        return { log: server.log, shown, marks: marks() };""",
    )
    assert found == {"log": ["1=0", "2=2", "2=x"], "shown": 3, "marks": [0, 2, 1]}


@pytest.mark.parametrize("what", ["{ marks: 2 }", "{ answer: 'x' }"])
def test_a_change_whose_response_was_lost_is_not_made_twice(page: Page, what: str) -> None:
    found = run_with_queue(
        page,
        f"""let lost = 0;
        server.after = async () => {{ if (!lost++) throw new Unreachable(); }};
        set("1", {what}); await settled();
        set("1", {{ marks: 0 }}); await settled();
        return {{ edits: server.edits, log: server.log.slice(1, -1), states: states(), marks: marks() }};""",
    )
    assert found == {"edits": 2, "log": ["GET"], "states": [], "marks": [0, 1, 1]}


def test_a_change_is_retried_until_the_server_responds(page: Page) -> None:
    found = run_with_queue(
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


def test_a_sheet_that_others_keep_changing_is_retried(page: Page) -> None:
    found = run_with_queue(
        page,
        """let changes = 0;
        server.before = async () => { if (changes++ < 20) server.set("3", { marks: changes % 3 }, "them"); };
        const kinds = new Set();
        queue.listen(() => queue.summary.trouble && kinds.add(queue.summary.trouble.kind));
        set("1", { marks: 2 }); await settled();
        return { changes, mine: marks()[0], kinds: [...kinds] };""",
    )
    assert found == {"changes": 21, "mine": 2, "kinds": ["busy"]}


def test_a_refusal_reverts_the_question_and_keeps_the_input(page: Page) -> None:
    found = run_with_queue(
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


def test_a_lost_change_is_reported_with_its_input(page: Page) -> None:
    found = run_with_queue(
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
def test_a_refusal_by_a_proxy_drops_nothing(page: Page, answer: str) -> None:
    found = run_with_queue(
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


def test_a_refusal_by_a_proxy_during_a_fetch_drops_nothing(page: Page) -> None:
    found = run_with_queue(
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

"""Unsaved changes of the change queue survive a reload, and are dropped when they can no longer be saved."""

import pytest
from playwright.sync_api import Page

from tests.browser.page_steps import run_with_queue


def test_unsaved_changes_survive_a_reload_for_their_user_only(page: Page) -> None:
    found = run_with_queue(
        page,
        """server.before = () => new Promise(() => {});
        set("1", { marks: 2 }); set("2", { marks: 0 });
        await until(() => queue.all[0].sent);
        // The page is reloaded; the first change had reached the server.
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
def test_a_damaged_entry_is_dropped_and_others_are_sent(page: Page, damaged: str) -> None:
    found = run_with_queue(
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


def test_an_expired_session_keeps_changes_until_the_next_sign_in(page: Page) -> None:
    found = run_with_queue(
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


def test_erasing_a_sheet_drops_its_changes(page: Page) -> None:
    found = run_with_queue(
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

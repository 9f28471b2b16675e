"""The board of what is under way, and the drawing of a run's times: the page's modules by themselves, in the browser,
on statuses that a test makes."""

from typing import Any

from playwright.sync_api import Page

SETTING = """async (test) => {
  const { board } = await import("/js/board.js");
  const { lanesChart, lanesOf, savedSentence } = await import("/js/lanes.js");
  const at = (second) => new Date(Date.UTC(2026, 2, 2, 12, 0, second)).toISOString();
  const sheet = (id, run, state, marks = null) => ({
    id, run, state, marks, max_marks: 3, kind: "answer_sheet", student: id, received_at: at(0),
    ended_at: state === "GRADING" ? null : at(9), lanes: null,
  });
  const server = {};
  const api = { submission: async (id) => server[id] };
  const shown = board({ api });
  const look = async (...sheets) => {
    for (const one of sheets) server[one.id] ??= one;
    await shown.show(sheets);
    return [...shown.element.querySelectorAll("li")].map((row) => row.querySelector(".quiet").textContent);
  };
  const now = async (...sheets) => (Object.assign(server, Object.fromEntries(sheets.map((one) => [one.id, one]))),
    look(...sheets));
  return eval(`(async () => { ${test} })()`);
}"""


def run(page: Page, test: str) -> Any:
    return page.evaluate(SETTING, test)


def test_a_sheet_that_had_ended_and_is_marked_again_is_shown_ended_afterwards(page: Page) -> None:
    found = run(
        page,
        """return [await now(sheet("a", 1, "GRADED", 1)), await now(sheet("a", 2, "GRADING")),
          await now(sheet("a", 2, "GRADED", 2)), await now(sheet("a", 3, "GRADING")),
          await now(sheet("a", 3, "GRADED", 3))];""",
    )
    assert found == [[], ["grading"], ["graded · 2 / 3"], ["grading"], ["graded · 3 / 3"]]


def test_a_run_that_began_and_ended_between_two_looks_is_shown_ended(page: Page) -> None:
    found = run(
        page,
        """await now(sheet("a", 1, "AWAITING_PAPER"), sheet("b", 1, "GRADED", 1));
        const ended = await now(sheet("a", 2, "GRADED", 2), sheet("b", 1, "GRADED", 1));
        return [ended, await now(sheet("a", 2, "GRADED", 2), sheet("b", 1, "GRADED", 1))];""",
    )
    assert found == [["graded · 2 / 3"]] * 2


def test_a_list_older_than_the_look_does_not_hold_a_sheet_under_way(page: Page) -> None:
    found = run(
        page,
        """await now(sheet("a", 1, "GRADED", 1));
        server.a = sheet("a", 2, "GRADED", 2);
        return [await look(sheet("a", 2, "GRADING")), await now(sheet("a", 2, "GRADED", 2))];""",
    )
    assert found == [["graded · 2 / 3"]] * 2


def test_an_erased_sheet_leaves_the_board(page: Page) -> None:
    found = run(
        page,
        """await now(sheet("a", 1, "GRADING"));
        return [await now(sheet("a", 1, "GRADED", 1)), await now(sheet("a", 1, "ERASED"))];""",
    )
    assert found == [["graded · 1 / 3"], []]


AGAIN = """const again = {
  ...sheet("a", 2, "GRADED", 2), received_at: at(0), ended_at: at(219), timeline: { saved_ms: 2 },
  lanes: {
    reading: { state: "done", started_at: at(218), ended_at: at(218), pages_total: 1, pages_done: 1 },
    storing: { state: "done", started_at: at(218), ended_at: at(218) },
    recording: { state: "done", started_at: at(218), ended_at: at(218) },
    grading: { state: "done", started_at: at(218), ended_at: at(219) },
  },
};
const first = structuredClone({ ...again, run: 1, received_at: at(216) });
"""


def test_a_later_run_is_drawn_from_its_own_beginning(page: Page) -> None:
    found = run(
        page,
        AGAIN
        + """return {
          bars: lanesOf(again, Date.parse(at(219))).map((bar) => [bar.name, bar.from, bar.to]),
          spoken: lanesChart(again).getAttribute("aria-label"),
          saved: savedSentence(again),
        };""",
    )
    assert found["bars"] == [["reading", 0, 0], ["storing", 0, 0], ["recording", 0, 0], ["grading", 0, 1000]]
    assert found["spoken"] == "reading in 0 ms, storing in 0 ms, recording in 0 ms, marking in 1.00 s"
    # What was read before was not read again while it was stored.
    assert found["saved"] == ""


def test_the_first_run_is_drawn_from_its_receipt(page: Page) -> None:
    found = run(
        page,
        AGAIN
        + """const bars = lanesOf(first, Date.parse(at(219))).map((bar) => [bar.name, bar.from, bar.to]);
        return { bars, saved: savedSentence(first) };""",
    )
    assert found["bars"] == [
        ["reading", 2000, 2000],
        ["storing", 2000, 2000],
        ["recording", 0, 2000],
        ["grading", 2000, 3000],
    ]
    assert found["saved"] == "Stored and recorded while it was read: 2 ms saved."


def test_the_board_scales_a_later_run_by_its_own_time(page: Page) -> None:
    widths = run(
        page,
        AGAIN
        + """await look();
        await now(again);
        const bar = shown.element.querySelector("rect.grading");
        return Number(bar.getAttribute("width"));""",
    )
    # The whole width, less the place of the words.
    assert widths > 500

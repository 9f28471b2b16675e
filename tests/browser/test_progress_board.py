"""The progress board and the chart of a run's branches: the page's modules alone, in a browser, with statuses made by
the tests."""

from typing import Any

from playwright.sync_api import Page

SETUP = """async (test) => {
  const { board } = await import("/js/progress-board.js");
  const { branchChart, branchBars, savedSentence } = await import("/js/branch-chart.js");
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
    return page.evaluate(SETUP, test)


def test_a_sheet_that_is_marked_again_is_shown_as_ended_afterwards(page: Page) -> None:
    found = run(
        page,
        """return [await now(sheet("a", 1, "GRADED", 1)), await now(sheet("a", 2, "GRADING")),
          await now(sheet("a", 2, "GRADED", 2)), await now(sheet("a", 3, "GRADING")),
          await now(sheet("a", 3, "GRADED", 3))];""",
    )
    assert found == [[], ["grading"], ["graded · 2 / 3"], ["grading"], ["graded · 3 / 3"]]


def test_a_run_that_started_and_ended_between_polls_is_shown(page: Page) -> None:
    found = run(
        page,
        """await now(sheet("a", 1, "AWAITING_PAPER"), sheet("b", 1, "GRADED", 1));
        const ended = await now(sheet("a", 2, "GRADED", 2), sheet("b", 1, "GRADED", 1));
        return [ended, await now(sheet("a", 2, "GRADED", 2), sheet("b", 1, "GRADED", 1))];""",
    )
    assert found == [["graded · 2 / 3"]] * 2


def test_an_outdated_list_does_not_keep_a_sheet_in_progress(page: Page) -> None:
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


def test_the_chart_of_a_later_run_starts_with_that_run(page: Page) -> None:
    found = run(
        page,
        AGAIN
        + """return {
          bars: branchBars(again, Date.parse(at(219))).map((bar) => [bar.name, bar.from, bar.to]),
          description: branchChart(again).getAttribute("aria-label"),
          saved: savedSentence(again),
        };""",
    )
    assert found["bars"] == [["reading", 0, 0], ["storing", 0, 0], ["recording", 0, 0], ["grading", 0, 1000]]
    assert found["description"] == "reading in 0 ms, storing in 0 ms, recording in 0 ms, marking in 1.00 s"
    # A later run does not read the file again, so it saves no time.
    assert found["saved"] == ""


def test_the_chart_of_the_first_run_starts_with_the_upload(page: Page) -> None:
    found = run(
        page,
        AGAIN
        + """const bars = branchBars(first, Date.parse(at(219))).map((bar) => [bar.name, bar.from, bar.to]);
        return { bars, saved: savedSentence(first) };""",
    )
    assert found["bars"] == [
        ["reading", 2000, 2000],
        ["storing", 2000, 2000],
        ["recording", 0, 2000],
        ["grading", 2000, 3000],
    ]
    assert found["saved"] == "Stored and recorded while it was read: 2 ms saved."


def test_a_later_run_is_scaled_by_its_own_duration(page: Page) -> None:
    widths = run(
        page,
        AGAIN
        + """await look();
        await now(again);
        const bar = shown.element.querySelector("rect.grading");
        return Number(bar.getAttribute("width"));""",
    )
    # The whole width, less the labels.
    assert widths > 500

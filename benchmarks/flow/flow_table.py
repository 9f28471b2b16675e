"""Renders the results of `benchmarks.flow.compare` as Markdown."""

from collections.abc import Iterable, Sequence
from typing import Any


def markdown(results: dict[str, Any]) -> str:
    rows = results["sizes"]
    return "\n\n".join(
        [_head(results), _end_to_end_table(rows), _branch_table(rows), _first_ocr_table(rows), _savings_table(rows)]
    )


def _head(results: dict[str, Any]) -> str:
    services = results["services"]
    others = results["elsewhere"]
    shared = "" if others is None else f" Other programs used {others:.0%} of the processors during the run."
    return (
        "## The flow\n\n"
        f"Medians of {len(results['seeds'])} rounds, seconds. Assumed: Textract "
        f"{services['textract_page_seconds']} s per page "
        f"± {services['textract_jitter']:.0%} and {services['textract_tps']:g} calls per second, S3 "
        f"{services['s3_seconds']} s and "
        f"{services['s3_bytes_a_second'] / 1e6:.0f} MB/s, DynamoDB {services['dynamodb_seconds']} s, the model "
        f"{services['model_seconds']:g} s per call; 20 questions per sheet. The state machine with empty handlers "
        f"takes {results['empty_machine']:.3f} s here.{shared}"
    )


def _end_to_end_table(rows: Iterable[dict[str, Any]]) -> str:
    body = [
        (
            f"{row['pages']} ({row['bytes'] / 1e6:.1f} MB)",
            f"{row['bound']:.2f}",
            f"**{row['now']:.2f}** ({row['ratio']:.3f})",
            f"{row['old']:.2f}",
            f"{row['old'] - row['now']:.2f}",
            f"{row['singly']['end_to_end']:.2f}",
            f"{row['singly']['end_to_end'] - row['now']:.2f}",
        )
        for row in rows
    ]
    head = (
        "Pages",
        "Bound",
        "Now (of the bound)",
        "Sequential steps",
        "Saved by the branches",
        "Sequential, one page and one question at a time",
        "Saved by all",
    )
    return (
        table(head, body) + "\n\nThe bound: receive + the longer of reading and persisting + grading, each alone, "
        "+ the empty state machine."
    )


def _branch_table(rows: Iterable[dict[str, Any]]) -> str:
    names = ("reading", "storing", "recording", "grading")
    body = [
        (
            str(row["pages"]),
            f"{row['receive']:.2f}",
            *(f"{row['lanes'][name]:.2f} ({row['alone'][name]:.2f})" for name in names),
        )
        for row in rows
    ]
    return table(("Pages", "Receive", *(f"{name.capitalize()} (alone)" for name in names)), body)


def _first_ocr_table(rows: Iterable[dict[str, Any]]) -> str:
    body = [
        (
            str(row["pages"]),
            f"{row['first_ocr']:.2f}",
            f"{row['one_read']:.2f}",
            f"{row['first_ocr'] - row['one_read']:.2f}",
            f"{row['first_ocr_old']:.2f}",
        )
        for row in rows
    ]
    head = ("Pages", "From acceptance to the first OCR call", "One read of the object", "Remainder", "Sequential")
    return table(head, body) + "\n\nOne read: another process downloads the same object to a file, in the same rounds."


def _savings_table(rows: Iterable[dict[str, Any]]) -> str:
    """Attribute the saved time to the changes, each by the branch that it shortens."""
    body = []
    for row in rows:
        single = row["singly"]["lanes"]
        saved = {
            "lanes": row["until_grading_old"] - row["until_grading"],
            "pages": single["reading"] - row["lanes"]["reading"],
            "questions": single["grading"] - row["lanes"]["grading"],
        }
        body.append(
            (
                str(row["pages"]),
                f"{row['singly']['end_to_end']:.2f}",
                *(f"{seconds:.2f}" for seconds in saved.values()),
                f"{row['now']:.2f}",
                f"{row['now'] - row['typed']:.2f}",
            )
        )
    head = (
        "Pages",
        "One page and question at a time",
        "Parallel branches",
        "Concurrent pages",
        "Concurrent questions",
        "Now",
        "Text layer",
    )
    return (
        table(head, body)
        + "\n\nSeconds that each change saves, by the branch that it shortens; the last column is what a "
        "typed sheet saves over a scanned one of as many pages (one page of OCR remains, as a check)."
    )


def table(head: Sequence[str], body: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    return "\n".join([*lines, *(f"| {' | '.join(cells)} |" for cells in body)])

"""The results of `benchmarks.flow.compare` as Markdown."""

from collections.abc import Iterable, Sequence
from typing import Any


def markdown(told: dict[str, Any]) -> str:
    rows = told["sizes"]
    return "\n\n".join([_head(told), _ends(rows), _lanes(rows), _first_call(rows), _changes(rows)])


def _head(told: dict[str, Any]) -> str:
    put = told["services"]
    others = told["elsewhere"]
    shared = "" if others is None else f" Other programs used {others:.0%} of the processors meanwhile."
    return (
        "## The flow\n\n"
        f"Medians of {len(told['seeds'])} rounds, seconds. Put in: Textract {put['textract_page_seconds']} s a page "
        f"± {put['textract_jitter']:.0%} and {put['textract_tps']:g} calls a second, S3 {put['s3_seconds']} s and "
        f"{put['s3_bytes_a_second'] / 1e6:.0f} MB/s, DynamoDB {put['dynamodb_seconds']} s, the model "
        f"{put['model_seconds']:g} s a call; 20 questions a sheet. The state machine over empty handlers takes "
        f"{told['empty_machine']:.3f} s here.{shared}"
    )


def _ends(rows: Iterable[dict[str, Any]]) -> str:
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
        "Sequential lanes",
        "Saved by the lanes",
        "Sequential, one page and one question at a time",
        "Saved by all",
    )
    return (
        table(head, body)
        + "\n\nThe bound: receive + the longer of reading and persisting + grading, each alone, + the empty machine."
    )


def _lanes(rows: Iterable[dict[str, Any]]) -> str:
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


def _first_call(rows: Iterable[dict[str, Any]]) -> str:
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
    head = ("Pages", "From acceptance to the first OCR call", "One read of the object", "The rest", "Sequential")
    return table(head, body) + "\n\nOne read: another process has the same object in a file, in the same rounds."


def _changes(rows: Iterable[dict[str, Any]]) -> str:
    """How much of the saved time comes from which change, each from the lane that it shortens."""
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
    head = ("Pages", "One thing at a time", "Lanes", "Pages at once", "Questions at once", "Now", "Text layer")
    return (
        table(head, body)
        + "\n\nSeconds that each change saves, by the lane that it shortens; the last column is what a "
        "typed sheet saves over the scanned one of as many pages (one page of OCR stays, as its proof)."
    )


def table(head: Sequence[str], body: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    return "\n".join([*lines, *(f"| {' | '.join(cells)} |" for cells in body)])

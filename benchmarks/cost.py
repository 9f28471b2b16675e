"""Prices a thousand submissions from the service calls that were counted for one.

    python -m benchmarks.cost [--counts FILE]

Counts come from `benchmarks.flow.counting` (calls, transitions, seconds of functions, tokens), prices from
`benchmarks.prices`. What the asynchronous route adds is counted from the state machine's definition.
"""

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import measurements, prices
from benchmarks.flow.flow_table import table
from grade.markers.model import prices as model_prices
from local.cloud.local_cloud import ROOT
from local.cloud.stack import Stack

COUNTS = measurements.path_of("counts")
# A model that schools would use; every listed one is priced in the same way.
MODEL = "gpt-4o-mini"
_WRITES = ("PutItem", "UpdateItem", "DeleteItem")
_READS = ("GetItem", "Query")
# The record with every question's mark is written to the index as well; other items are below 1 KB.
_RECORD_UNITS = 8
# Approximate bytes of logs and metrics per function call.
_LOG_BYTES = 1500


@dataclass(frozen=True)
class SubmissionPrice:
    """US dollars of one submission, by service."""

    ocr: float
    model: float
    functions: float
    transitions: float
    storage_calls: float
    table: float
    rest: float

    @property
    def total(self) -> float:
        return self.ocr + self.model + self.functions + self.transitions + self.storage_calls + self.table + self.rest


def price(counts: dict[str, Any], memory: dict[str, int], *, ocr_pages: float, model: str | None) -> SubmissionPrice:
    """Price one submission. `memory` is MB by function; `model` is None where free text is marked by key points."""
    calls = counts["calls"]
    usage = counts["usage"]
    functions = sum(
        memory[name] / 1024 * seconds * prices.LAMBDA_GB_SECOND + prices.LAMBDA_REQUEST
        for name, seconds in counts["seconds"].items()
    )
    return SubmissionPrice(
        ocr=ocr_pages * prices.TEXTRACT_PAGE,
        model=model_prices.cost(model, round(usage["input_tokens"]), round(usage["output_tokens"])) if model else 0.0,
        functions=functions,
        transitions=counts["transitions"] * prices.STATE_TRANSITION,
        storage_calls=_count_calls(calls, "s3", ("PutObject", "CopyObject", "PostObject")) * prices.S3_WRITE
        + _count_calls(calls, "s3", ("GetObject", "HeadObject")) * prices.S3_READ,
        table=(_count_calls(calls, "dynamodb", _WRITES) + _RECORD_UNITS) * prices.DYNAMODB_WRITE
        + _count_calls(calls, "dynamodb", _READS) * prices.DYNAMODB_READ,
        rest=prices.HTTP_API_REQUEST * -(-counts["bytes"] // prices.HTTP_API_METERED_BYTES)
        + prices.EVENT
        + len(counts["seconds"]) * _LOG_BYTES / 1e9 * prices.LOG_GB,
    )


def _count_calls(calls: dict[str, float], service: str, operations: tuple[str, ...]) -> float:
    return sum(
        count
        for name, count in calls.items()
        if name.split()[0] != "ResultsFunction"
        and name.split()[1] in {f"{service}:{submission_price}" for submission_price in operations}
    )


def with_async_job(counts: dict[str, Any], polls: int = 4) -> dict[str, Any]:
    """Return the counts of the same submission read by an asynchronous job.

    It takes a first read that hands over, a start, `polls` polls with waits between, and a read of the job's result.
    """
    seconds = dict(counts["seconds"])
    seconds["ExtractFunction"] = 2 * 1.0
    return {**counts, "seconds": seconds, "transitions": counts["transitions"] + 3 + 3 * polls}


def function_memory() -> dict[str, int]:
    stack = Stack(ROOT / "template.yaml", secret=lambda _: "")
    return {name: function.memory for name, function in stack.functions.items()}


def rows(counted: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return one row per size and route, with the dollars of one submission."""
    memory = function_memory()
    price_rows = []
    for counts in counted:
        routes = (
            {"sync": counts, "async": with_async_job(counts)} if counts["route"] == "scan" else {"text layer": counts}
        )
        for route, route_counts in routes.items():
            pages = counts["pages"] if route != "text layer" else counts["ocr_pages"]
            submission_price = price(route_counts, memory, ocr_pages=pages, model=MODEL if counts["model"] else None)
            price_rows.append(
                {"pages": counts["pages"], "route": route, "model": counts["model"], "price": submission_price}
            )
    return price_rows


def markdown(counted: list[dict[str, Any]]) -> str:
    body = [
        (
            str(row["pages"]),
            row["route"],
            MODEL if row["model"] else "none",
            *(
                f"{1000 * getattr(row['price'], name):.2f}"
                for name in ("ocr", "model", "functions", "transitions", "storage_calls", "table", "rest")
            ),
            f"**{1000 * row['price'].total:.2f}**",
        )
        for row in rows(counted)
    ]
    head = ("Pages", "Route", "Model", "OCR", "Model $", "Functions", "Transitions", "S3", "DynamoDB", "Rest", "Total")
    return f"US dollars per thousand sheets, prices of {prices.AS_OF}.\n\n" + table(head, body)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--counts", type=Path, default=COUNTS)
    path = parser.parse_args().counts
    if not path.is_file():
        sys.exit(f"There is no {path}. Run `python -m benchmarks.flow.counting` first: it counts and writes it.")
    document = json.loads(path.read_text(encoding="utf-8"))
    # `make bench` writes the rows beside the machine they were counted on, the counting program writes them as routes.
    print(markdown(document["counts"] if "counts" in document else document["routes"]))


if __name__ == "__main__":
    main()

"""Renders the results of `benchmarks.growth.scale` as Markdown."""

from typing import Any

from benchmarks.flow.flow_table import table


def markdown(results: dict[str, Any]) -> str:
    return "\n\n".join(
        [
            _burst_table(results["at_once"]),
            _hour_table(results["an_hour"]),
            _saturation_table(results["knee"]),
            _average_load_table(results),
        ]
    )


def _burst_table(rows: list[dict[str, Any]]) -> str:
    body = [
        (
            f"{row['tps']}",
            *(f"{row[name]:.0f}" for name in ("first_ocr_p95", "p50", "p95", "last")),
            f"{row['by_jobs']:.0%}",
            str(row["functions"]),
            f"{row['dollars_a_thousand']['functions']:.2f}",
            str(row["failed"]),
        )
        for row in rows
    ]
    head = (
        "Textract TPS", "First OCR call, p95 s", "Marks, p50 s", "p95 s", "Last s", "By jobs", "Concurrent functions",
        "Functions, $ per thousand", "Lost",
    )  # fmt: skip
    return "### 500 sheets of 8 pages at once\n\n" + table(head, body)


def _hour_table(rows: list[dict[str, Any]]) -> str:
    body = [
        (
            row["name"],
            f"{row['p50']:.0f}",
            f"{row['p95']:.0f}",
            f"{row['last'] / 60:.0f}",
            f"{row['by_jobs']:.0%}",
            str(row["functions"]),
            f"{row['throttled']['functions'] + row['throttled']['doors']:,}",
            f"{row['to_a_person']:.0%}",
            f"{row['dollars_a_thousand']['functions']:.2f}",
            str(row["failed"]),
        )
        for row in rows
    ]
    head = (
        "Scenario", "Marks, p50 s", "p95 s", "Last after min", "Pages by jobs", "Concurrent functions",
        "Functions and requests refused", "Questions the model refused", "Functions, $ per thousand", "FAILED",
    )  # fmt: skip
    return f"### {rows[0]['sheets']:,} sheets, an hour's rate of 50,000\n\n" + table(head, body)


def _saturation_table(results: dict[str, list[dict[str, Any]]]) -> str:
    names = list(results)
    body = [
        (
            f"{point['rate']:,}",
            *(f"{results[name][number]['p95']:.0f} ({results[name][number]['to_a_person']:.0%})" for name in names),
        )
        for number, point in enumerate(results[names[0]])
    ]
    return (
        "### Where waiting begins\n\nSeconds to the marks, p95 (share of questions that the model refused).\n\n"
        + table(("Sheets per hour", *names), body)
    )


def _average_load_table(results: dict[str, Any]) -> str:
    body = [(name, f"{value:,.0f}") for name, value in results["a_million"].items()]
    return "### A million sheets in a day of ten hours, calculated\n\n" + table(
        ("Load on the account", "Average"), body
    )

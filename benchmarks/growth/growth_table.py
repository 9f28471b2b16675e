"""The results of `benchmarks.growth.scale` as Markdown."""

from typing import Any

from benchmarks.flow.flow_table import table


def markdown(told: dict[str, Any]) -> str:
    return "\n\n".join([_at_once(told["at_once"]), _an_hour(told["an_hour"]), _knee(told["knee"]), _paper(told)])


def _at_once(rows: list[dict[str, Any]]) -> str:
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
        "Textract TPS", "First OCR call, p95 s", "Marks, p50 s", "p95 s", "Last s", "By jobs", "Functions at once",
        "Functions, $ a thousand", "Lost",
    )  # fmt: skip
    return "### 500 sheets of 8 pages at once\n\n" + table(head, body)


def _an_hour(rows: list[dict[str, Any]]) -> str:
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
        "Scenario", "Marks, p50 s", "p95 s", "Last after min", "Pages by jobs", "Functions at once",
        "Functions and doors refused", "Questions the model refused for good", "Functions, $ a thousand", "FAILED",
    )  # fmt: skip
    return f"### {rows[0]['sheets']:,} sheets, an hour's rate of 50,000\n\n" + table(head, body)


def _knee(told: dict[str, list[dict[str, Any]]]) -> str:
    names = list(told)
    body = [
        (
            f"{point['rate']:,}",
            *(f"{told[name][number]['p95']:.0f} ({told[name][number]['to_a_person']:.0%})" for name in names),
        )
        for number, point in enumerate(told[names[0]])
    ]
    return "### Where waiting begins\n\nSeconds to the marks, p95 (questions the model refused for good).\n\n" + table(
        ("Sheets an hour", *names), body
    )


def _paper(told: dict[str, Any]) -> str:
    body = [(name, f"{value:,.0f}") for name, value in told["a_million"].items()]
    return "### A million sheets in a day of ten hours, on paper\n\n" + table(
        ("Asked of the account", "On average"), body
    )

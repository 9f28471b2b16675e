"""Renders the results of `benchmarks.reading` as Markdown."""

from typing import Any

_ORDER = ("ours", "unlimited pool", "one by one")


def markdown(results: dict[str, Any]) -> str:
    parts = [_head(results["machine"], results["seeds"]), _other_usage(results["races"])]
    for tps in sorted({row["tps"] for row in results["races"]}, reverse=True):
        parts.append(_quota_table(tps, [row for row in results["races"] if row["tps"] == tps]))
    parts.append(_counted_table(results["single"]))
    return "\n\n".join(parts) + "\n"


def _head(machine: dict[str, Any], seeds: dict[str, Any]) -> str:
    before, after = machine["before"], machine["after"]
    return (
        "# Reading: measured\n\n"
        f"{before['processor']}, {before['cores']} cores, {before['system']}, Python {before['python']}, "
        f"boto3 {before['boto3']}; load {before['load']} before and {after['load']} after. "
        f"A page takes {seeds['page_seconds']} s ± {seeds['jitter']:.0%}, seeded from {seeds['rounds_from']} on, "
        "by the order of admission. Cells: seconds, in brackets the ratio to the bound (both medians of the rounds), "
        "and the pages that were lost."
    )


def _other_usage(rows: list[dict[str, Any]]) -> str:
    """Report the load by other programs; figures are not corrected for it."""
    shares = [row["elsewhere"] for row in rows if row["elsewhere"] is not None]
    if not shares:
        return "The load by other programs is not known on this system."
    return (
        f"Other programs used {min(shares):.0%} to {max(shares):.0%} of the processors during the run "
        "(medians of the cases)."
    )


def _quota_table(tps: float, rows: list[dict[str, Any]]) -> str:
    strategies = [name for name in _ORDER if any(row["strategy"] == name for row in rows)]
    lines = [
        f"## {tps:g} calls per second",
        "",
        f"| Documents | Bound | {' | '.join(strategies)} |",
        "|---" * (2 + len(strategies)) + "|",
    ]
    for case in dict.fromkeys(row["case"] for row in sorted(rows, key=lambda row: row["pages"])):
        of_case = {row["strategy"]: row for row in rows if row["case"] == case}
        bound = next(iter(of_case.values()))["bound"]
        cells = " | ".join(_cell(of_case.get(name)) for name in strategies)
        lines.append(f"| {case} | {bound:.2f} | {cells} |")
    return "\n".join(lines)


def _cell(row: dict[str, Any] | None) -> str:
    if row is None:
        return "–"
    lost = f", **{row['lost']} of {row['pages'] * row['rounds']} lost**" if row["lost"] else ""
    return f"{row['seconds']:.2f} ({row['ratio']:.2f}){lost}"


def _counted_table(single: dict[str, Any]) -> str:
    typed, heavy, shared = single["typed"], single["heavy"], single["shared"]
    return "\n".join(
        [
            "## Counted",
            "",
            "| What | Measured |",
            "|---|---|",
            f"| {typed['pages']}-page PDF with a text layer: OCR calls | {typed['calls']} |",
            f"| the same: CPU of function and child | {_measured_value(typed['cpu_seconds'], 's')} |",
            f"| {heavy['pages']}-page scan of {heavy['megabytes']} MB: peak memory of function and children "
            f"| {_measured_value(heavy['peak_megabytes'], 'MB')} |",
            f"| {shared['pages']} scans that share one resource dictionary ({shared['file_bytes'] / 1e6:.1f} MB): "
            f"bytes sent per page | {shared['bytes_a_page'] / 1e3:.0f} KB, {shared['pictures_a_page']} image |",
        ]
    )


def _measured_value(value: float | None, unit: str) -> str:
    return "not measured on this system" if value is None else f"{value:g} {unit}"

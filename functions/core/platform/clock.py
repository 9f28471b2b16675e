"""Timestamps of records and states: UTC, ISO 8601, milliseconds."""

from datetime import UTC, datetime


def now() -> str:
    return format_timestamp(datetime.now(UTC))


def format_timestamp(moment: datetime) -> str:
    """Return the moment as `2026-01-31T08:30:00.125Z`. Such texts sort by time."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_timestamp(text: str) -> datetime:
    return datetime.fromisoformat(text)


def milliseconds_between(start: str, end: str) -> int:
    """Return the milliseconds from `start` to `end`; negative if `end` is before `start`."""
    return round((parse_timestamp(end) - parse_timestamp(start)).total_seconds() * 1000)

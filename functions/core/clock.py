"""Time as it is written in records and states: UTC, ISO 8601, milliseconds."""

from datetime import UTC, datetime


def now() -> str:
    return stamp(datetime.now(UTC))


def stamp(moment: datetime) -> str:
    """`2026-01-31T08:30:00.125Z`: sorts as text."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse(text: str) -> datetime:
    return datetime.fromisoformat(text)


def milliseconds(start: str, end: str) -> int:
    """From one moment to another; negative where `end` lies before `start`."""
    return round((parse(end) - parse(start)).total_seconds() * 1000)

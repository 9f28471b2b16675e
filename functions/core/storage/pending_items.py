"""Items that wait for something: `pending` names what, and the sweep finds them by the index `by-pending`.

An item without `pending` waits for nothing. The attribute is removed when nothing is left to do.
"""

from typing import TYPE_CHECKING, NamedTuple, Self

from core.storage.table import Item, Table, assessment_from_pk, submission_id_from_pk

if TYPE_CHECKING:
    from core.models.function_requests import Position, SweepCursor

# Values of `pending`: what a record, an assessment or a tombstone waits for.
PENDING_RUN = "run"
PENDING_PAPER = "paper"
PENDING_FAILED = "failed"
PENDING_RELEASE = "release"
PENDING_ERASURE = "erasure"

_SWEEP_PK, _SWEEP_SK = "sweep", "place"


class PendingItem(NamedTuple):
    """The key of an item that waits, and since when."""

    pk: str
    since: str

    @property
    def submission_id(self) -> str:
        return submission_id_from_pk(self.pk)

    @property
    def assessment(self) -> tuple[str, str]:
        """The tenant and the assessment that wait for a release."""
        return assessment_from_pk(self.pk)

    @classmethod
    def from_item(cls, item: Item) -> Self:
        return cls(item["pk"], item["pending_at"])


def list_pending(
    table: Table, reason: str, *, until: str, limit: int, after: "Position | None" = None
) -> "tuple[list[PendingItem], Position | None]":
    """Return at most `limit` items that have waited for `reason` since `until` or longer, oldest first, and the
    position of the next page (None: there is none).

    Eventually consistent: the item, read consistently, decides.
    """
    items, cursor = table.query_pending(reason, until=until, limit=limit, after=after)
    return [PendingItem.from_item(item) for item in items], cursor


def load_sweep_cursor(table: Table) -> "SweepCursor | None":
    """Return where the scheduled sweep continues, None to start from the beginning."""
    # Imported here: every function writes records, and only the sweep has a cursor.
    from core.models.function_requests import SweepCursor

    item = table.get(_SWEEP_PK, _SWEEP_SK)
    following = item.get("following") if item else None
    return SweepCursor.from_dict(following) if following else None


def save_sweep_cursor(table: Table, cursor: "SweepCursor | None") -> None:
    table.put({"pk": _SWEEP_PK, "sk": _SWEEP_SK, "following": cursor.to_dict() if cursor else None})

"""What a tenant has decided: whether a model may see its answers, and what it may spend on that in a month.

The settings are one item of the tenant's, read consistently before each sheet's model calls, so a switch holds
at once. The month's spend is another: what a sheet may cost at most is set aside before the first call and put
right after the last one. So the limit is never passed; a function that dies in between leaves too much set aside,
never too little.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from core.table import ConditionFailed, Item, Table, tenant_pk

SETTINGS = "settings"
_MICRO = 1_000_000


@dataclass(frozen=True, slots=True)
class TenantSettings:
    """`model` off: no answer of this tenant's leaves the account. `spend_limit_usd`: a calendar month's (UTC),
    None for no limit."""

    model: bool = True
    spend_limit_usd: float | None = None

    def to_dict(self) -> dict[str, Any]:
        return {"model": self.model, "spend_limit_usd": self.spend_limit_usd}


def load(table: Table, tenant: str) -> TenantSettings:
    """The settings, read consistently; a tenant that has decided nothing has the defaults."""
    found: Item = table.get(tenant_pk(tenant), SETTINGS) or {}
    limit = found.get("spend_limit_usd")
    return TenantSettings(bool(found.get("model", True)), None if limit is None else float(limit))


def save(table: Table, tenant: str, chosen: TenantSettings, *, by: str, at: str) -> None:
    table.put({"pk": tenant_pk(tenant), "sk": SETTINGS, **chosen.to_dict(), "changed_by": by, "changed_at": at})


def month() -> str:
    return f"{datetime.now(UTC):%Y-%m}"


def spent(table: Table, tenant: str, of: str) -> float:
    """US dollars spent (and set aside) in a month."""
    return int((table.get(tenant_pk(tenant), _spend_sk(of)) or {}).get("micro_usd", 0)) / _MICRO


class Purse:
    """A tenant's money for one sheet."""

    def __init__(self, table: Table, tenant: str, limit_usd: float | None) -> None:
        self._table, self._tenant, self._limit = table, tenant, limit_usd
        self._month = month()
        self._aside = 0

    def set_aside(self, dollars: float) -> bool:
        """Set aside what a sheet may cost, or may cost beyond what was set aside before; False where the month's limit
        would be passed."""
        amount = round(dollars * _MICRO)
        if self._limit is None:
            return True
        try:
            self._add(
                amount, "attribute_not_exists(micro_usd) OR micro_usd <= :room", round(self._limit * _MICRO) - amount
            )
        except ConditionFailed:
            return False
        self._aside += amount
        return True

    def settle(self, dollars: float) -> None:
        """What it did cost takes the place of what was set aside."""
        change = round(dollars * _MICRO) - self._aside
        if change:
            self._add(change)
        self._aside = 0

    def _add(self, amount: int, condition: str | None = None, room: int = 0) -> None:
        if condition is not None and room < 0:
            raise ConditionFailed(None)
        self._table.update(
            tenant_pk(self._tenant),
            _spend_sk(self._month),
            "ADD micro_usd :amount",
            values={":amount": amount, **({":room": room} if condition else {})},
            condition=condition,
        )


def _spend_sk(of: str) -> str:
    return f"spend#{of}"

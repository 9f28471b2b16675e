"""What a tenant has decided: whether a model may see its answers, and what it may spend on that in a month.

The settings are one item of the tenant's, read consistently before each sheet's model calls, so a switch holds
at once. The month's spend is another: what a sheet may cost at most is set aside before the first call and put
right after the last one. So the limit is never passed; a function that dies in between leaves too much set aside,
never too little.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from core.storage.table import ConditionFailed, Item, Table, tenant_pk

SETTINGS_SK = "settings"
_MICRO_USD_PER_USD = 1_000_000


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
    found: Item = table.get(tenant_pk(tenant), SETTINGS_SK) or {}
    limit = found.get("spend_limit_usd")
    return TenantSettings(bool(found.get("model", True)), None if limit is None else float(limit))


def save(table: Table, tenant: str, settings: TenantSettings, *, by: str, at: str) -> None:
    table.put({"pk": tenant_pk(tenant), "sk": SETTINGS_SK, **settings.to_dict(), "changed_by": by, "changed_at": at})


def current_month() -> str:
    return f"{datetime.now(UTC):%Y-%m}"


def get_month_spend(table: Table, tenant: str, year_month: str) -> float:
    """US dollars spent (and set aside) in a month."""
    return int((table.get(tenant_pk(tenant), _spend_sk(year_month)) or {}).get("micro_usd", 0)) / _MICRO_USD_PER_USD


class SpendBudget:
    """A tenant's money for one sheet."""

    def __init__(self, table: Table, tenant: str, limit_usd: float | None) -> None:
        self._table, self._tenant, self._limit = table, tenant, limit_usd
        self._month = current_month()
        self._reserved = 0

    def reserve(self, usd: float) -> bool:
        """Set aside what a sheet may cost, or may cost beyond what was set aside before; False where the month's limit
        would be passed."""
        amount = round(usd * _MICRO_USD_PER_USD)
        if self._limit is None:
            return True
        try:
            self._add(
                amount,
                "attribute_not_exists(micro_usd) OR micro_usd <= :room",
                round(self._limit * _MICRO_USD_PER_USD) - amount,
            )
        except ConditionFailed:
            return False
        self._reserved += amount
        return True

    def settle(self, usd: float) -> None:
        """What it did cost takes the place of what was set aside."""
        difference = round(usd * _MICRO_USD_PER_USD) - self._reserved
        if difference:
            self._add(difference)
        self._reserved = 0

    def _add(self, amount: int, condition: str | None = None, remaining: int = 0) -> None:
        if condition is not None and remaining < 0:
            raise ConditionFailed(None)
        self._table.update(
            tenant_pk(self._tenant),
            _spend_sk(self._month),
            "ADD micro_usd :amount",
            values={":amount": amount, **({":room": remaining} if condition else {})},
            condition=condition,
        )


def _spend_sk(year_month: str) -> str:
    return f"spend#{year_month}"

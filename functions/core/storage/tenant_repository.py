"""Tenant settings and spend: whether a model may mark its answers, and what that may cost in a month.

The settings are one item of the tenant, read consistently before each sheet's model calls, so a change takes effect
at once. The month's spend is another item: the maximum cost of a sheet is reserved before its first call and replaced
by the actual cost after the last one. The limit is therefore never exceeded; a function that dies in between leaves
too much reserved, never too little.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from core.storage.table import ConditionFailed, Item, Table, tenant_pk

SETTINGS_SK = "settings"
_MICRO_USD_PER_USD = 1_000_000


@dataclass(frozen=True, slots=True)
class TenantSettings:
    """`model` False: no answer of this tenant leaves the account.

    `spend_limit_usd`: US dollars per calendar month (UTC), None for no limit.
    """

    model: bool = True
    spend_limit_usd: float | None = None

    def to_dict(self) -> dict[str, Any]:
        return {"model": self.model, "spend_limit_usd": self.spend_limit_usd}


def load(table: Table, tenant: str) -> TenantSettings:
    """Return the settings, read consistently; the defaults if the tenant has saved none."""
    found: Item = table.get(tenant_pk(tenant), SETTINGS_SK) or {}
    limit = found.get("spend_limit_usd")
    return TenantSettings(bool(found.get("model", True)), None if limit is None else float(limit))


def save(table: Table, tenant: str, settings: TenantSettings, *, by: str, at: str) -> None:
    table.put({"pk": tenant_pk(tenant), "sk": SETTINGS_SK, **settings.to_dict(), "changed_by": by, "changed_at": at})


def current_month() -> str:
    return f"{datetime.now(UTC):%Y-%m}"


def get_month_spend(table: Table, tenant: str, year_month: str) -> float:
    """Return the US dollars spent and reserved in a month (`YYYY-MM`)."""
    return int((table.get(tenant_pk(tenant), _spend_sk(year_month)) or {}).get("micro_usd", 0)) / _MICRO_USD_PER_USD


class SpendBudget:
    """A tenant's budget for the model calls of one sheet."""

    def __init__(self, table: Table, tenant: str, limit_usd: float | None) -> None:
        self._table, self._tenant, self._limit = table, tenant, limit_usd
        self._month = current_month()
        self._reserved = 0

    def reserve(self, usd: float) -> bool:
        """Reserve the maximum cost of a sheet, or an addition to it, in US dollars.

        Returns False if that would exceed the month's limit.
        """
        amount = round(usd * _MICRO_USD_PER_USD)
        if self._limit is None:
            return True
        try:
            self._add(
                amount,
                "attribute_not_exists(micro_usd) OR micro_usd <= :remaining",
                round(self._limit * _MICRO_USD_PER_USD) - amount,
            )
        except ConditionFailed:
            return False
        self._reserved += amount
        return True

    def settle(self, usd: float) -> None:
        """Replace the reserved amount by the actual cost in US dollars."""
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
            values={":amount": amount, **({":remaining": remaining} if condition else {})},
            condition=condition,
        )


def _spend_sk(year_month: str) -> str:
    return f"spend#{year_month}"

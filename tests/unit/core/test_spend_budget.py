"""The monthly spend never exceeds its limit, whatever runs concurrently and whatever dies."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from core.storage import tenant_repository
from core.storage.tenant_repository import SpendBudget, TenantSettings
from tests.memory_table import MemoryTable


@pytest.fixture
def table() -> MemoryTable:
    return MemoryTable()


def spent(table: MemoryTable) -> float:
    return tenant_repository.get_month_spend(table, "demo", tenant_repository.current_month())  # type: ignore[arg-type]


def budget(table: MemoryTable, limit: float | None) -> SpendBudget:
    return SpendBudget(table, "demo", limit)  # type: ignore[arg-type]


def test_a_tenant_without_settings_has_a_model_and_no_limit(table: MemoryTable) -> None:
    assert tenant_repository.load(table, "demo") == TenantSettings(model=True, spend_limit_usd=None)  # type: ignore[arg-type]


def test_settings_apply_to_their_tenant_alone(table: MemoryTable) -> None:
    tenant_repository.save(table, "demo", TenantSettings(model=False, spend_limit_usd=2.5), by="A", at="now")  # type: ignore[arg-type]
    assert tenant_repository.load(table, "demo") == TenantSettings(model=False, spend_limit_usd=2.5)  # type: ignore[arg-type]
    assert tenant_repository.load(table, "other").model  # type: ignore[arg-type]


def test_the_actual_cost_replaces_the_reservation(table: MemoryTable) -> None:
    sheet = budget(table, 1.0)
    assert sheet.reserve(0.4)
    assert spent(table) == 0.4
    sheet.settle(0.1)
    assert spent(table) == 0.1


def test_a_reservation_that_is_never_settled_stays_reserved(table: MemoryTable) -> None:
    assert budget(table, 1.0).reserve(0.6)
    assert not budget(table, 1.0).reserve(0.6)
    assert budget(table, 1.0).reserve(0.4)
    assert spent(table) == 1.0


def test_concurrent_reservations_do_not_exceed_the_limit(table: MemoryTable) -> None:
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: budget(table, 1.0).reserve(0.15), range(20)))
    assert sum(taken) == 6
    assert spent(table) <= 1.0


def test_a_limit_of_zero_allows_nothing(table: MemoryTable) -> None:
    assert not budget(table, 0.0).reserve(0.000001)
    assert not budget(table, 0.5).reserve(0.6)
    assert spent(table) == 0


def test_spend_is_counted_without_a_limit_too(table: MemoryTable) -> None:
    sheet = budget(table, None)
    assert sheet.reserve(3)
    sheet.settle(0.25)
    assert spent(table) == 0.25

"""A tenant's month: never more than its limit is spent, whoever marks at the same time and whatever dies."""

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


def purse(table: MemoryTable, limit: float | None) -> SpendBudget:
    return SpendBudget(table, "demo", limit)  # type: ignore[arg-type]


def test_who_has_decided_nothing_has_a_model_and_no_limit(table: MemoryTable) -> None:
    assert tenant_repository.load(table, "demo") == TenantSettings(model=True, spend_limit_usd=None)  # type: ignore[arg-type]


def test_what_was_decided_holds_for_the_tenant_alone(table: MemoryTable) -> None:
    tenant_repository.save(table, "demo", TenantSettings(model=False, spend_limit_usd=2.5), by="A", at="now")  # type: ignore[arg-type]
    assert tenant_repository.load(table, "demo") == TenantSettings(model=False, spend_limit_usd=2.5)  # type: ignore[arg-type]
    assert tenant_repository.load(table, "other").model  # type: ignore[arg-type]


def test_what_was_set_aside_gives_way_to_what_it_cost(table: MemoryTable) -> None:
    one = purse(table, 1.0)
    assert one.reserve(0.4)
    assert spent(table) == 0.4
    one.settle(0.1)
    assert spent(table) == 0.1


def test_a_function_that_dies_leaves_too_much_set_aside_never_too_little(table: MemoryTable) -> None:
    assert purse(table, 1.0).reserve(0.6)
    assert not purse(table, 1.0).reserve(0.6)
    assert purse(table, 1.0).reserve(0.4)
    assert spent(table) == 1.0


def test_many_at_once_do_not_pass_the_limit(table: MemoryTable) -> None:
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: purse(table, 1.0).reserve(0.15), range(20)))
    assert sum(taken) == 6
    assert spent(table) <= 1.0


def test_a_limit_of_nothing_lets_nothing_through(table: MemoryTable) -> None:
    assert not purse(table, 0.0).reserve(0.000001)
    assert not purse(table, 0.5).reserve(0.6)
    assert spent(table) == 0


def test_without_a_limit_the_spend_is_counted_all_the_same(table: MemoryTable) -> None:
    one = purse(table, None)
    assert one.reserve(3)
    one.settle(0.25)
    assert spent(table) == 0.25

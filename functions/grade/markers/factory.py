"""Which marker of free text is configured: a model where one is named, key points where none is."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from core.platform.settings import Settings
from core.storage.table import Table
from core.storage.tenant_repository import SpendBudget, load
from grade.markers.free_text import FreeTextMark, FreeTextMarker, FreeTextTask

_MODEL_DISABLED = "The model is switched off here, so no answer left the account."
_OPENAI_BASE_URL = "https://api.openai.com/v1"


def create_marker(
    settings: Settings,
    secrets: Any,
    *,
    budget_seconds: float | None = None,
    on_fault: Callable[[Exception], None] | None = None,
) -> FreeTextMarker:
    """The marker that the stack's parameters ask for. `secrets` is called for a Secrets Manager client
    only where a model's key lies there. `budget_seconds`: how long all of a call may take, where not the usual.
    `on_fault` is told of an answer that could not be marked for a reason that nobody expects."""
    # Each marker is imported where it is chosen: without a model nothing of openai is loaded.
    if not settings.model:
        from grade.markers.key_points.marker import KeyPointMarker

        return KeyPointMarker()
    from openai import AsyncOpenAI

    from grade.markers.model.client import ModelCallLimits
    from grade.markers.model.marker import ModelMarker

    key = _load_api_key(settings, secrets)
    # Without a key nothing is asked: each answer goes to review with that sentence and its provisional mark.
    client = (
        AsyncOpenAI(
            api_key=key, base_url=settings.openai_base_url or _OPENAI_BASE_URL, timeout=settings.model_timeout_seconds
        )
        if key
        else None
    )
    limits = ModelCallLimits(concurrency=settings.model_concurrency, timeout_seconds=settings.model_timeout_seconds)
    if budget_seconds is not None:
        timeout = min(limits.timeout_seconds, budget_seconds)
        limits = replace(limits, timeout_seconds=timeout, budget_seconds=budget_seconds)
    return ModelMarker(client, model=settings.model, limits=limits, on_fault=on_fault)


class TenantMarker:
    """Free text as a tenant wants it marked. Its settings are read when a sheet comes to its free text, so that a
    switch holds for the sheets under way as well. `counted` is told how many calls of a model are coming, and then how
    many there were."""

    def __init__(self, marker: FreeTextMarker, table: Table, tenant: str, store_count: Callable[[int], None]) -> None:
        self._marker, self._table, self._tenant, self._store_count = marker, table, tenant, store_count

    @property
    def name(self) -> str:
        return self._marker.name

    def mark(self, tasks: Sequence[FreeTextTask]) -> list[FreeTextMark]:
        if not tasks or not self.name.startswith("model:"):
            return self._marker.mark(tasks)
        from grade.markers.model.marker import ModelMarker

        tenant_settings = load(self._table, self._tenant)
        if not tenant_settings.model:
            from grade.markers.key_points.marker import KeyPointMarker

            return [_explain_model_disabled(mark) for mark in KeyPointMarker().mark(tasks)]
        if not isinstance(self._marker, ModelMarker):
            return self._marker.mark(tasks)
        self._store_count(len(tasks))
        marks = self._marker.mark_within_budget(
            SpendBudget(self._table, self._tenant, tenant_settings.spend_limit_usd), tasks
        )
        self._store_count(sum(mark.usage.calls for mark in marks))
        return marks


def _explain_model_disabled(mark: FreeTextMark) -> FreeTextMark:
    return replace(mark, reason=f"{_MODEL_DISABLED} {mark.reason}")


def _load_api_key(settings: Settings, secrets: Any) -> str:
    if not settings.model_secret_arn:
        return settings.openai_api_key
    text: str = secrets().get_secret_value(SecretId=settings.model_secret_arn)["SecretString"]
    try:
        body = json.loads(text)
    except ValueError:
        return text.strip()
    return str(body.get("api_key", "")) if isinstance(body, dict) else text.strip()

"""Creates the configured marker of free text: a model if the settings name one, otherwise key points."""

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
    on_error: Callable[[Exception], None] | None = None,
) -> FreeTextMarker:
    """The marker that the stack's parameters ask for.

    `secrets` creates a Secrets Manager client; it is called only if the model's key is stored there.
    `budget_seconds` limits the time for all answers of a call, if not the default. `on_error` is called with
    unexpected errors that kept an answer from being marked.
    """
    # Each marker is imported where it is chosen: without a model, openai is not loaded.
    if not settings.model:
        from grade.markers.key_points.marker import KeyPointMarker

        return KeyPointMarker()
    from openai import AsyncOpenAI

    from grade.markers.model.client import ModelCallLimits
    from grade.markers.model.marker import ModelMarker

    key = _load_api_key(settings, secrets)
    # Without a key there are no calls: each answer goes to review with that reason and a provisional mark.
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
    return ModelMarker(client, model=settings.model, limits=limits, on_error=on_error)


class TenantMarker:
    """Marks free text by a tenant's settings and on its spending budget.

    The settings are read when a sheet's free text is marked, so that a change also applies to sheets under way.
    `store_count` is called with the expected number of model calls, and afterwards with the actual number.
    """

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

"""Settings: resource names and limits, read from the environment on first use."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any


@dataclass(frozen=True)
class Settings:
    """Resource names and limits. Each field is the environment variable of the same name in capitals.

    A function gets only the variables that it uses, so a field keeps its default where `template.yaml` does not set it.
    """

    table: str = ""
    temp_bucket: str = ""
    documents_bucket: str = ""
    state_machine_arn: str = ""
    recover_function: str = ""
    receive_function: str = ""
    grade_function: str = ""
    dead_ends_url: str = ""
    identity_secret: str = ""
    drop_tenant: str = "default"
    # Bytes. An HTTP API passes a body to Lambda base64-encoded inside a 6 MB event.
    max_body_bytes: int = 4_400_000
    max_file_bytes: int = 100_000_000
    max_pages: int = 300
    max_pixels: int = 120_000_000
    # Files per minute that one tenant may send through the API (0: no limit).
    tenant_rate: int = 0
    # The OCR engine that reads pages without a usable text layer: a name in `extract.ocr.registry`.
    ocr_engine: str = "textract"
    # Pages per second that this account's Textract accepts (DetectDocumentText), and how many of one document may be
    # in flight at most (0: as many as the quota allows).
    textract_tps: float = 5.0
    textract_concurrency: int = 0
    # An empty `model` means that none is configured: free text is marked by key points.
    model: str = ""
    model_concurrency: int = 20
    model_timeout_seconds: float = 45.0
    model_secret_arn: str = ""
    openai_base_url: str = ""
    openai_api_key: str = ""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> "Settings":
        source = os.environ if environment is None else environment
        values: dict[str, Any] = {}
        for field in fields(cls):
            text = source.get(field.name.upper())
            if text:
                values[field.name] = type(field.default)(text)  # type: ignore[misc]
        return cls(**values)


@lru_cache(maxsize=1)
def settings() -> Settings:
    return Settings.from_environment()

"""What every test may count on. Powertools reads its names when a door is imported, so they stand here."""

import os
import signal
from pathlib import Path

import pytest

# A shell lets what it starts in the background ignore Ctrl-C, and so would all that the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)
os.environ.setdefault("POWERTOOLS_SERVICE_NAME", "gradeline")
os.environ.setdefault("POWERTOOLS_METRICS_NAMESPACE", "Gradeline")
os.environ.setdefault("AWS_EC2_METADATA_DISABLED", "true")
# Colours and widths of the surrounding terminal are no part of a test.
os.environ.setdefault("NO_COLOR", "1")

pytest_plugins = ("tests.permissions.plugin",)

_HERE = Path(__file__).parent
# Folders of many short tests come last: two workers then end together.
_RUN_LAST = ("permissions", "prompt_injection", "template", "unit")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.relative_to(_HERE).parts[0] in _RUN_LAST)

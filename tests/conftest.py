"""Environment, plugins and order of all tests.

Powertools reads its settings when a handler module is imported, so they are set here.
"""

import os
import signal
from pathlib import Path

import pytest

# A shell makes background processes ignore SIGINT, and all processes that the tests start would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
os.environ.setdefault("POWERTOOLS_SERVICE_NAME", "gradeline")
os.environ.setdefault("POWERTOOLS_METRICS_NAMESPACE", "Gradeline")
os.environ.setdefault("AWS_EC2_METADATA_DISABLED", "true")
# The terminal's colours must not affect a test.
os.environ.setdefault("NO_COLOR", "1")

pytest_plugins = ("tests.permissions.plugin",)

_HERE = Path(__file__).parent
# Folders of many short tests run last, so that the workers finish at about the same time.
_RUN_LAST = ("permissions", "prompt_injection", "template", "unit")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.relative_to(_HERE).parts[0] in _RUN_LAST)

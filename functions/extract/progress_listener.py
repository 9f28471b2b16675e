"""The interface through which a reading reports its progress and learns that it may stop."""

from typing import Protocol


class ProgressListener(Protocol):
    """Receives progress, from several threads. `should_stop` is called between pages."""

    def pages(self, total: int) -> None: ...
    def ocr_call_started(self) -> None: ...
    def page_done(self) -> None: ...
    def should_stop(self) -> bool: ...


class ReadingStopped(Exception):
    """The listener's `should_stop` returned true: the rest of the reading is not needed."""


class NullProgressListener:
    """Ignores all progress and never stops a reading."""

    def pages(self, total: int) -> None: ...
    def ocr_call_started(self) -> None: ...
    def page_done(self) -> None: ...
    def should_stop(self) -> bool:
        return False

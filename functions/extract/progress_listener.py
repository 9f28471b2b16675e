"""What a reading tells while it goes on."""

from typing import Protocol


class ProgressListener(Protocol):
    """What a reading tells while it goes on, from several threads; `stopped` is asked between pages."""

    def pages(self, total: int) -> None: ...
    def ocr_call_started(self) -> None: ...
    def page_done(self) -> None: ...
    def should_stop(self) -> bool: ...


class ReadingStopped(Exception):
    """Nobody needs the rest: the watch said so."""


class NullProgressListener:
    def pages(self, total: int) -> None: ...
    def ocr_call_started(self) -> None: ...
    def page_done(self) -> None: ...
    def should_stop(self) -> bool:
        return False

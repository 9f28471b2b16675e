"""What a reading tells while it goes on."""

from typing import Protocol


class Watch(Protocol):
    """What a reading tells while it goes on, from several threads; `stopped` is asked between pages."""

    def pages(self, total: int) -> None: ...
    def calling(self) -> None: ...
    def page_done(self) -> None: ...
    def stopped(self) -> bool: ...


class Stopped(Exception):
    """Nobody needs the rest: the watch said so."""


class Unwatched:
    def pages(self, total: int) -> None: ...
    def calling(self) -> None: ...
    def page_done(self) -> None: ...
    def stopped(self) -> bool:
        return False

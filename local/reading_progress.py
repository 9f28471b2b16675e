"""How far a reading has come, on standard error: counted in place on a terminal, a line now and then elsewhere."""

import threading
import time
from collections.abc import Callable

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from local import wording

# A line elsewhere than on a terminal: where so much more is read and so many seconds have passed since the last one,
_SHARE, _SECONDS = 0.05, 10.0
# or where nothing was told for so long.
_LONGEST_SILENCE_SECONDS = 120.0


class ReadingProgress:
    """Told of a reading by its threads (see `extract.watch.Watch`); says nothing until a page needs OCR, as a text
    layer is there at once. Use as a context manager."""

    def __init__(self, console: Console, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._console, self._clock = console, clock
        self._lock = threading.RLock()
        self._total = self._done = self._told_done = 0
        self._begun = self._told_at = clock()
        self._shown = False
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("Reading"),
            BarColumn(),
            TextColumn("{task.completed}/{task.total} pages"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
        )
        self._task = self._bar.add_task("reading", total=None)

    def __enter__(self) -> "ReadingProgress":
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            if self._bar.live.is_started:
                self._bar.stop()
            # A call that still comes back after the end starts nothing.
            self._shown = True

    def pages(self, total: int) -> None:
        with self._lock:
            self._total = total
            self._bar.update(self._task, total=total)

    def calling(self) -> None:
        with self._lock:
            if self._shown:
                return
            self._shown = True
            if self._console.is_terminal:
                self._bar.start()
                return
            some = "The page is a picture" if self._total == 1 else f"Some of the {self._total} pages are pictures"
            self._say(f"{some}; the OCR engine reads {'it' if self._total == 1 else 'them'} …")

    def page_done(self) -> None:
        with self._lock:
            self._done = min(self._done + 1, self._total)
            self._bar.update(self._task, completed=self._done)
            more = self._done - self._told_done >= _SHARE * self._total
            if more and self._silent_for(_SECONDS):
                self._say(f"{self._done} of {wording.count(self._total, 'page')} read ({self._passed()})")

    def stopped(self) -> bool:
        with self._lock:
            if self._silent_for(_LONGEST_SILENCE_SECONDS):
                self._say(f"Still reading: {self._done} of {wording.count(self._total, 'page')} ({self._passed()})")
        return False

    def _silent_for(self, seconds: float) -> bool:
        told = self._shown and not self._console.is_terminal
        return told and self._clock() - self._told_at >= seconds

    def _passed(self) -> str:
        return wording.seconds(self._clock() - self._begun)

    def _say(self, sentence: str) -> None:
        self._told_at, self._told_done = self._clock(), self._done
        self._console.print(Text(sentence, style="dim"), soft_wrap=True)

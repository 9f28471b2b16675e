"""Shows the progress of a reading on standard error: a progress bar on a terminal, occasional lines elsewhere."""

import threading
import time
from collections.abc import Callable

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from local.cli import display_text

# Without a terminal, a line is printed when this share more is read and so many seconds have passed since the last,
_REPORT_SHARE, _REPORT_SECONDS = 0.05, 10.0
# or when nothing was printed for so many seconds.
_MAX_SILENCE_SECONDS = 120.0


class ReadingProgress:
    """A progress listener (see `extract.progress_listener.ProgressListener`) called by the reading's threads.

    Prints nothing until a page needs OCR, because reading a text layer takes no time. Use as a context manager.
    """

    def __init__(self, console: Console, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._console, self._clock = console, clock
        self._lock = threading.RLock()
        self._total = self._done = self._printed_done = 0
        self._started_at = self._printed_at = clock()
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
            # A call that arrives after the end must not start the bar.
            self._shown = True

    def pages(self, total: int) -> None:
        with self._lock:
            self._total = total
            self._bar.update(self._task, total=total)

    def ocr_call_started(self) -> None:
        with self._lock:
            if self._shown:
                return
            self._shown = True
            if self._console.is_terminal:
                self._bar.start()
                return
            pages = "The page is a picture" if self._total == 1 else f"Some of the {self._total} pages are pictures"
            self._print_line(f"{pages}; the OCR engine reads {'it' if self._total == 1 else 'them'} …")

    def page_done(self) -> None:
        with self._lock:
            self._done = min(self._done + 1, self._total)
            self._bar.update(self._task, completed=self._done)
            has_advanced = self._done - self._printed_done >= _REPORT_SHARE * self._total
            if has_advanced and self._is_report_due(_REPORT_SECONDS):
                self._print_line(
                    f"{self._done} of {display_text.format_count(self._total, 'page')} read ({self._elapsed_text()})"
                )

    def should_stop(self) -> bool:
        """Return False: a reading on the command line is not stopped. Prints a line after a long silence."""
        with self._lock:
            if self._is_report_due(_MAX_SILENCE_SECONDS):
                self._print_line(
                    f"Still reading: {self._done} of {display_text.format_count(self._total, 'page')} "
                    f"({self._elapsed_text()})"
                )
        return False

    def _is_report_due(self, seconds: float) -> bool:
        can_print = self._shown and not self._console.is_terminal
        return can_print and self._clock() - self._printed_at >= seconds

    def _elapsed_text(self) -> str:
        return display_text.format_seconds(self._clock() - self._started_at)

    def _print_line(self, sentence: str) -> None:
        self._printed_at, self._printed_done = self._clock(), self._done
        self._console.print(Text(sentence, style="dim"), soft_wrap=True)

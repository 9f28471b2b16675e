"""Contains failures of single steps of the drop folder service and prints each as a sentence, once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from local.cli.api_client import ApiError, ApiUnreachable
from local.cli.drop_folder import escape_invalid_utf8


@dataclass
class Attempt:
    """The outcome of one isolated step."""

    failed: bool = False


class FailureReporter:
    """Isolates steps from each other's failures; `print_line` prints the messages."""

    def __init__(self, print_line: Callable[[str], None]) -> None:
        self._print_line = print_line
        self._reported: dict[tuple[str, str], str] = {}

    @contextmanager
    def isolate(self, what: str, step: str = "") -> Iterator[Attempt]:
        """Contain a failure of the block: print it as a sentence and mark the attempt as failed.

        The same failure is printed once, until the same `step` of `what` succeeds.
        """
        attempt = Attempt()
        try:
            yield attempt
        except Exception as error:  # noqa: BLE001 - no failure of one entry may stop the others
            attempt.failed = True
            sentence = f"{what}: {failure_text(error)}"
            if self._reported.get((what, step)) != sentence:
                self._reported[what, step] = sentence
                self._print_line(escape_invalid_utf8(sentence))
        else:
            self._reported.pop((what, step), None)


def failure_text(error: Exception) -> str:
    """Return the message of an expected failure, or the type and the message of an unexpected one."""
    expected = isinstance(error, ApiError | ApiUnreachable | OSError | BotoCoreError | ClientError)
    return str(error) if expected else f"{type(error).__name__}: {error}"

"""The console of the command line: rich's, with a closed pipe left for the command line to handle."""

from rich.console import Console


class PlainConsole(Console):
    """Prints text unchanged: nothing in a name or an answer is interpreted as markup or highlighted."""

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, highlight=False, markup=False, emoji=False)

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError

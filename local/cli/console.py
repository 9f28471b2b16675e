"""The terminal: rich's console, which leaves a closed pipe to the command line to end quietly."""

from rich.console import Console


class PlainConsole(Console):
    """Words as they are: nothing in a name or an answer is taken for markup or coloured by guess."""

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, highlight=False, markup=False, emoji=False)

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError

"""`benchmarks.textract_endpoint` that answers with what is written on the sheets of `benchmarks.flow.sheets`.

python -m benchmarks.flow.sheet_endpoint
"""

import random

from benchmarks.flow.sheets import SIZES, page_named
from benchmarks.textract_answers import label, page_answer
from benchmarks.textract_endpoint import Service, main


class SheetService(Service):
    """Answers are kept; `prepare` makes them before the first call, so that none costs time while something runs."""

    def __init__(self) -> None:
        super().__init__([])
        self._written: dict[str, bytes] = {}

    def prepare(self) -> "SheetService":
        for pages in SIZES:
            for page in range(1, pages + 1):
                self.written_on(label(pages, page), 0)
        return self

    def written_on(self, page: str, index: int) -> bytes:  # noqa: ARG002 - a page says the same whenever it comes
        if page not in self._written:
            self._written[page] = page_answer(page_named(page), random.Random(page)).before
        return self._written[page]


if __name__ == "__main__":
    main(SheetService().prepare())

"""Runs `benchmarks.textract_endpoint` with the text of the sheets of `benchmarks.flow.sheet_documents`.

python -m benchmarks.flow.sheet_endpoint
"""

import random

from benchmarks.flow.sheet_documents import SIZES, lines_of_label
from benchmarks.textract_endpoint import FakeTextract, main
from benchmarks.textract_responses import page_label, page_response


class FakeSheetTextract(FakeTextract):
    """Caches its responses. `prepare` creates them before the first call, so that this costs no time during a run."""

    def __init__(self) -> None:
        super().__init__([])
        self._response_bodies: dict[str, bytes] = {}

    def prepare(self) -> "FakeSheetTextract":
        for pages in SIZES:
            for page in range(1, pages + 1):
                self.page_response_body(page_label(pages, page), 0)
        return self

    def page_response_body(self, page: str, index: int) -> bytes:  # noqa: ARG002 - the response does not depend on the call
        if page not in self._response_bodies:
            self._response_bodies[page] = page_response(lines_of_label(page), random.Random(page)).before
        return self._response_bodies[page]


if __name__ == "__main__":
    main(FakeSheetTextract().prepare())

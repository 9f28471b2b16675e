"""The mix: what so many submissions are, and in what order they are sent. The same for the same seed."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from benchmarks.chaos import documents
from benchmarks.chaos.documents import Document
from benchmarks.chaos.ledger import DROP, FORM, RAW, UPLOAD, Sending

# The drop folder belongs to the first tenant.
TENANTS = ("north", "south")
_AN_ASSESSMENT = 30
_KINDS = {
    "plain": 0.44,
    "by two doors": 0.14,
    "sent twice": 0.12,
    "changed": 0.12,
    "bad": 0.06,
    "refused": 0.03,
    "nameless": 0.03,
    "erased": 0.03,
    "erased, sent again": 0.03,
}


@dataclass(frozen=True)
class Step:
    """`do` is "send", "scheme" or "erase"; steps of one errand follow one another."""

    do: str
    sending: Sending | None = None
    tenant: str = ""
    assessment: str = ""


@dataclass
class Errand:
    """What one client does, one step after the other."""

    steps: list[Step] = field(default_factory=list)

    def send(self, sending: Sending) -> "Errand":
        self.steps.append(Step("send", sending))
        return self

    def erase(self, sending: Sending) -> "Errand":
        self.steps.append(Step("erase", sending))
        return self


class Mix:
    """`erasing`: whether DELETEs are among it."""

    def __init__(self, seed: int, submissions: int, *, erasing: bool = True) -> None:
        self._random = random.Random(f"mix {seed}")
        self._submissions = submissions
        self._kinds = {kind: share for kind, share in _KINDS.items() if erasing or not kind.startswith("erased")}
        self._number = 0

    def errands(self) -> list[Errand]:
        """All errands in the order in which clients take them."""
        count = max(2, round(self._submissions / _AN_ASSESSMENT))
        found: list[tuple[float, Errand]] = []
        left = self._submissions
        for number in range(count):
            share = left // (count - number)
            left -= share
            found += self._of_an_assessment(TENANTS[number % 2], f"class-{number}", share)
        return [errand for _, errand in sorted(found, key=lambda one: one[0])]

    def _of_an_assessment(self, tenant: str, assessment: str, share: int) -> Iterator[tuple[float, Errand]]:
        """Errands with their places. Half the papers come first, half somewhere between their sheets; a scheme in
        three comes so late that sheets are marked again."""
        place = self._random.random
        scheme = Step("scheme", tenant=tenant, assessment=assessment)
        yield (place() * (1.0 if place() < 0.33 else 0.1), Errand([scheme]))
        paper = Sending(documents.paper(tenant, assessment), self._door(tenant))
        yield (0.0 if place() < 0.5 else place(), Errand().send(paper))
        left = share - 1
        while left > 0:
            errands, used = self._sheets(tenant, assessment, left)
            left -= used
            at = place()
            yield from ((at, errand) for errand in errands)

    def _sheets(self, tenant: str, assessment: str, most: int) -> tuple[list[Errand], int]:
        """Some errands that belong together, and how many submissions they make."""
        kind = self._random.choices(list(self._kinds), list(self._kinds.values()))[0]
        sheet = self._sheet(tenant, assessment, self._student())
        if kind == "by two doors" and most > 1:
            first, second = self._two_doors(tenant)
            return [Errand().send(Sending(sheet, first)), Errand().send(Sending(sheet, second))], 1 + (second == DROP)
        if kind == "changed" and most > 1:
            return [self._changed(sheet, self._door(tenant))], 2
        return [self._alone(kind, sheet)], int(kind != "refused")

    def _alone(self, kind: str, sheet: Document) -> Errand:
        """What a single client does with a single sheet."""
        tenant, assessment = sheet.tenant, sheet.assessment
        if kind == "bad":
            encrypted = self._random.random() < 0.5
            bad = documents.bad_sheet(tenant, assessment, self._student(), self._tag(), encrypted=encrypted)
            return Errand().send(Sending(bad, self._door(tenant)))
        if kind == "refused":
            return Errand().send(Sending(self._refused(tenant, assessment), RAW))
        if kind == "nameless":
            return Errand().send(Sending(self._sheet(tenant, assessment, None), RAW))
        if kind == "sent twice":
            # Through the drop folder it would be another version, and so another submission.
            door = self._random.choice((RAW, FORM, UPLOAD))
            return Errand().send(Sending(sheet, door)).send(Sending(sheet, door))
        if kind.startswith("erased"):
            return self._erased(sheet, again=kind != "erased")
        return Errand().send(Sending(sheet, self._door(tenant)))

    def _changed(self, sheet: Document, door: str) -> Errand:
        first = Sending(sheet, door)
        second = Sending(self._sheet(sheet.tenant, sheet.assessment, sheet.student), door)
        first.superseded_by = second
        return Errand().send(first).send(second)

    def _erased(self, sheet: Document, *, again: bool) -> Errand:
        first = Sending(sheet, self._random.choice((RAW, FORM, UPLOAD)))
        first.sent_again = again
        errand = Errand().send(first).erase(first)
        return errand.send(Sending(sheet, first.door)) if again else errand

    def _sheet(self, tenant: str, assessment: str, student: str | None) -> Document:
        right = [self._random.random() < 0.6 for _ in range(3)]
        return documents.sheet(tenant, assessment, student, self._tag(), right, scan=self._random.random() < 0.65)

    def _refused(self, tenant: str, assessment: str) -> Document:
        empty = self._random.random() < 0.5
        body = b"" if empty else f"Only words. {self._tag()}".encode()
        return Document(tenant, assessment, documents.SHEET, self._student(), body, "text/plain", frozenset())

    def _door(self, tenant: str) -> str:
        doors = (RAW, FORM, UPLOAD, DROP) if tenant == TENANTS[0] else (RAW, FORM, UPLOAD)
        return self._random.choice(doors)

    def _two_doors(self, tenant: str) -> tuple[str, str]:
        if tenant == TENANTS[0] and self._random.random() < 0.7:
            return self._random.choice((RAW, FORM, UPLOAD)), DROP
        return self._random.choice((RAW, FORM)), UPLOAD

    def _student(self) -> str:
        self._number += 1
        return f"Student {self._number}"

    def _tag(self) -> str:
        return "".join(self._random.choice("bcdfghjklmnprstvw") + self._random.choice("aeiou") for _ in range(5))

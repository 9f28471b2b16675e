"""The workload: what the submissions are, and in what order they are sent. The same for the same seed."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from benchmarks.chaos import documents
from benchmarks.chaos.documents import ChaosDocument
from benchmarks.chaos.send_log import DROP, FORM, RAW, UPLOAD, SentDocument

# The drop folder belongs to the first tenant.
TENANTS = ("north", "south")
_SUBMISSIONS_PER_ASSESSMENT = 30
_TASK_SHARES = {
    "plain": 0.44,
    "by two channels": 0.14,
    "sent twice": 0.12,
    "changed": 0.12,
    "bad": 0.06,
    "refused": 0.03,
    "nameless": 0.03,
    "erased": 0.03,
    "erased, sent again": 0.03,
}


@dataclass(frozen=True)
class ClientStep:
    """One step of a task. `do` is "send", "scheme" or "erase"."""

    do: str
    sent_document: SentDocument | None = None
    tenant: str = ""
    assessment: str = ""


@dataclass
class ClientTask:
    """What one client does, one step after the other."""

    steps: list[ClientStep] = field(default_factory=list)

    def send(self, sent_document: SentDocument) -> "ClientTask":
        self.steps.append(ClientStep("send", sent_document))
        return self

    def erase(self, sent_document: SentDocument) -> "ClientTask":
        self.steps.append(ClientStep("erase", sent_document))
        return self


class Workload:
    """Generates the tasks of a run. `erasing`: whether it includes DELETEs."""

    def __init__(self, seed: int, submissions: int, *, erasing: bool = True) -> None:
        self._random = random.Random(f"mix {seed}")
        self._submissions = submissions
        self._kinds = {kind: share for kind, share in _TASK_SHARES.items() if erasing or not kind.startswith("erased")}
        self._number = 0

    def tasks(self) -> list[ClientTask]:
        """Return all tasks in the order in which clients take them."""
        count = max(2, round(self._submissions / _SUBMISSIONS_PER_ASSESSMENT))
        tasks_by_position: list[tuple[float, ClientTask]] = []
        remaining = self._submissions
        for number in range(count):
            share = remaining // (count - number)
            remaining -= share
            tasks_by_position += self._assessment_tasks(TENANTS[number % 2], f"class-{number}", share)
        return [task for _, task in sorted(tasks_by_position, key=lambda one: one[0])]

    def _assessment_tasks(self, tenant: str, assessment: str, share: int) -> Iterator[tuple[float, ClientTask]]:
        """Yield tasks with their positions.

        Half of the papers come first, half between their sheets. A third of the schemes come so late that sheets are
        marked again.
        """
        next_position = self._random.random
        scheme = ClientStep("scheme", tenant=tenant, assessment=assessment)
        yield (next_position() * (1.0 if next_position() < 0.33 else 0.1), ClientTask([scheme]))
        paper = SentDocument(documents.make_paper(tenant, assessment), self._channel(tenant))
        yield (0.0 if next_position() < 0.5 else next_position(), ClientTask().send(paper))
        remaining = share - 1
        while remaining > 0:
            tasks, used = self._sheet_tasks(tenant, assessment, remaining)
            remaining -= used
            position = next_position()
            yield from ((position, task) for task in tasks)

    def _sheet_tasks(self, tenant: str, assessment: str, max_submissions: int) -> tuple[list[ClientTask], int]:
        """Return tasks that belong together, and how many submissions they make."""
        kind = self._random.choices(list(self._kinds), list(self._kinds.values()))[0]
        sheet = self._sheet(tenant, assessment, self._student())
        if kind == "by two channels" and max_submissions > 1:
            first, second = self._two_channels(tenant)
            return [
                ClientTask().send(SentDocument(sheet, first)),
                ClientTask().send(SentDocument(sheet, second)),
            ], 1 + (second == DROP)
        if kind == "changed" and max_submissions > 1:
            return [self._changed_task(sheet, self._channel(tenant))], 2
        return [self._single_task(kind, sheet)], int(kind != "refused")

    def _single_task(self, kind: str, sheet: ChaosDocument) -> ClientTask:
        """Return the task of one client with one sheet."""
        tenant, assessment = sheet.tenant, sheet.assessment
        if kind == "bad":
            encrypted = self._random.random() < 0.5
            bad = documents.make_bad_sheet(tenant, assessment, self._student(), self._tag(), encrypted=encrypted)
            return ClientTask().send(SentDocument(bad, self._channel(tenant)))
        if kind == "refused":
            return ClientTask().send(SentDocument(self._refused(tenant, assessment), RAW))
        if kind == "nameless":
            return ClientTask().send(SentDocument(self._sheet(tenant, assessment, None), RAW))
        if kind == "sent twice":
            # In the drop folder it would be another version, and therefore another submission.
            channel = self._random.choice((RAW, FORM, UPLOAD))
            return ClientTask().send(SentDocument(sheet, channel)).send(SentDocument(sheet, channel))
        if kind.startswith("erased"):
            return self._erased_task(sheet, resend=kind != "erased")
        return ClientTask().send(SentDocument(sheet, self._channel(tenant)))

    def _changed_task(self, sheet: ChaosDocument, channel: str) -> ClientTask:
        first = SentDocument(sheet, channel)
        second = SentDocument(self._sheet(sheet.tenant, sheet.assessment, sheet.student), channel)
        first.superseded_by = second
        return ClientTask().send(first).send(second)

    def _erased_task(self, sheet: ChaosDocument, *, resend: bool) -> ClientTask:
        first = SentDocument(sheet, self._random.choice((RAW, FORM, UPLOAD)))
        first.is_resent = resend
        task = ClientTask().send(first).erase(first)
        return task.send(SentDocument(sheet, first.channel)) if resend else task

    def _sheet(self, tenant: str, assessment: str, student: str | None) -> ChaosDocument:
        right = [self._random.random() < 0.6 for _ in range(3)]
        return documents.make_sheet(tenant, assessment, student, self._tag(), right, scan=self._random.random() < 0.65)

    def _refused(self, tenant: str, assessment: str) -> ChaosDocument:
        empty = self._random.random() < 0.5
        body = b"" if empty else f"Only words. {self._tag()}".encode()
        return ChaosDocument(tenant, assessment, documents.SHEET, self._student(), body, "text/plain", frozenset())

    def _channel(self, tenant: str) -> str:
        channels = (RAW, FORM, UPLOAD, DROP) if tenant == TENANTS[0] else (RAW, FORM, UPLOAD)
        return self._random.choice(channels)

    def _two_channels(self, tenant: str) -> tuple[str, str]:
        if tenant == TENANTS[0] and self._random.random() < 0.7:
            return self._random.choice((RAW, FORM, UPLOAD)), DROP
        return self._random.choice((RAW, FORM)), UPLOAD

    def _student(self) -> str:
        self._number += 1
        return f"Student {self._number}"

    def _tag(self) -> str:
        return "".join(self._random.choice("bcdfghjklmnprstvw") + self._random.choice("aeiou") for _ in range(5))

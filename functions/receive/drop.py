"""The drop folder: a put under `drop/` is a submission, by the grammar of its key.

`drop/{assessment}/question-paper.{ext}`, `drop/{assessment}/answer-key.{ext}`,
`drop/{assessment}/answers/{student}.{ext}`. Anything else is refused by name, visibly, and kept.
"""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from core import errors, filetypes
from core.clock import now, stamp
from core.clock import parse as parse_time
from core.submission import (
    Door,
    Kind,
    SourceFile,
    Submission,
    id_from_object,
    parse_assessment,
    parse_student,
)
from receive.intake import Desk

PREFIX = "drop/"
REFUSED = ".refused.json"
_FILES = {"question-paper": Kind.QUESTION_PAPER, "answer-key": Kind.ANSWER_KEY}
_GRAMMAR = (
    "Put a file as drop/ASSESSMENT/question-paper.EXT, drop/ASSESSMENT/answer-key.EXT or "
    "drop/ASSESSMENT/answers/STUDENT.EXT, where EXT is pdf, jpg, jpeg, png, tif or tiff."
)


@dataclass(frozen=True, slots=True)
class Dropped:
    """One record of an S3 event: an object version, its key unquoted."""

    bucket: str
    key: str
    version_id: str
    size: int
    event_time: str

    @classmethod
    def from_event(cls, record: dict[str, Any]) -> "Dropped":
        thing = record["s3"]["object"]
        return cls(
            bucket=record["s3"]["bucket"]["name"],
            # S3 events quote keys as forms do: a space comes as "+".
            key=unquote_plus(thing["key"]),
            version_id=thing["versionId"],
            size=int(thing.get("size", 0)),
            event_time=stamp(parse_time(record["eventTime"])),
        )

    @property
    def concerns_us(self) -> bool:
        """False for our own reports and for the empty objects that consoles make for folders."""
        return not self.key.endswith(REFUSED) and not (self.key.endswith("/") and self.size == 0)


def parse_key(key: str) -> tuple[str, Kind, str | None, str]:
    """(assessment, kind, student, media type) of a drop key, unquoted.

    Raises
    ------
    InvalidDropKey
        The key does not follow the grammar.
    """
    parts = key.removeprefix(PREFIX).split("/")
    name = parts[-1]
    media_type = filetypes.by_name(name)
    stem = name.rpartition(".")[0]
    if not key.startswith(PREFIX) or media_type is None:
        raise errors.InvalidDropKey(_GRAMMAR)
    try:
        match parts:
            case [assessment, _] if stem in _FILES:
                return parse_assessment(assessment), _FILES[stem], None, media_type
            case [assessment, "answers", _]:
                student = parse_student(stem)
                if student is not None:
                    return parse_assessment(assessment), Kind.ANSWER_SHEET, student, media_type
    except errors.RequestRefused as refused:
        raise errors.InvalidDropKey(f"{refused.message} {_GRAMMAR}") from None
    raise errors.InvalidDropKey(_GRAMMAR)


def accept_drop(dropped: Dropped, desk: Desk, *, tenant: str, max_bytes: int) -> Submission:
    """Start the execution of a dropped object: one call, nothing is read here.

    Raises
    ------
    InvalidDropKey, EmptyFile, FileTooLarge
        The object is refused; `refuse` makes that visible.
    """
    assessment, kind, student, media_type = parse_key(dropped.key)
    if dropped.size == 0:
        raise errors.EmptyFile("The file is empty (0 bytes). Please put the document itself.")
    if dropped.size > max_bytes:
        raise errors.FileTooLarge(f"The file has {dropped.size} bytes; at most {max_bytes} can be read.")
    submission_id = id_from_object(desk.secret, bucket=dropped.bucket, key=dropped.key, version_id=dropped.version_id)
    # The key may name a student, so it travels sealed.
    sealed_key = desk.seal.close(dropped.key, bound_to=submission_id)
    submission = Submission(
        id=submission_id,
        run=1,
        tenant=tenant,
        assessment=assessment,
        kind=kind,
        student=desk.seal.close(student, bound_to=submission_id) if student else None,
        door=Door.DROP,
        received_at=dropped.event_time,
        file=SourceFile(dropped.bucket, sealed_key, dropped.version_id, dropped.size, None, media_type),
    )
    desk.starting.start(submission)
    return submission


def refuse(dropped: Dropped, error: errors.PermanentError, desk: Desk) -> None:
    """Leave a report beside a refused object, which itself is kept."""
    report = {"refused": type(error).__name__, "message": error.message, "size": dropped.size, "at": now()}
    desk.s3.put_object(
        Bucket=dropped.bucket,
        Key=dropped.key + REFUSED,
        Body=json.dumps(report, ensure_ascii=False, indent=2).encode(),
        ContentType="application/json",
    )

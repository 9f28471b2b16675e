"""The drop folder: an object put under `drop/` is a submission, described by its key.

`drop/{assessment}/question-paper.{ext}`, `drop/{assessment}/answer-key.{ext}`,
`drop/{assessment}/answers/{student}.{ext}`. Any other object is refused with a report and kept.
"""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from core.models import errors, media_types
from core.models.document_kinds import DocumentKind
from core.models.submission import (
    IntakeChannel,
    SourceFile,
    Submission,
    parse_assessment,
    parse_student,
    submission_id_from_object,
)
from core.platform.clock import format_timestamp, now, parse_timestamp
from receive.intake import IntakeContext

PREFIX = "drop/"
REPORT_SUFFIX = ".refused.json"
_KINDS_BY_STEM = {kind.rules.drop_folder_stem: kind for kind in DocumentKind if kind.rules.drop_folder_stem}
_SHEETS_FOLDER = "answers"
_KEY_FORMAT_HELP = (
    f"Put a file as {', '.join(f'drop/ASSESSMENT/{stem}.EXT' for stem in _KINDS_BY_STEM)} or "
    f"drop/ASSESSMENT/{_SHEETS_FOLDER}/STUDENT.EXT, where EXT is pdf, jpg, jpeg, png, tif or tiff."
)


@dataclass(frozen=True, slots=True)
class DroppedObject:
    """The object of one S3 event record: a version, its key unquoted."""

    bucket: str
    key: str
    version_id: str
    size: int
    event_time: str

    @classmethod
    def from_event(cls, record: dict[str, Any]) -> "DroppedObject":
        s3_object = record["s3"]["object"]
        return cls(
            bucket=record["s3"]["bucket"]["name"],
            # S3 events quote keys like form fields: a space is "+".
            key=unquote_plus(s3_object["key"]),
            version_id=s3_object["versionId"],
            size=int(s3_object.get("size", 0)),
            event_time=format_timestamp(parse_timestamp(record["eventTime"])),
        )

    @property
    def is_submission_file(self) -> bool:
        """False for our own reports and for the empty objects that consoles create for folders."""
        return not self.key.endswith(REPORT_SUFFIX) and not (self.key.endswith("/") and self.size == 0)


def parse_drop_key(key: str) -> tuple[str, DocumentKind, str | None, str]:
    """Return (assessment, kind, student, media type) of an unquoted drop key.

    Raises
    ------
    InvalidDropKey
        The key does not follow the grammar.
    """
    parts = key.removeprefix(PREFIX).split("/")
    name = parts[-1]
    media_type = media_types.media_type_from_name(name)
    stem = name.rpartition(".")[0]
    if not key.startswith(PREFIX) or media_type is None:
        raise errors.InvalidDropKey(_KEY_FORMAT_HELP)
    try:
        match parts:
            case [assessment, _] if stem in _KINDS_BY_STEM:
                return parse_assessment(assessment), _KINDS_BY_STEM[stem], None, media_type
            case [assessment, folder, _] if folder == _SHEETS_FOLDER:
                student = parse_student(stem)
                if student is not None:
                    return parse_assessment(assessment), DocumentKind.ANSWER_SHEET, student, media_type
    except errors.RequestRefused as refused:
        raise errors.InvalidDropKey(f"{refused.message} {_KEY_FORMAT_HELP}") from None
    raise errors.InvalidDropKey(_KEY_FORMAT_HELP)


def accept_dropped_object(
    dropped_object: DroppedObject, context: IntakeContext, *, tenant: str, max_bytes: int
) -> Submission:
    """Start the execution of a dropped object. This is one call; the object is not read.

    Raises
    ------
    InvalidDropKey, EmptyFile, FileTooLarge
        The object is refused; `write_refusal_report` makes that visible.
    """
    assessment, kind, student, media_type = parse_drop_key(dropped_object.key)
    if dropped_object.size == 0:
        raise errors.EmptyFile("The file is empty (0 bytes). Please put the document itself.")
    if dropped_object.size > max_bytes:
        raise errors.FileTooLarge(f"The file has {dropped_object.size} bytes; at most {max_bytes} can be read.")
    submission_id = submission_id_from_object(
        context.secret, bucket=dropped_object.bucket, key=dropped_object.key, version_id=dropped_object.version_id
    )
    # The key may name a student, so it is encrypted.
    encrypted_key = context.cipher.encrypt(dropped_object.key, associated_data=submission_id)
    submission = Submission(
        id=submission_id,
        run=1,
        tenant=tenant,
        assessment=assessment,
        kind=kind,
        student=context.cipher.encrypt(student, associated_data=submission_id) if student else None,
        channel=IntakeChannel.DROP,
        received_at=dropped_object.event_time,
        file=SourceFile(
            dropped_object.bucket, encrypted_key, dropped_object.version_id, dropped_object.size, None, media_type
        ),
    )
    context.starter.start(submission)
    return submission


def write_refusal_report(dropped_object: DroppedObject, error: errors.PermanentError, context: IntakeContext) -> None:
    """Write a report next to a refused object. The object itself is kept."""
    report = {"refused": type(error).__name__, "message": error.message, "size": dropped_object.size, "at": now()}
    context.s3.put_object(
        Bucket=dropped_object.bucket,
        Key=dropped_object.key + REPORT_SUFFIX,
        Body=json.dumps(report, ensure_ascii=False, indent=2).encode(),
        ContentType="application/json",
    )

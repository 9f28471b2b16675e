"""An API body comes in: put in the temp bucket, start the execution, answer. Two calls, nothing between."""

import base64
import hashlib
from dataclasses import dataclass, replace
from typing import Any

from core import errors, filetypes
from core.clock import now
from core.seal import Seal
from core.submission import Door, Kind, Submission, id_from_content
from core.table import Item
from receive.claims import METADATA_NAME, Claims
from receive.repeats import Starting

PREFIX = "incoming/"
# How often a file is written that others write and tidy away meanwhile.
_TRIES = 4


@dataclass(frozen=True, slots=True)
class Offer:
    """A file as it stands at the API's door. `media_type` and `name` are what the sender declares."""

    tenant: str
    assessment: str
    kind: Kind
    student: str | None
    body: bytes
    media_type: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Desk:
    """What every way in works with: the identity secret, the temp bucket and the two services."""

    secret: bytes
    seal: Seal
    bucket: str
    s3: Any
    starting: Starting


def accept(offer: Offer, desk: Desk) -> Submission:
    """Keep the bytes, start their execution, and say under which id.

    When this returns the file is durable in the temp bucket and its execution exists. The same file sent
    again finds the first one's object and execution and gives the same submission; after its erasure it
    begins anew, in a run of its own.

    Raises
    ------
    EmptyFile, UnsupportedFileType, FileTypeMismatch
        The body is nothing that is read; nothing was written.
    """
    media_type = check_body(offer)
    sha256 = hashlib.sha256(offer.body).hexdigest()
    submission_id = id_from_content(
        desk.secret,
        tenant=offer.tenant,
        assessment=offer.assessment,
        kind=offer.kind,
        student=offer.student,
        sha256=sha256,
    )
    claims = Claims(
        offer.tenant, offer.assessment, offer.kind, offer.student, sha256, len(offer.body), media_type, now()
    )
    claims, version_id, stood = _put(submission_id, offer.body, claims, desk)
    submission = _received(submission_id, claims, version_id, desk)
    started = desk.starting.start(submission)
    if started and not stood:
        return submission
    found = desk.starting.record(submission_id)
    if found is not None and "erased_at" in found:
        return _anew(submission_id, offer.body, claims, found, desk)
    desk.starting.repeat(submission_id, found, now())
    return submission


def _received(submission_id: str, claims: Claims, version_id: str, desk: Desk) -> Submission:
    return claims.submission(
        submission_id,
        desk.seal,
        door=Door.API,
        bucket=desk.bucket,
        key=_key(submission_id),
        version_id=version_id,
        received_at=claims.received_at or now(),
    )


def _key(submission_id: str) -> str:
    return PREFIX + submission_id


def _anew(submission_id: str, body: bytes, claims: Claims, stone: Item, desk: Desk) -> Submission:
    """What was erased begins anew, from bytes that were received after it."""
    claims, version_id, _ = _put(submission_id, body, replace(claims, received_at=now()), desk, over=True)
    return desk.starting.anew(_received(submission_id, claims, version_id, desk), stone)


def check_body(offer: Offer) -> str:
    """The body's media type by its content, held against what is declared."""
    if not offer.body:
        raise errors.EmptyFile("The file is empty (0 bytes). Please send the document itself.")
    found = filetypes.sniff(offer.body[:1024])
    if found is None:
        raise errors.UnsupportedFileType(f"The file is not {filetypes.READABLE}.")
    for declared in (filetypes.declared(offer.media_type), filetypes.by_name(offer.name or "")):
        if declared is not None and declared != found:
            raise errors.FileTypeMismatch(f"The file says it is {declared}, but its content is {found}.")
    return found


def _put(
    submission_id: str, body: bytes, claims: Claims, desk: Desk, *, over: bool = False
) -> tuple[Claims, str, bool]:
    """Write the object once. Where it stands already, its own claims and version are the ones that count, and the
    last value is true. With `over` it is written whatever stands there."""
    key = _key(submission_id)
    for _ in range(_TRIES):
        try:
            return claims, _written(key, body, claims.sealed(desk.seal, submission_id), claims, desk, over=over), False
        except desk.s3.exceptions.ClientError as error:
            # 412: it stands already. 409: somebody else is writing the same object at this moment.
            if _status(error) not in (409, 412):
                raise
        try:
            standing = desk.s3.head_object(Bucket=desk.bucket, Key=key)
        except desk.s3.exceptions.ClientError as error:
            # Read and kept in this moment, it has been tidied away: there is room to write it again.
            if _status(error) not in (403, 404):
                raise
        else:
            found = Claims.unsealed(standing["Metadata"][METADATA_NAME], desk.seal, submission_id)
            return found, standing["VersionId"], True
    raise errors.ServiceUnavailable("The same file comes and goes at this moment. Please send it again.")


def _written(key: str, body: bytes, sealed: str, claims: Claims, desk: Desk, *, over: bool) -> str:
    """The version that one put has made."""
    answer = desk.s3.put_object(
        Bucket=desk.bucket,
        Key=key,
        Body=body,
        ContentType=claims.media_type,
        ChecksumSHA256=base64.b64encode(bytes.fromhex(claims.sha256)).decode(),
        Metadata={METADATA_NAME: sealed},
        **({} if over else {"IfNoneMatch": "*"}),
    )
    return str(answer["VersionId"])


def _status(error: Any) -> int:
    return int(error.response["ResponseMetadata"]["HTTPStatusCode"])


def start_again(submission_id: str, desk: Desk, version_id: str) -> Submission:
    """Start what lies in the temp bucket and has no execution, from the object alone (the sweep has found it)."""
    found = desk.s3.head_object(Bucket=desk.bucket, Key=_key(submission_id), VersionId=version_id)
    claims = Claims.unsealed(found["Metadata"][METADATA_NAME], desk.seal, submission_id)
    submission = _received(submission_id, claims, version_id, desk)
    if not desk.starting.start(submission):
        found = desk.starting.record(submission_id)
        if found is not None and submission.received_at > found.get("erased_at", "~"):
            return desk.starting.anew(submission, found)
    return submission

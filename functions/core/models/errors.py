"""Errors that cross a component boundary: the class name is the contract, the message is a sentence for a person.

Step Functions sees a raised error as its class name (`ErrorEquals`), an API client as the `type` of a problem
document. A class must therefore never be renamed here alone; a test compares the lists.

Four families:

* `TransientError`: the same call may succeed later. The state machine retries it by name.
* `DocumentRejected`: the document is at fault. The submission ends as REJECTED with this message.
* `NothingFound`: a paper or answer key was read, but contains nothing to mark by. It also ends as REJECTED.
* `RequestRefused`: the caller is at fault and gets an HTTP status. Nothing was written.
"""


class GradelineError(Exception):
    """Base of all errors here. `str(error)` is a whole sentence."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class TransientError(GradelineError):
    """The same call may succeed later."""


class PermanentError(GradelineError):
    """The same call will fail again."""


# ── transient ────────────────────────────────────────────────────────────────────────────────────


class ServiceUnavailable(TransientError):
    """An AWS service answered with a throttle, a 5xx or not at all, after the client's own retries."""


class ReadingIncomplete(TransientError):
    """Some pages could not be read in this attempt. A document is never finished with a page missing."""

    def __init__(self, message: str, pages: tuple[int, ...] = ()) -> None:
        super().__init__(message)
        self.pages = pages


class CopyNotVerified(TransientError):
    """The durable copy does not carry the checksum of the source."""


# ── the document is at fault: REJECTED ───────────────────────────────────────────────────────────


class DocumentRejected(PermanentError):
    """The document cannot be read, and sending it again will not help. The file is stored nevertheless."""


class EmptyFile(DocumentRejected):
    """The file has 0 bytes."""


class FileTooLarge(DocumentRejected):
    """The file has more bytes than the limit."""


class UnsupportedFileType(DocumentRejected):
    """The content is not a PDF, JPEG, PNG or TIFF, whatever the file's name says."""


class FileTypeMismatch(DocumentRejected):
    """The content is of another type than the name or the header declares."""


class EncryptedDocument(DocumentRejected):
    """The PDF requires a password."""


class NoPages(DocumentRejected):
    """The PDF or TIFF has no pages."""


class TooManyPages(DocumentRejected):
    """The document has more pages than the limit."""


class PageTooLarge(DocumentRejected):
    """A page or image is larger than the limit (points, pixels)."""


class DamagedDocument(DocumentRejected):
    """The file cannot be parsed."""


class ReadingLimitExceeded(DocumentRejected):
    """Opening the file exceeded the limit of time or memory."""


class PageUnreadable(DocumentRejected):
    """Textract permanently refuses a page; the message names the pages."""


# ── read, but contains nothing to mark by: REJECTED ──────────────────────────────────────────────


class NothingFound(PermanentError):
    """A paper or answer key was read, but contains no questions or answers. `grade` ends such a submission itself."""


class NoQuestionsFound(NothingFound):
    """A question paper without a question: blank, a letter, a photograph of something else."""


class NoAnswersFound(NothingFound):
    """An answer key without an answer.

    `before_paper`: the assessment had no question paper yet, which shows where the answers are.
    """

    def __init__(self, message: str, *, before_paper: bool = False) -> None:
        super().__init__(message)
        self.before_paper = before_paper


# ── internal, and final for this run ─────────────────────────────────────────────────────────────


class PaperNotReady(PermanentError):
    """The sheet's question paper has not been prepared yet: the sheet is parked, it has not failed."""


class ReadingTakesLong(PermanentError):
    """Page by page, this document would hold the account's quota for minutes: an asynchronous job reads it instead."""


class SubmissionErased(PermanentError):
    """The submission was erased during the run; nothing more of it is written."""


class LanesDisagree(PermanentError):
    """The bytes that were read are not the bytes that were stored."""


# ── the caller is at fault: refused with an HTTP status ──────────────────────────────────────────


class RequestRefused(PermanentError):
    """A request that is refused when it arrives.

    `status` is the HTTP status, the class name the problem type. `retry_after`: seconds after which the same request
    would be accepted, None if it never will be.
    """

    status = 400
    retry_after: int | None = None


class MissingAssessment(RequestRefused):
    """The request names no assessment."""


class InvalidAssessment(RequestRefused):
    """The assessment's name has characters that a key cannot contain."""


class UnknownKind(RequestRefused):
    """The kind is not the name of a kind of document."""


class InvalidStudent(RequestRefused):
    """The student's label is too long or has characters that a name cannot contain."""


class InvalidHeader(RequestRefused):
    """A header or form field is not valid UTF-8, or a number is not a number."""


class InvalidCursor(RequestRefused):
    """A list was requested from a cursor that the API has not returned."""


class InvalidDropKey(RequestRefused):
    """The key of an object in the drop folder does not follow the grammar."""


class InvalidUpload(RequestRefused):
    """The body of an upload request is not what it declares to be."""


class InvalidMarkingScheme(RequestRefused):
    """The marking scheme does not follow the schema; the message names line and field."""

    status = 422


class InvalidPaper(RequestRefused):
    """The corrected question tree is not valid; the message names the position in it."""

    status = 422


class InvalidRoster(RequestRefused):
    """The roster is not a CSV of names or numbers; the message names the line."""

    status = 422


class InvalidSettings(RequestRefused):
    """The tenant's settings are not valid; the message says what is allowed."""

    status = 422


class PayloadTooLarge(RequestRefused):
    """The body is larger than this endpoint accepts."""

    status = 413


class NotFound(RequestRefused):
    """Not found for this tenant."""

    status = 404


class InvalidPublication(RequestRefused):
    """The body of a publication request is not valid."""

    status = 422


class FeedbackTooLarge(RequestRefused):
    """The feedback of a whole class does not fit into one response."""

    status = 413


class NotPublished(RequestRefused):
    """The marks are not published yet."""

    status = 409


class UnknownPlatform(RequestRefused):
    """The platform is not one that marks can be exported for."""


class GradebookIncomplete(RequestRefused):
    """A student has no id, or one that would not survive the export unchanged."""

    status = 422


class NotMarked(RequestRefused):
    """The submission has no marks to change: it is still in progress, or is not a marked sheet."""

    status = 409


class InvalidMark(RequestRefused):
    """The change is not a mark that this question can have; the message says which are."""

    status = 422


class InvalidAnswer(RequestRefused):
    """The corrected answer is not text that could be on a sheet; the message says why."""

    status = 422


class ChangedMeanwhile(RequestRefused):
    """The resource has changed since the client read it (If-Match)."""

    status = 412


class NotPermitted(RequestRefused):
    """The token names no tenant."""

    status = 403


class UploadIncomplete(RequestRefused):
    """`complete` was called before the file arrived, or the file is not the declared one."""

    status = 409


class TooManyFiles(RequestRefused):
    """The tenant has sent as many files in this minute as its operator allows."""

    status = 429

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after

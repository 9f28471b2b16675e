"""Every error that travels: its name is the contract, its message is a sentence for a person.

Step Functions sees a raised error as its class name (`ErrorEquals`), the API as a problem's `type`,
so a class here is never renamed without renaming it there; a test holds the lists together.

Four families:

* `TransientError`: the same call may succeed later. The state machine retries it by name.
* `DocumentRejected`: the document's fault. The submission ends as REJECTED with this sentence.
* `NothingFound`: a paper or key that was read, but holds nothing to mark by. It ends as REJECTED, too.
* `RequestRefused`: the caller's fault, said at the door with an HTTP status. Nothing was written.
"""


class GradelineError(Exception):
    """Base of all. `str(error)` is a whole sentence."""

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
    """Some pages could not be read this time. A document is never done with a page missing."""

    def __init__(self, message: str, pages: tuple[int, ...] = ()) -> None:
        super().__init__(message)
        self.pages = pages


class CopyNotVerified(TransientError):
    """The durable copy does not carry the checksum of the source."""


# ── the document's fault: REJECTED ───────────────────────────────────────────────────────────────


class DocumentRejected(PermanentError):
    """The document cannot be read, and sending it again will not help. The file is still stored."""


class EmptyFile(DocumentRejected):
    """0 bytes."""


class FileTooLarge(DocumentRejected):
    """More bytes than the limit."""


class UnsupportedFileType(DocumentRejected):
    """Not a PDF, JPEG, PNG or TIFF, whatever its name says."""


class FileTypeMismatch(DocumentRejected):
    """The content is of another type than the name or the header declares."""


class EncryptedDocument(DocumentRejected):
    """A PDF that asks for a password."""


class NoPages(DocumentRejected):
    """A PDF or TIFF without a page."""


class TooManyPages(DocumentRejected):
    """More pages than the limit."""


class PageTooLarge(DocumentRejected):
    """A page or picture larger than can be read (points, pixels)."""


class DamagedDocument(DocumentRejected):
    """The file cannot be parsed."""


class ReadingLimitExceeded(DocumentRejected):
    """Opening the file took more time or memory than a document may."""


class PageUnreadable(DocumentRejected):
    """Textract refuses a page for good; the message names the pages."""


# ── read, but nothing to mark by: REJECTED ───────────────────────────────────────────────────────


class NothingFound(PermanentError):
    """A paper or answer key was read, but what it was sent for was not found in it. `grade` ends it by itself."""


class NoQuestionsFound(NothingFound):
    """A question paper without a question: blank, a letter, a photograph of something else."""


class NoAnswersFound(NothingFound):
    """An answer key without an answer. `before_paper`: its question paper, which says where to look, was not there."""

    def __init__(self, message: str, *, before_paper: bool = False) -> None:
        super().__init__(message)
        self.before_paper = before_paper


# ── ours, and final for this run ─────────────────────────────────────────────────────────────────


class PaperNotReady(PermanentError):
    """The sheet's question paper has not been prepared yet: the sheet is parked, not failed."""


class ReadingTakesLong(PermanentError):
    """Page by page this document would hold the account's quota for minutes: an asynchronous job reads it."""


class SubmissionErased(PermanentError):
    """The submission was erased meanwhile; nothing of it is written any more."""


class LanesDisagree(PermanentError):
    """The bytes that were read are not the bytes that were stored."""


# ── the caller's fault: said at the door ─────────────────────────────────────────────────────────


class RequestRefused(PermanentError):
    """A request that is refused at the door. `status` is the HTTP status, the class name the type; `retry_after` the
    seconds behind which the same request would be taken, None where it never is."""

    status = 400
    retry_after: int | None = None


class MissingAssessment(RequestRefused):
    """No assessment is named."""


class InvalidAssessment(RequestRefused):
    """The assessment's name has characters that cannot stand in a key."""


class UnknownKind(RequestRefused):
    """Not one of question_paper, answer_key, answer_sheet."""


class InvalidStudent(RequestRefused):
    """The student's label is too long or holds characters that cannot stand in a name."""


class InvalidHeader(RequestRefused):
    """A header or form field is not valid UTF-8, or a number is not a number."""


class InvalidCursor(RequestRefused):
    """A list is asked for from a place that no answer has named."""


class InvalidDropKey(RequestRefused):
    """An object in the drop folder whose key does not follow the grammar."""


class InvalidUpload(RequestRefused):
    """The body of an upload request is not what it says."""


class InvalidMarkingScheme(RequestRefused):
    """The marking scheme does not follow the schema; the message names line and field."""

    status = 422


class InvalidPaper(RequestRefused):
    """The corrected question tree cannot be one; the message names the place in it."""

    status = 422


class InvalidRoster(RequestRefused):
    """The roster is no CSV of names or numbers; the message names the line."""

    status = 422


class InvalidSettings(RequestRefused):
    """The tenant's settings are not what they may be; the message says what is."""

    status = 422


class PayloadTooLarge(RequestRefused):
    """The body is larger than this door takes."""

    status = 413


class NotFound(RequestRefused):
    """No such thing for this tenant."""

    status = 404


class InvalidPublication(RequestRefused):
    """The body of a publication is not what it has to be."""

    status = 422


class FeedbackTooLarge(RequestRefused):
    """The feedback of a whole class does not fit into one answer."""

    status = 413


class NotPublished(RequestRefused):
    """The marks are still held; they go out when a teacher publishes them."""

    status = 409


class UnknownPlatform(RequestRefused):
    """Nobody knows how that platform imports marks."""


class GradebookIncomplete(RequestRefused):
    """A student has no id, or one that would not arrive as it is."""

    status = 422


class NotMarked(RequestRefused):
    """A mark is to be changed where there are none (yet): the submission is under way, or is no marked sheet."""

    status = 409


class InvalidMark(RequestRefused):
    """The change is no mark that this question can have; the message says which it can."""

    status = 422


class InvalidAnswer(RequestRefused):
    """The correction of a reading is no text that could stand on a sheet; the message says why."""

    status = 422


class ChangedMeanwhile(RequestRefused):
    """Somebody else has changed it since it was looked at (If-Match)."""

    status = 412


class NotPermitted(RequestRefused):
    """The token names no tenant."""

    status = 403


class UploadIncomplete(RequestRefused):
    """`complete` was called before the file had arrived, or the file is not the one declared."""

    status = 409


class TooManyFiles(RequestRefused):
    """The tenant has sent as many files in this minute as its operator allows."""

    status = 429

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after

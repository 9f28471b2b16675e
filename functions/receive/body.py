"""The body of `POST /submissions`: the file itself, or a form (multipart) that carries it."""

from dataclasses import dataclass, field

from core import errors


@dataclass(slots=True)
class Form:
    """A form's text fields, and its one file with what its part declares."""

    fields: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    media_type: str | None = None
    name: str | None = None


def parse_form(content_type: str, body: bytes) -> Form:
    """A multipart/form-data body with one file part.

    Raises
    ------
    InvalidHeader
        A part's header or text is not UTF-8.
    InvalidUpload
        The body is not the form it says, or has no file, or more than one.
    """
    # Here, because most submissions come as they are and need no form parser.
    from python_multipart.exceptions import FormParserError
    from python_multipart.multipart import Field, File, FormParser, parse_options_header

    _, options = parse_options_header(content_type)
    form = Form()
    files: list[File] = []

    def on_field(part: Field) -> None:
        form.fields[_text(part.field_name)] = _text(part.value)

    try:
        parser = FormParser(
            "multipart/form-data",
            on_field,
            files.append,
            boundary=options.get(b"boundary"),
            config={"MAX_MEMORY_FILE_SIZE": len(body) + 1},
        )
        parser.write(body)
        parser.finalize()
    except FormParserError as error:
        raise errors.InvalidUpload(f"The form cannot be read: {error}.") from None
    if len(files) != 1:
        raise errors.InvalidUpload("A form carries exactly one file (a part with a filename).")
    part = files[0]
    part.file_object.seek(0)
    form.body = part.file_object.read()
    form.name = _text(part.file_name)
    form.media_type = _text(part.content_type)
    return form


def _text(raw: bytes | str | None) -> str:
    try:
        return raw if isinstance(raw, str) else (raw or b"").decode("utf-8")
    except UnicodeDecodeError:
        raise errors.InvalidHeader("A header or form field is not valid UTF-8 text.") from None

"""Text that every store and every service takes."""


def well_formed(text: str) -> str:
    """The text with each half of a surrogate pair that stands alone replaced by U+FFFD, and without NUL.

    JSON may hold half a character (`"\\ud83d"`); Python reads it, but cannot write it as UTF-8.
    """
    return text.replace("\0", "").encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")

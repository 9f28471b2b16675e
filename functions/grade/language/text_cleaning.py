"""Normalises the text of a line from OCR: one form for each character, no invisible ones, dotted lines as a blank."""

import re
import unicodedata

BLANK = "____"
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]")
_DOT_LEADERS = re.compile(r"(?:[.·…_‥]\s?){5,}|…{2,}|_{3,}")


def clean_line(text: str) -> str:
    """The line with half-width forms, without invisible characters, and with each dotted line as one blank."""
    text = _INVISIBLE.sub("", text)
    text = "".join(unicodedata.normalize("NFKC", c) if "\uff01" <= c <= "\uff5e" else c for c in text)
    text = text.replace("\u00a0", " ").replace("\u3000", " ").replace("【", "[").replace("】", "]")
    return _DOT_LEADERS.sub(f" {BLANK} ", text).strip(" \r\n")

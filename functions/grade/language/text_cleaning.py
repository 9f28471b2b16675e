"""A line as it was read, made plain: one form for each sign, nothing invisible, dotted lines as a blank."""

import re
import unicodedata

BLANK = "____"
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]")
_DOT_LEADERS = re.compile(r"(?:[.·…_‥]\s?){5,}|…{2,}|_{3,}")


def clean_line(text: str) -> str:
    """Full-width forms as their plain ones, invisible characters gone, dotted lines as one blank."""
    text = _INVISIBLE.sub("", text)
    text = "".join(unicodedata.normalize("NFKC", c) if "\uff01" <= c <= "\uff5e" else c for c in text)
    text = text.replace("\u00a0", " ").replace("\u3000", " ").replace("【", "[").replace("】", "]")
    return _DOT_LEADERS.sub(f" {BLANK} ", text).strip(" \r\n")

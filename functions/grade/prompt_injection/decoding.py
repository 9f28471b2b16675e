"""Decodes text hidden in an answer: entities, percent encoding, escapes, hexadecimal, Base64, ROT13, superscripts.

Decoded text is only used for detection. "20 %" or a superscript alone is not a finding: the decoded text has to
address the grader.
"""

import base64
import binascii
import codecs
import html
import re
import unicodedata
from collections.abc import Callable, Iterator
from urllib.parse import unquote

_BRACKETS = re.compile(r"[ \t]{0,8}[(\[{][^()\[\]{}\n]{1,30}[)\]}][ \t]*")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2}))")
_HEX = re.compile(r"(?:\b(?:0x)?[0-9a-fA-F]{2}[ \t,]*){8,}")
_BITS = re.compile(r"(?:\b[01]{8}\b[ \t]*){4,}")
_BASE64 = re.compile(r"(?<![\w/+])[A-Za-z0-9+/]{16,}={0,2}")


def decode_variants(line: str) -> Iterator[str]:
    """The line decoded by each of the encodings, where the result differs from the line."""
    for decode in (
        _decode_entities,
        unquote,
        _decode_escapes,
        _normalize_unicode,
        _strip_brackets,
        _decode_hexadecimal,
        _decode_binary,
        _decode_base64,
        _decode_rot13,
    ):
        plain = decode(line)
        if plain != line and plain.strip():
            yield plain


def _decode_entities(line: str) -> str:
    return html.unescape(line) if "&" in line else line


def _decode_escapes(line: str) -> str:
    return _ESCAPE.sub(lambda match: chr(int(match[1] or match[2], 16)), line)


def _normalize_unicode(line: str) -> str:
    """Compatibility characters, such as superscripts, as plain letters."""
    return unicodedata.normalize("NFKC", line)


def _strip_brackets(line: str) -> str:
    """The line without words in brackets, if there are at least two of them between the words of a sentence."""
    return _BRACKETS.sub(" ", line) if len(_BRACKETS.findall(line)) > 1 else line


def _decode_rot13(line: str) -> str:
    return codecs.encode(line, "rot13")


def _decode_hexadecimal(line: str) -> str:
    return _HEX.sub(lambda match: _decode_or_keep(bytes.fromhex, re.sub(r"0x|[\s,]", "", match[0]), match[0]), line)


def _decode_binary(line: str) -> str:
    return _BITS.sub(
        lambda match: _decode_or_keep(lambda bits: bytes(int(one, 2) for one in bits.split()), match[0]), line
    )


def _decode_base64(line: str) -> str:
    return _BASE64.sub(
        lambda match: _decode_or_keep(
            lambda text: base64.b64decode(text + "=" * (-len(text) % 4), validate=True), match[0]
        ),
        line,
    )


def _decode_or_keep(decode: Callable[[str], bytes], encoded: str, original: str | None = None) -> str:
    """The decoded text, or `original` (by default `encoded`) if it does not decode to printable ASCII."""
    original = encoded if original is None else original
    try:
        plain = decode(encoded.rstrip("=") if decode is not bytes.fromhex else encoded).decode("ascii")
    except (ValueError, binascii.Error):
        return original
    return f"{plain} " if plain.isprintable() else original

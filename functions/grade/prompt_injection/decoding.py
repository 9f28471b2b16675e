"""What an answer hides behind a code: entities, percent signs, escapes, hexadecimal, Base64, ROT13, raised letters.

A code is undone for a look only. Nobody is accused for "20 %" or for a superscript: what comes out has to speak to
the grader where the line as written does not.
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
    """What a line says under each code that it may be written in, where that is something else."""
    for undo in (
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
        plain = undo(line)
        if plain != line and plain.strip():
            yield plain


def _decode_entities(line: str) -> str:
    return html.unescape(line) if "&" in line else line


def _decode_escapes(line: str) -> str:
    return _ESCAPE.sub(lambda match: chr(int(match[1] or match[2], 16)), line)


def _normalize_unicode(line: str) -> str:
    """Small and raised letters as plain ones."""
    return unicodedata.normalize("NFKC", line)


def _strip_brackets(line: str) -> str:
    """Without the words in brackets that stand between the words of a sentence."""
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


def _decode_or_keep(undo: Callable[[str], bytes], coded: str, written: str | None = None) -> str:
    """The text behind a code, or what is written where no text is behind it."""
    written = coded if written is None else written
    try:
        plain = undo(coded.rstrip("=") if undo is not bytes.fromhex else coded).decode("ascii")
    except (ValueError, binascii.Error):
        return written
    return f"{plain} " if plain.isprintable() else written

"""One page of a PDF as a document of its own: its own bytes, nothing of the other pages.

pypdf cuts, because it lets a page's resources be pruned: producers like to give all pages one dictionary of all
pictures, and a page that brings them all would send the whole file once a page. What pypdf cannot parse, PDFium
cuts; what neither can cut to a size that one call takes is drawn.
"""

import gc
import io
import logging
import mmap
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any, cast

from extract.limits import CALL_BYTES, CALL_POINTS_A_SIDE
from extract.pdf_file import PdfFile

_NAME = re.compile(rb"/([^\s/<>\[\](){}%]+)")
_ESCAPED = re.compile(r"#([0-9A-Fa-f]{2})")
_KEPT = ("/Type", "/MediaBox", "/CropBox", "/Rotate", "/UserUnit", "/Resources", "/Contents", "/Group")
_OPENING_SECONDS, _CUTTING_SECONDS = 4.0, 3.0
# Streams above this are not kept in memory once their page is cut.
_SMALL = 65_536
_UNCOLLECTED = 8_000_000


class TookTooLong(Exception):
    """pypdf went past its share of time; PDFium, which is quicker, takes over."""


class PageCutter:
    """Cuts pages of one open file. `mapped` is the same file for a parser that seeks."""

    def __init__(self, file: PdfFile, mapped: mmap.mmap) -> None:
        self._file = file
        self._mapped = mapped
        self._reader: Any = None
        self._given_up = False
        self._uncollected = 0

    def cut(self, index: int, *, flatten: bool = False) -> bytes | None:
        """Page `index` (from 0) as a PDF of one page; None where only a drawing of it can be sent.

        With `flatten`, what is written over the page (form fields, notes, strokes) becomes part of it.
        """
        body = None if flatten else self._by_pypdf(index)
        if body is None:
            body = self._file.copy_of_page(index, flatten=flatten)
        if body is None or len(body) > CALL_BYTES or max(self._file.size_of_page(index)) > CALL_POINTS_A_SIDE:
            return None
        return body

    def fonts(self, index: int) -> frozenset[str]:
        """Which fonts the page uses, by their objects in the file; what cannot be told is a font of its own."""
        reader = self._open()
        unknown = frozenset({f"page {index}"})
        if reader is None:
            return unknown
        try:
            with _at_most(_CUTTING_SECONDS):
                found: set[str] = set()
                # Of one dictionary for all pages, those that this page draws with.
                _collect_fonts(_pruned(reader.pages[index]), found, 0)
                return frozenset(found) or unknown
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 - pypdf raises anything at all on malformed files
            return unknown

    def _by_pypdf(self, index: int) -> bytes | None:
        reader = self._open()
        if reader is None:
            return None
        body = None
        try:
            with _at_most(_CUTTING_SECONDS):
                body = _one_page(reader, index)
                return body
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 - pypdf raises anything at all on malformed files
            return None
        finally:
            _forget_large_streams(reader)
            self._collect(body)

    def _collect(self, body: bytes | None) -> None:
        """What pypdf leaves of a page is tied in cycles, pictures and all: untie it before it adds up."""
        self._uncollected += len(body or b"")
        if self._uncollected > _UNCOLLECTED:
            self._uncollected = 0
            gc.collect()

    def _open(self) -> Any:
        if self._reader is None and not self._given_up:
            self._given_up = True  # until it has opened
            # Imported here: a document whose pages all have a text layer never needs it.
            from pypdf import PdfReader

            logging.getLogger("pypdf").setLevel(logging.CRITICAL)
            try:
                with _at_most(_OPENING_SECONDS):
                    reader = PdfReader(cast("IO[bytes]", self._mapped))
                    # Two parsers that count differently do not mean the same page.
                    if len(reader.pages) == self._file.pages:
                        self._reader, self._given_up = reader, False
            except MemoryError:
                raise
            except Exception:  # noqa: BLE001 - pypdf raises anything at all on malformed files
                self._reader = None
        return self._reader


@contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    """Interrupt pure Python code after so many seconds of processor time."""

    def interrupt(*_: object) -> None:
        raise TookTooLong

    before = signal.signal(signal.SIGVTALRM, interrupt)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _one_page(reader: Any, index: int) -> bytes:
    from pypdf import PdfWriter
    from pypdf.generic import NameObject

    page = reader.pages[index]
    for key in list(page):
        if key not in _KEPT:
            del page[key]
    page[NameObject("/Resources")] = _pruned(page)
    writer = PdfWriter()
    layers = reader.root_object.get("/OCProperties")
    writer.add_page(page)
    if layers is not None:
        # Without it every layer would show, also those that the author has switched off.
        writer.root_object[NameObject("/OCProperties")] = layers.clone(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _pruned(page: Any) -> Any:
    """The page's resources with only those entries whose names occur in what is drawn with them."""
    from pypdf.generic import DictionaryObject

    resources = _resolved(page.get("/Resources"))
    if not isinstance(resources, dict):
        return DictionaryObject()
    contents = page.get_contents()
    names = _names(contents.get_data() if contents is not None else b"")
    if not _add_names_of_bare_forms(resources, names):
        return resources
    kept = DictionaryObject()
    for category, entries in resources.items():
        entries = _resolved(entries)  # noqa: PLW2901
        if isinstance(entries, dict):
            kept[category] = DictionaryObject({name: item for name, item in entries.items() if name in names})
        else:
            kept[category] = entries
    return kept


def _names(content: bytes) -> set[str]:
    return {"/" + _plain(name.decode("latin-1")) for name in _NAME.findall(content)}


def _plain(name: str) -> str:
    return _ESCAPED.sub(lambda code: chr(int(code.group(1), 16)), name) if "#" in name else name


def _add_names_of_bare_forms(resources: Any, names: set[str]) -> bool:
    """Forms, patterns and fonts without resources of their own draw with the page's: their names count as well.

    False where that cannot be told, and everything is to be kept.
    """
    done: set[str] = set()
    for category in ("/XObject", "/Pattern"):
        entries = _resolved(resources.get(category)) or {}
        while waiting := [name for name in entries if name in names and f"{category} {name}" not in done]:
            for name in waiting:
                done.add(f"{category} {name}")
                item = _resolved(entries[name])
                draws = category == "/Pattern" or item.get("/Subtype") == "/Form"
                if draws and "/Resources" not in item and callable(getattr(item, "get_data", None)):
                    names |= _names(item.get_data())
    for font in (_resolved(resources.get("/Font")) or {}).values():
        item = _resolved(font)
        if item.get("/Subtype") == "/Type3" and "/Resources" not in item:
            return False
    return True


def _collect_fonts(resources: Any, found: set[str], depth: int) -> None:
    resources = _resolved(resources)
    if not isinstance(resources, dict) or depth > 4:
        return
    for font in (_resolved(resources.get("/Font")) or {}).values():
        found.add(f"object {font.idnum}" if hasattr(font, "idnum") else f"direct {id(font)}")
    for item in (_resolved(resources.get("/XObject")) or {}).values():
        form = _resolved(item)
        if form.get("/Subtype") == "/Form":
            _collect_fonts(form.get("/Resources"), found, depth + 1)


def _resolved(item: Any) -> Any:
    get: Callable[[], Any] | None = getattr(item, "get_object", None)
    return get() if get else item


def _forget_large_streams(reader: Any) -> None:
    """pypdf keeps every object it has read; a scan's pictures would add up to the whole file."""
    kept = reader.resolved_objects
    for key in [key for key, item in kept.items() if len(getattr(item, "_data", b"")) > _SMALL]:
        del kept[key]

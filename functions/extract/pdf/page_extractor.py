"""Extracts one page of a PDF as a document of its own, without the other pages' data.

pypdf extracts, because it allows to prune a page's resources: many producers give all pages one dictionary of all
images, and a page that kept them all would send the whole file once a page. If pypdf cannot parse the file, PDFium
copies the page; a page that neither makes small enough for one OCR call is rendered instead.
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

from extract.limits import MAX_CALL_BYTES, MAX_CALL_POINTS_PER_SIDE
from extract.pdf.pdf_file import PdfFile

_NAME = re.compile(rb"/([^\s/<>\[\](){}%]+)")
_ESCAPED = re.compile(r"#([0-9A-Fa-f]{2})")
_PAGE_KEYS = ("/Type", "/MediaBox", "/CropBox", "/Rotate", "/UserUnit", "/Resources", "/Contents", "/Group")
_MAX_OPEN_SECONDS, _MAX_EXTRACT_SECONDS = 4.0, 3.0
# Streams larger than this are removed from pypdf's cache once their page is extracted.
_MAX_CACHED_STREAM_BYTES = 65_536
_MAX_UNCOLLECTED_BYTES = 8_000_000


class PypdfTimeout(Exception):
    """pypdf exceeded its processor time; PDFium, which is faster, takes over."""


class PageExtractor:
    """Extracts pages of one open file. `mapped` is the same file, memory-mapped for pypdf."""

    def __init__(self, file: PdfFile, mapped: mmap.mmap) -> None:
        self._file = file
        self._mapped = mapped
        self._reader: Any = None
        self._is_unusable = False
        self._uncollected = 0

    def extract_page(self, index: int, *, flatten: bool = False) -> bytes | None:
        """Page `index` (from 0) as a PDF of one page; None if it does not fit into one call and must be rendered.

        With `flatten` the annotations (form fields, notes, strokes) become part of the page.
        """
        body = None if flatten else self._extract_with_pypdf(index)
        if body is None:
            body = self._file.copy_page(index, flatten=flatten)
        if (
            body is None
            or len(body) > MAX_CALL_BYTES
            or max(self._file.get_page_size(index)) > MAX_CALL_POINTS_PER_SIDE
        ):
            return None
        return body

    def fonts(self, index: int) -> frozenset[str]:
        """The fonts that the page uses, by their objects in the file; if they are unknown, one name for this page."""
        reader = self._open()
        unknown = frozenset({f"page {index}"})
        if reader is None:
            return unknown
        try:
            with _limit_cpu_time(_MAX_EXTRACT_SECONDS):
                found: set[str] = set()
                # Pages may share one dictionary of fonts: keep those that this page uses.
                _collect_fonts(_prune_resources(reader.pages[index]), found, 0)
                return frozenset(found) or unknown
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 - pypdf raises anything at all on malformed files
            return unknown

    def _extract_with_pypdf(self, index: int) -> bytes | None:
        reader = self._open()
        if reader is None:
            return None
        body = None
        try:
            with _limit_cpu_time(_MAX_EXTRACT_SECONDS):
                body = _write_single_page(reader, index)
                return body
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 - pypdf raises anything at all on malformed files
            return None
        finally:
            _evict_large_streams(reader)
            self._collect_garbage(body)

    def _collect_garbage(self, body: bytes | None) -> None:
        """Collect garbage after every 8 MB of pages: pypdf's objects form cycles that hold the images in memory."""
        self._uncollected += len(body or b"")
        if self._uncollected > _MAX_UNCOLLECTED_BYTES:
            self._uncollected = 0
            gc.collect()

    def _open(self) -> Any:
        if self._reader is None and not self._is_unusable:
            self._is_unusable = True  # until it has opened
            # Imported here: a document whose pages all have a text layer does not need it.
            from pypdf import PdfReader

            logging.getLogger("pypdf").setLevel(logging.CRITICAL)
            try:
                with _limit_cpu_time(_MAX_OPEN_SECONDS):
                    reader = PdfReader(cast("IO[bytes]", self._mapped))
                    # If the two parsers count different numbers of pages, their page numbers are not the same.
                    if len(reader.pages) == self._file.pages:
                        self._reader, self._is_unusable = reader, False
            except MemoryError:
                raise
            except Exception:  # noqa: BLE001 - pypdf raises anything at all on malformed files
                self._reader = None
        return self._reader


@contextmanager
def _limit_cpu_time(seconds: float) -> Iterator[None]:
    """Raise PypdfTimeout in pure Python code after so many seconds of processor time."""

    def interrupt(*_: object) -> None:
        raise PypdfTimeout

    previous = signal.signal(signal.SIGVTALRM, interrupt)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, previous)


def _write_single_page(reader: Any, index: int) -> bytes:
    from pypdf import PdfWriter
    from pypdf.generic import NameObject

    page = reader.pages[index]
    for key in list(page):
        if key not in _PAGE_KEYS:
            del page[key]
    page[NameObject("/Resources")] = _prune_resources(page)
    writer = PdfWriter()
    layers = reader.root_object.get("/OCProperties")
    writer.add_page(page)
    if layers is not None:
        # Without it every optional content layer would be visible, also those that the author has switched off.
        writer.root_object[NameObject("/OCProperties")] = layers.clone(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _prune_resources(page: Any) -> Any:
    """The page's resources, with only those entries whose names occur in the page's content."""
    from pypdf.generic import DictionaryObject

    resources = _resolve(page.get("/Resources"))
    if not isinstance(resources, dict):
        return DictionaryObject()
    contents = page.get_contents()
    names = _find_names(contents.get_data() if contents is not None else b"")
    if not _add_names_of_bare_forms(resources, names):
        return resources
    pruned = DictionaryObject()
    for category, entries in resources.items():
        entries = _resolve(entries)  # noqa: PLW2901
        if isinstance(entries, dict):
            pruned[category] = DictionaryObject({name: item for name, item in entries.items() if name in names})
        else:
            pruned[category] = entries
    return pruned


def _find_names(content: bytes) -> set[str]:
    return {"/" + _unescape_name(name.decode("latin-1")) for name in _NAME.findall(content)}


def _unescape_name(name: str) -> str:
    return _ESCAPED.sub(lambda code: chr(int(code.group(1), 16)), name) if "#" in name else name


def _add_names_of_bare_forms(resources: Any, names: set[str]) -> bool:
    """Add the names used by forms and patterns without resources of their own, which use the page's.

    Returns False if the names cannot be determined (a Type 3 font without resources): keep everything then.
    """
    visited: set[str] = set()
    for category in ("/XObject", "/Pattern"):
        entries = _resolve(resources.get(category)) or {}
        while pending := [name for name in entries if name in names and f"{category} {name}" not in visited]:
            for name in pending:
                visited.add(f"{category} {name}")
                item = _resolve(entries[name])
                draws = category == "/Pattern" or item.get("/Subtype") == "/Form"
                if draws and "/Resources" not in item and callable(getattr(item, "get_data", None)):
                    names |= _find_names(item.get_data())
    for font in (_resolve(resources.get("/Font")) or {}).values():
        item = _resolve(font)
        if item.get("/Subtype") == "/Type3" and "/Resources" not in item:
            return False
    return True


def _collect_fonts(resources: Any, found: set[str], depth: int) -> None:
    resources = _resolve(resources)
    if not isinstance(resources, dict) or depth > 4:
        return
    for font in (_resolve(resources.get("/Font")) or {}).values():
        found.add(f"object {font.idnum}" if hasattr(font, "idnum") else f"direct {id(font)}")
    for item in (_resolve(resources.get("/XObject")) or {}).values():
        form = _resolve(item)
        if form.get("/Subtype") == "/Form":
            _collect_fonts(form.get("/Resources"), found, depth + 1)


def _resolve(item: Any) -> Any:
    get: Callable[[], Any] | None = getattr(item, "get_object", None)
    return get() if get else item


def _evict_large_streams(reader: Any) -> None:
    """Remove large streams from pypdf's cache, which keeps every object: a scan's images would add up to the file."""
    cached = reader.resolved_objects
    for key in [key for key, item in cached.items() if len(getattr(item, "_data", b"")) > _MAX_CACHED_STREAM_BYTES]:
        del cached[key]

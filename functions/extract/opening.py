"""What a child does with one open file: find out what it is made of and say it page by page.

Frames said: `document` {pages}, then `page` {page, route, …} each, then `done`; or `refused` {error, message},
where `error` is the name of a class in `core.errors`. `docs/reading.md` lists the fields.
"""

import mmap
import os
from collections.abc import Callable
from typing import Any

from core import errors
from core.filetypes import PDF
from extract.limits import Limits

_DAMAGED = "This file is damaged and cannot be opened. Export or scan it again and resend it."
_TOO_MUCH = "Opening this file took more memory than a document may take. Export or scan it again."


def open_document(task: dict[str, Any], file: int, limits: Limits, say: Callable[..., None]) -> None:
    """Do one task on the file: `task` has media_type, strict, `cut` or `drawn` where only some pages are wanted, `job`
    where a job has read some already;
    or media_type and `show`, a page that a person wants to see."""
    try:
        if "show" in task:
            from extract import page_drawing

            page_drawing.draw(task, file, limits, say)
        elif task["media_type"] == PDF:
            from extract import pdf_reading  # loaded before the fork, but not where a test calls this directly

            # Never closed: PDFium still points into it when a refusal passes here. It ends with the child.
            pdf_reading.read(task, mmap.mmap(file, 0, access=mmap.ACCESS_COPY), limits, say)
        else:
            from extract import pictures

            with os.fdopen(os.dup(file), "rb") as stream:
                stream.seek(0)
                pictures.read(task, stream, limits, say)
        say({"type": "done"})
    except errors.DocumentRejected as refusal:
        say({"type": "refused", "error": type(refusal).__name__, "message": refusal.message})
    except MemoryError:
        say({"type": "refused", "error": "ReadingLimitExceeded", "message": _TOO_MUCH})
    except (BrokenPipeError, ConnectionResetError):
        raise
    except Exception:  # noqa: BLE001 - parsers raise anything at all on malformed files
        say({"type": "refused", "error": "DamagedDocument", "message": _DAMAGED})

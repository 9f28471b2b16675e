"""Runs one task on one open file in the sandbox child, and sends the result page by page.

Frames: `document` {pages}, then one `page` {page, route, …} for each page, then `done`; or `refused` {error, message},
where `error` is the name of a class in `core.models.errors`. `docs/reading.md` lists the fields.
"""

import mmap
import os
from collections.abc import Callable
from typing import Any

from core.models import errors
from core.models.media_types import PDF
from extract.limits import DocumentLimits

_DAMAGED = "This file is damaged and cannot be opened. Export or scan it again and resend it."
_OUT_OF_MEMORY = "Opening this file took more memory than a document may take. Export or scan it again."


def run_task(task: dict[str, Any], file: int, limits: DocumentLimits, send_frame: Callable[..., None]) -> None:
    """Run one task on the file.

    To read it, `task` has `media_type` and `strict`; `cut` or `drawn` to get only some pages; `job` if an asynchronous
    job has read some pages. To render a page for people, `task` has `media_type`, `show`, `longest` and `turn`.
    """
    try:
        if "show" in task:
            from extract.sandbox import page_renderer

            page_renderer.render_page_image(task, file, limits, send_frame)
        elif task["media_type"] == PDF:
            from extract.pdf import pdf_reader  # loaded before the fork, except if a test calls this directly

            # Never closed: PDFium still has pointers into it after a refusal. It ends with the child.
            pdf_reader.read_pdf(task, mmap.mmap(file, 0, access=mmap.ACCESS_COPY), limits, send_frame)
        else:
            from extract import images

            with os.fdopen(os.dup(file), "rb") as stream:
                stream.seek(0)
                images.read_images(task, stream, limits, send_frame)
        send_frame({"type": "done"})
    except errors.DocumentRejected as refusal:
        send_frame({"type": "refused", "error": type(refusal).__name__, "message": refusal.message})
    except MemoryError:
        send_frame({"type": "refused", "error": "ReadingLimitExceeded", "message": _OUT_OF_MEMORY})
    except (BrokenPipeError, ConnectionResetError):
        raise
    except Exception:  # noqa: BLE001 - parsers raise anything at all on malformed files
        send_frame({"type": "refused", "error": "DamagedDocument", "message": _DAMAGED})

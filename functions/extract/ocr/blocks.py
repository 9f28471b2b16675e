"""Checks and joins Textract's blocks, so that `trp` can parse them.

`trp` assumes a complete response: it fails on one without Blocks, on a line without Confidence, on a key without
Relationships, and on a part of a job that does not begin with its page; if all pages are listed first, it puts all
text on the last page. Real responses have all of these. So blocks are gathered page by page over all parts of a job,
relationships are kept only if their target exists, and the fields that `trp` requires are filled in.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from core.models import errors

Block = dict[str, Any]

# The block types that a transcript needs; forms, tables and layout are not requested.
_BLOCK_TYPES = frozenset({"LINE", "WORD"})
_NUMBER_TYPES = {int, float}
_FULL_PAGE_BOX = {"Left": 0.0, "Top": 0.0, "Width": 1.0, "Height": 1.0}


@dataclass(slots=True)
class GatheredBlocks:
    """Blocks by page number, the PAGE block first. `missing` holds the numbers of the pages that a job reports as
    failed, or counts without delivering them."""

    pages: dict[int, list[Block]] = field(default_factory=dict)
    missing: set[int] = field(default_factory=set)


def gather_blocks(responses: Iterable[dict[str, Any]]) -> GatheredBlocks:
    """Gather the blocks of all parts of one response, in order.

    Raises
    ------
    ReadingIncomplete
        The job is still running, or the last part has a NextToken.
    PageUnreadable
        The job has failed.
    """
    gathered = GatheredBlocks()
    total, next_token = 0, None
    for part in responses:
        _check_job_status(part)
        total = max(total, _to_positive_int((part.get("DocumentMetadata") or {}).get("Pages"), 0))
        next_token = part.get("NextToken")
        for warning in part.get("Warnings") or ():
            gathered.missing.update(_to_positive_int(page, 0) for page in warning.get("Pages") or ())
        _assign_to_pages(part.get("Blocks") or (), gathered.pages)
    if next_token:
        raise errors.ReadingIncomplete("Textract's response is incomplete: another part follows its last one.")
    gathered.missing.update(number for number in range(1, total + 1) if number not in gathered.pages)
    gathered.missing.discard(0)
    for number, blocks in gathered.pages.items():
        gathered.pages[number] = _prepare_for_trp(blocks)
    return gathered


def _check_job_status(part: dict[str, Any]) -> None:
    status = part.get("JobStatus")
    if status == "IN_PROGRESS":
        raise errors.ReadingIncomplete("Textract has not finished reading this document yet.")
    if status == "FAILED":
        reason = part.get("StatusMessage") or "it gave no reason"
        raise errors.PageUnreadable(f"Textract could not read this document: {reason}.")


def _assign_to_pages(blocks: Iterable[Any], pages: dict[int, list[Block]]) -> None:
    """Append each block to its page. The response for a single page has no page numbers: its blocks follow their PAGE
    block, and the next response begins a new page."""
    last = max(pages, default=0) or 1
    opened = any(block.get("BlockType") == "PAGE" for block in pages.get(last, ()))
    for block in blocks:
        if not isinstance(block, dict) or "Id" not in block:
            continue
        number = _to_positive_int(block.get("Page"), 0)
        if not number:
            if block.get("BlockType") == "PAGE" and opened:
                last += 1
            number = last
        opened = opened or block.get("BlockType") == "PAGE"
        pages.setdefault(number, []).append(block)


def _prepare_for_trp(blocks: list[Block]) -> list[Block]:
    known = {block["Id"] for block in blocks if block.get("BlockType") == "WORD"}
    page = next((block for block in blocks if block.get("BlockType") == "PAGE"), {"Id": "page"})
    first = {"BlockType": "PAGE", "Id": page["Id"], "Geometry": _build_geometry(page), "Confidence": 100.0}
    return [first, *(_fill_missing_fields(block, known) for block in blocks if block.get("BlockType") in _BLOCK_TYPES)]


def _fill_missing_fields(block: Block, known: set[str]) -> Block:
    children = [
        identity
        for relation in block.get("Relationships") or ()
        if relation.get("Type") == "CHILD"
        for identity in relation.get("Ids") or ()
        if identity in known
    ]
    return {
        "BlockType": block["BlockType"],
        "Id": block["Id"],
        "Text": str(block.get("Text") or ""),
        "TextType": block.get("TextType"),
        # Textract always sends a confidence; without one the text is not trusted.
        "Confidence": _to_float(block.get("Confidence"), 0.0),
        "Geometry": block["Geometry"] if _is_complete_geometry(block.get("Geometry")) else _build_geometry(block),
        "Relationships": [{"Type": "CHILD", "Ids": children}] if children else [],
    }


def _is_complete_geometry(geometry: Any) -> bool:
    """Whether no field is missing. True of nearly every block, and far cheaper than rebuilding the geometry."""
    try:
        box, polygon = geometry["BoundingBox"], geometry["Polygon"]
        numbers = [box["Left"], box["Top"], box["Width"], box["Height"]]
        numbers += [number for point in polygon for number in (point["X"], point["Y"])]
    except (KeyError, TypeError):
        return False
    return len(polygon) >= 4 and {*map(type, numbers)} <= _NUMBER_TYPES


def _build_geometry(block: Block) -> dict[str, Any]:
    """Bounding box, and a polygon of four corners, clockwise from the text's own top left."""
    given = block.get("Geometry") or {}
    box = given.get("BoundingBox") or _FULL_PAGE_BOX
    left, top = _to_float(box.get("Left"), 0.0), _to_float(box.get("Top"), 0.0)
    right, bottom = left + _to_float(box.get("Width"), 0.0), top + _to_float(box.get("Height"), 0.0)
    corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    polygon = [(_to_float(p.get("X"), 0.0), _to_float(p.get("Y"), 0.0)) for p in given.get("Polygon") or ()]
    return {
        "BoundingBox": {"Left": left, "Top": top, "Width": right - left, "Height": bottom - top},
        "Polygon": [{"X": x, "Y": y} for x, y in (polygon if len(polygon) >= 4 else corners)],
    }


def _to_float(value: Any, fallback: float) -> float:
    return float(value) if isinstance(value, int | float) else fallback


def _to_positive_int(value: Any, fallback: int) -> int:
    return value if isinstance(value, int) and value > 0 else fallback

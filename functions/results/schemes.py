"""The marking scheme that counts, as it is shown: a key document's entries with a scheme's over them."""

from typing import Any

from core.assessment import QuestionPaper
from core.labels import Finder

Document = dict[str, Any]


def told(key_document: Document | None, scheme: Document | None, paper: Document | None) -> Document | None:
    """One scheme of both, None where there is neither. Each entry says with `id` which question of the paper it is
    for; None where the paper has no such question, or more than one."""
    documents = [document for document in (key_document, scheme) if document]
    if not documents:
        return None
    finder = Finder(QuestionPaper.from_dict(paper)) if paper else None
    entries: dict[str, Document] = {}
    for document in documents:
        for entry in document["entries"]:
            found = finder.find(entry["question"]) if finder else []
            name = found[0].id if len(found) == 1 else None
            entries[name or f"?{entry['question']}"] = {**entry, "id": name}
    newest = documents[-1]
    warnings = dict.fromkeys(warning for document in documents for warning in document.get("warnings", ()))
    return {**newest, "entries": list(entries.values()), "warnings": list(warnings)}

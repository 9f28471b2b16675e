"""python -m release.openapi: writes functions/results/openapi.json and docs/api.md."""

from release.openapi import document, page

if __name__ == "__main__":
    document.FILE.write_text(document.text(), encoding="utf-8")
    page.FILE.write_text(page.text(), encoding="utf-8")

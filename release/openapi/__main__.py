"""python -m release.openapi: writes functions/results/openapi.json and docs/api.md."""

from release.openapi import api_docs, document

if __name__ == "__main__":
    document.FILE.write_text(document.text(), encoding="utf-8")
    api_docs.FILE.write_text(api_docs.text(), encoding="utf-8")

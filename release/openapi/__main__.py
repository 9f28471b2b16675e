"""python -m release.openapi: writes functions/results/openapi.json and docs/api.md."""

from release.openapi import api_docs, build

if __name__ == "__main__":
    build.build()
    api_docs.FILE.write_text(api_docs.text(), encoding="utf-8")

"""python -m release.openapi: writes functions/results/openapi.json."""

from release.openapi.document import FILE, text

if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")

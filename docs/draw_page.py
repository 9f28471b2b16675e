"""Pictures of the page for the README, taken of the samples on the local cloud: `python -m docs.draw_page`.

Needs Chromium (`make browser`).
"""

import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from local.cli.api_client import ApiClient
from local.cloud.local_cloud import ROOT, LocalCloud
from tests.browser.conftest import BROWSER, BROWSER_ARGUMENTS

_HERE = Path(__file__).parent
_NAME = "science"


def main() -> None:
    if BROWSER is None:
        raise SystemExit("There is no Chromium on this machine; `make browser` installs Debian's.")
    with LocalCloud() as cloud, ApiClient(cloud.api_url, cloud.token()) as api, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=BROWSER_ARGUMENTS)
        page = browser.new_page(viewport={"width": 1240, "height": 860})
        samples = ROOT / "samples"
        api.put_scheme(_NAME, (samples / "marking-scheme.yaml").read_bytes(), "application/yaml")
        paper = api.submit(_NAME, "question_paper", (samples / "question-paper.pdf").read_bytes(), media_type="")
        api.submission(paper.id, wait=20)
        page.goto(f"{cloud.api_url}/#/a/{_NAME}")
        for sheet in sorted((samples / "answers").iterdir()):
            student = sheet.stem.replace("-", " ").title()
            api.submit(_NAME, "answer_sheet", sheet.read_bytes(), media_type="", student=student)
        page.locator(".board li").nth(4).wait_for()
        time.sleep(3)  # the lanes have something to show
        shot(page, "page-lanes.png", 860)
        page.locator(".facts div", has_text="marked").locator("dd", has_text="5").wait_for(timeout=120_000)
        page.reload()
        page.locator(".sheets tbody tr").nth(4).wait_for()
        shot(page, "page-class.png", 860)
        page.locator(".sheets tbody tr", has_text="Priya").locator("td.doubtful a").first.click()
        page.locator(".paper img").wait_for()
        page.mouse.move(0, 0)
        shot(page, "page-marking.png", 860)
        browser.close()


def shot(page: Page, name: str, height: int) -> None:
    page.screenshot(path=_HERE / name, clip={"x": 0, "y": 0, "width": 1240, "height": height})
    print(f"docs/{name}")


if __name__ == "__main__":
    main()

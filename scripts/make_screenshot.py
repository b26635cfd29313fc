"""Takes the picture of the explorer in the README: ``flow``, nine steps in.

python scripts/make_screenshot.py [FILE]
"""

from __future__ import annotations

import sys
from pathlib import Path
from threading import Thread

import uvicorn
from ensure_chromium import system_chromium
from playwright.sync_api import ViewportSize, sync_playwright

from whygrad.app.serve import listen, url_of
from whygrad.app.server import create_app

TARGET = Path(__file__).parent.parent / "docs" / "explorer.png"
STEPS = 9


def take(file: Path) -> None:
    """Serve the explorer for as long as it takes to look at it."""
    bound = listen("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(create_app("flow"), log_level="warning", lifespan="off"))
    thread = Thread(target=server.run, kwargs={"sockets": [bound]})
    thread.start()
    try:
        look(url_of(bound), file)
    finally:
        server.should_exit = True
        thread.join()


def look(url: str, file: Path) -> None:
    """Open the page, step on, and take the picture."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=system_chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport=ViewportSize(width=1280, height=800))
        page.goto(url)
        forward = page.get_by_role("button", name="Step forward")
        for _ in range(STEPS):
            forward.click()
        page.mouse.move(0, 0)
        page.evaluate("document.fonts.ready")
        page.screenshot(path=file, animations="disabled")
        browser.close()


if __name__ == "__main__":
    take(Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET)

from collections.abc import Iterator
from pathlib import Path

import pytest
from ensure_chromium import system_chromium
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Page,
    ViewportSize,
    expect,
    sync_playwright,
)

from whygrad.app.serve import in_background
from whygrad.app.server import STATIC, create_app

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
expect.set_options(timeout=20_000)  # a busy machine is no fault of the page
VIEWPORTS = {
    "desktop": ViewportSize(width=1280, height=800),
    "phone": ViewportSize(width=390, height=844),
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("browser")


# Not for the whole session: while Playwright runs, no other test could start an event loop.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=system_chromium(), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def theme() -> str:
    """Parametrize it to see the page in "light" and "dark"."""
    return "light"


@pytest.fixture
def viewport() -> str:
    """Parametrize it to see the page on a "desktop" and a "phone"."""
    return "desktop"


@pytest.fixture
def page(browser: Browser, theme: str, viewport: str) -> Iterator[Page]:
    """A page of its own for each test, which fails if the page complains on its console."""
    complaints: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(f"console {message.type}: {message.text}")

    context = browser.new_context(color_scheme=theme, viewport=VIEWPORTS[viewport])
    page = context.new_page()
    page.on("console", hear)
    page.on("pageerror", lambda error: complaints.append(f"uncaught: {error}"))
    yield page
    context.close()
    assert not complaints, "\n".join(complaints)


@pytest.fixture(scope="package")
def explorer() -> Iterator[str]:
    """The address of the app, which opens on ``flow``."""
    assert (STATIC / "index.html").exists(), "the front end is not built: run `make install`"
    with in_background(create_app("flow")) as address:
        yield address

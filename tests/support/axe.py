"""What axe finds amiss on a page."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

SCRIPT = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"


def violations(page: Page) -> object:
    """Return the rules that a page breaks, each with what breaks it."""
    page.wait_for_load_state("networkidle")
    page.evaluate(SCRIPT.read_text(encoding="utf-8"))
    return page.evaluate(
        "axe.run().then(({ violations }) => violations.map(({ id, nodes }) =>"
        " [id, nodes.map(({ target, failureSummary }) => [target, failureSummary])]))"
    )


def check(page: Page) -> None:
    """Assert that axe finds nothing and that the page fits its width."""
    found = violations(page)
    assert found == [], found
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

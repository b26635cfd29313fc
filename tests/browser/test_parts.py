from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

FINGER = 44
PRESSED = "button, select, summary, [role=tab], .pill"
TOO_SMALL = """([pressed, least]) => [...document.querySelectorAll(pressed)]
  .filter((element) => element.checkVisibility() && !element.matches('.cell, [data-ask]'))
  .filter((element) => element.getBoundingClientRect().height < least - 0.5)
  .map((element) => element.outerHTML.slice(0, 120))"""


@pytest.fixture
def touched(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("room", ["#preset=flow", "#room=practice&seed=7&kind=order_the_steps"])
def test_what_is_pressed_is_as_high_as_a_finger(touched: Page, explorer: str, room: str) -> None:
    touched.goto(f"{explorer}{room}")
    touched.locator("button:visible").nth(4).wait_for()
    assert touched.evaluate(TOO_SMALL, [PRESSED, FINGER]) == []

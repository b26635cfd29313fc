import pytest
from playwright.sync_api import Page, expect


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("viewport", ["phone", "desktop"])
def test_the_page_opens_without_a_complaint(page: Page, explorer: str) -> None:
    page.goto(explorer)
    expect(page.get_by_role("heading", level=1)).to_have_text("whygrad")

"""A step done differently in a real browser: both runs side by side, on the graph and trained."""

from __future__ import annotations

import re

import pytest
from axe import check
from playwright.sync_api import Locator, Page, expect

TWO = "Forget the 2 of the square"


def open_menu(page: Page, address: str) -> Locator:
    """Open the menu of what could be done differently; return the panel."""
    page.goto(address)
    # by key: what loads late may move a tab while the mouse is down on it
    page.get_by_role("tab", name="What if").press("Enter")
    return page.get_by_role("group", name="What if")


def row(page: Page, name: str) -> Locator:
    return page.get_by_role("row").filter(has=page.get_by_role("button", name=name, exact=True))


def test_a_mistake_is_played_beside_the_right_run_and_ended(page: Page, explorer: str) -> None:
    panel = open_menu(page, f"{explorer}#preset=flow&step=5")
    here = panel.get_by_role("list").first
    expect(here.get_by_role("button", name=TWO)).to_contain_text("∂L/∂ŷ: −3.5 becomes −1.75")
    here.get_by_role("button", name=TWO).click()

    expect(panel).to_be_focused()
    expect(page.get_by_role("status").filter(has_text="What if")).to_contain_text(TWO)
    expect(panel).to_contain_text("They part at ∂L/∂ŷ: −3.5 becomes −1.75.")
    expect(panel).to_contain_text("1 × 2 × (0.25 − 2) = −3.5")
    expect(panel).to_contain_text("1 × (0.25 − 2) = −1.75")
    expect(page.get_by_label("Graph of the computation")).to_contain_text("∂ −1.75")
    expect(row(page, "w₁′").get_by_role("cell")).to_have_text([" 0.675 ", "0.5875"])

    expect(panel.get_by_role("definition").filter(has_text="holds")).to_be_visible()
    expect(panel.get_by_role("definition").filter(has_text="fails, worst at")).to_be_visible()
    curves = panel.get_by_role("img", name="Loss over 20 iterations, right and instead")
    expect(curves).to_be_visible()
    paths = curves.locator("path")
    assert paths.count() == 2
    assert paths.nth(0).get_attribute("d") != paths.nth(1).get_attribute("d")

    row(page, "∂L/∂w₁").get_by_role("button").click()
    expect(page.get_by_role("heading", level=2)).to_contain_text("∂L/∂w₁")
    page.get_by_role("button", name="End", exact=True).first.click()
    expect(page.get_by_role("status").filter(has_text="What if")).to_have_count(0)
    expect(panel.get_by_role("heading", name="Mistakes at a later step")).to_be_visible()
    expect(panel).to_be_focused()


def test_what_makes_no_difference_says_why(page: Page, explorer: str) -> None:
    panel = open_menu(page, f"{explorer}#preset=flow&step=11")
    panel.get_by_text("that make no difference here").click()
    mask = panel.get_by_role("button", name="Pass the gradient through a shut ReLU")
    expect(mask).to_contain_text("∂L/∂z₁ is −1.75 × 1 = −1.75, and instead −1.75: the same number")
    mask.click()
    expect(panel).to_contain_text("No number of this iteration differs.")
    expect(panel).to_contain_text("It makes no difference in these iterations either.")


def test_it_follows_the_numbers_of_the_page(page: Page, explorer: str) -> None:
    panel = open_menu(page, f"{explorer}#preset=flow&step=5")
    panel.get_by_role("button", name=TWO).click()
    expect(panel).to_contain_text("−3.5 becomes −1.75")
    page.keyboard.press("Shift+ArrowRight")
    expect(panel).to_contain_text("−2.1525 becomes −1.07625")
    page.get_by_role("button", name="Reset").click()
    expect(page.get_by_role("status").filter(has_text="What if")).to_have_count(0)


def test_two_boundaries_stand_side_by_side(page: Page, explorer: str) -> None:
    panel = open_menu(page, f"{explorer}#preset=xor&step=6")
    panel.get_by_role("button", name="Forget the activation's slope").click()
    panel.get_by_label("Iterations to train both").select_option("20")
    for which in ("right", "instead"):
        plane = panel.get_by_role(
            "img", name=f"What the network gives around the examples, {which}"
        )
        expect(plane).to_be_visible()
    expect(panel.get_by_role("definition").filter(has_text="% right")).to_have_count(2)


def test_a_number_a_rate_and_a_part_are_done_differently(page: Page, explorer: str) -> None:
    panel = open_menu(page, f"{explorer}#preset=flow&step=3")
    field = panel.get_by_label("ŷ", exact=True)
    field.fill("1")
    field.press("Enter")
    expect(panel).to_contain_text("They part at ŷ: 0.25 becomes 1.")
    end = page.get_by_role("button", name="End", exact=True).first
    end.click()
    panel.get_by_role("button", name="0.1 × 10").click()
    expect(panel.get_by_role("heading", level=3).first).to_have_text("What if: learning rate 1")
    expect(panel.get_by_role("definition").filter(has_text="loss")).to_have_count(2)
    end.click()
    panel.get_by_label("activation in place of relu").select_option("sigmoid")
    expect(panel.get_by_role("heading", level=3).first).to_have_text(
        "What if: sigmoid in place of relu"
    )
    expect(panel).to_contain_text("They part at a₁: 0.5 becomes 0.6225.")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("viewport", ["phone", "desktop"])
def test_the_panel_is_accessible_and_fits(page: Page, explorer: str) -> None:
    panel = open_menu(page, f"{explorer}#preset=flow&step=9")
    expect(panel.get_by_role("heading", name="Another learning rate")).to_be_visible()
    check(page)
    panel.get_by_text(re.compile("^Elsewhere")).click()
    panel.get_by_role("button", name=TWO).click()
    expect(panel.get_by_role("img", name=re.compile("^Loss over"))).to_be_visible()
    check(page)

"""The next number asked before it is shown, in a real browser."""

from __future__ import annotations

import pytest
from axe import check
from playwright.sync_api import Locator, Page, expect


def predicting(page: Page, address: str) -> Locator:
    """Ask for each number before it is shown; return where it is asked."""
    page.goto(address)
    page.get_by_role("checkbox", name="predict").check()
    return page.get_by_role("region", name="Predict the next number")


def answer(card: Locator, name: str, typed: str) -> None:
    field = card.get_by_label(f"What is {name}?")
    field.fill(typed)
    field.press("Enter")


def test_a_slip_is_named_and_costs_once(page: Page, explorer: str) -> None:
    card = predicting(page, f"{explorer}#preset=flow&step=4")
    expect(page.get_by_role("heading", level=2)).to_have_text("Squared error: L")
    answer(card, "∂L/∂ŷ", "-1.75")
    live = card.locator("[aria-live=polite]")
    expect(live).to_contain_text("You forgot the 2 of the square: that gives your number.")
    # the slip is named, and the number is not given away: it is asked once more
    expect(live).to_contain_text("Try once more, or have it shown.")
    expect(live).not_to_contain_text("−3.5")
    expect(page.get_by_role("heading", level=2)).to_have_text("Squared error: L")
    answer(card, "∂L/∂ŷ", "-1.75")
    expect(live).to_contain_text(
        "The step is ∂L/∂ŷ = ∂L/∂L × 2 × (ŷ − t) = 1 × 2 × (0.25 − 2) = −3.5"
    )
    expect(page.get_by_role("heading", level=2)).to_have_text("From the loss: ∂L/∂ŷ")

    expect(card.get_by_role("button", name="Next number")).to_be_focused()
    page.keyboard.press("Enter")
    expect(card.get_by_label("What is ∂L/∂w₂?")).to_be_focused()
    answer(card, "∂L/∂w₂", "-0.875")
    expect(live).to_contain_text("Right, from your own numbers: ∂L/∂w₂ = −1.75 × 0.5 = −0.875.")


def test_a_right_number_says_why(page: Page, explorer: str) -> None:
    card = predicting(page, f"{explorer}#preset=flow&step=5")
    answer(card, "∂L/∂w₂", "−7/4")
    expect(card).to_contain_text("Right. ∂L/∂w₂ = −3.5 × 0.5 = −1.75. What arrives at ŷ is −3.5")


def test_the_keys_ask_and_a_sign_comes_before_the_number(page: Page, explorer: str) -> None:
    card = predicting(page, f"{explorer}#preset=flow&step=4")
    page.get_by_role("button", name="Step forward").click()
    expect(card.get_by_label("What is ∂L/∂ŷ?")).to_be_focused()
    card.get_by_role("button", name="positive").click()
    expect(card).to_contain_text("Positive: not so.")
    card.get_by_role("button", name="negative").click()
    expect(card).to_contain_text("Negative: so it is. How large?")
    answer(card, "∂L/∂ŷ", "one")
    expect(card).to_contain_text("“one” is not read as a number; write it as 0.25")
    expect(card.get_by_label("What is ∂L/∂ŷ?")).to_have_value("one")
    expect(page.get_by_role("heading", level=2)).to_have_text("Squared error: L")


def test_it_can_be_shown_and_skipped_and_is_remembered(page: Page, explorer: str) -> None:
    card = predicting(page, f"{explorer}#preset=flow&step=2")
    card.get_by_role("button", name="Show me").click()
    expect(card).to_contain_text("ŷ = 0.5 × 0.5 + 0 = 0.25")
    page.keyboard.press("ArrowRight")
    card.get_by_role("button", name="Skip").click()
    expect(card.get_by_label("What is ∂L/∂ŷ?")).to_be_focused()
    page.wait_for_url("**step=4")
    page.reload()
    expect(card.get_by_label("What is ∂L/∂ŷ?")).to_be_visible()
    page.get_by_role("checkbox", name="predict").uncheck()
    expect(card).to_have_count(0)
    page.get_by_role("button", name="Step forward").click()
    expect(page.get_by_role("heading", level=2)).to_have_text("From the loss: ∂L/∂ŷ")


def test_play_stops_at_what_is_asked_and_iterations_go_on(page: Page, explorer: str) -> None:
    card = predicting(page, f"{explorer}#preset=flow&step=14")
    page.get_by_label("Speed").select_option(label="10 steps a second")
    page.get_by_role("button", name="Play").click()
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    answer(card, "b₂′", "0.35")
    expect(card).to_contain_text("Right.")
    card.get_by_role("button", name="Next iteration").click()
    expect(card.get_by_label("What is z₁?")).to_be_focused()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("viewport", ["phone", "desktop"])
def test_the_question_is_accessible_and_fits(page: Page, explorer: str) -> None:
    card = predicting(page, f"{explorer}#preset=xor&step=7")
    for typed in ("", "77"):
        card.get_by_role("textbox").fill(typed)
        card.get_by_role("textbox").press("Enter")
        expect(card).to_contain_text("Not this number." if typed else "Nothing typed yet.")
        page.wait_for_load_state("networkidle")
        check(page)

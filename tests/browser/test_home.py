"""The front door: home, the guided iteration, and what is found from anywhere."""

from __future__ import annotations

import pytest
from axe import check
from playwright.sync_api import Locator, Page, Route, expect

PLACES = {"home": "", "the first step": "#room=begin"}


def figure(page: Page) -> Locator:
    return page.get_by_role("main").get_by_role("img")


def walk(page: Page, steps: int) -> None:
    """Begin the guided iteration, and go on by the keyboard alone."""
    expect(page.get_by_text("One input, two layers, one loss")).to_be_visible()
    for _ in range(steps):
        page.keyboard.press("ArrowRight")


def test_home_says_what_this_is_and_leads_into_every_room(page: Page, explorer: str) -> None:
    page.goto(explorer)
    expect(page.get_by_role("heading", level=2)).to_contain_text("why?")
    expect(figure(page)).to_have_accessible_name(
        "x = 1; z₁ = 0.5, gradient −1.75; a₁ = 0.5, gradient −1.75; "
        "ŷ = 0.25, gradient −3.5; L = 3.0625, gradient 1"
    )
    rooms = page.get_by_role("region", name="Rooms").get_by_role("link")
    expect(rooms).to_have_text(["Explore", "Practice", "Clinic", "Your own"])
    page.get_by_role("link", name="XOR, four points").click()
    expect(page.get_by_role("button", name="Step forward")).to_be_visible()
    assert page.title() == "Explore · whygrad"
    page.get_by_role("link", name="whygrad, home").click()
    page.get_by_role("link", name="Where you were: XOR, four points").click()
    page.wait_for_url("**#preset=xor-corners")


def test_the_figure_of_home_can_be_stepped(page: Page, explorer: str) -> None:
    page.goto(explorer)
    expect(page.get_by_text("Step 9 of 15.")).to_be_visible()
    page.get_by_role("button", name="Step forward").click()
    expect(page.get_by_text("Step 10 of 15.")).to_be_visible()
    page.get_by_role("link", name="Ask why").click()
    expect(page.get_by_role("heading", level=2)).to_have_text("For the weight: ∂L/∂w₁")


def test_what_is_ones_own_is_opened_from_home(page: Page, explorer: str) -> None:
    page.goto(explorer)
    page.get_by_role("link", name="Your own").click()
    expect(page.get_by_role("dialog").get_by_text("CSV").first).to_be_visible()


def test_the_guided_iteration_is_walked_by_the_keyboard_alone(page: Page, explorer: str) -> None:
    page.goto(explorer)
    page.get_by_role("link", name="Begin").press("Enter")
    walk(page, 5)
    field = page.get_by_label("∂L/∂ŷ =")
    expect(field).to_be_focused()
    page.keyboard.type("-3.5")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Step 5 of 15")).to_be_visible()
    expect(page.get_by_text("0.01 × (−3.5) = −0.035")).to_be_visible()
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    expect(page.get_by_text("Step 15 of 15")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("The loss fell by 1.904, from 3.0625 to 1.158;")).to_be_visible()
    expect(page.get_by_role("list", name="Ways on").get_by_role("link")).to_have_count(3)
    page.get_by_role("link", name="Leave").click()
    expect(page.get_by_role("link", name="Explore a training run")).to_be_visible()


def test_a_wrong_prediction_is_named_by_its_mistake(page: Page, explorer: str) -> None:
    page.goto(f"{explorer}#room=begin")
    walk(page, 5)
    page.get_by_label("∂L/∂ŷ =").fill("-1.75")
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_text("You forgot the 2 of the square")).to_be_visible()


def test_it_can_be_left_and_gone_on_with(page: Page, explorer: str) -> None:
    page.goto(f"{explorer}#room=begin")
    walk(page, 3)
    page.get_by_role("link", name="Leave").click()
    page.get_by_role("link", name="Go on: step 3 of 15").click()
    expect(page.get_by_text("Step 3 of 15")).to_be_visible()
    page.get_by_role("button", name="Step back").click()
    page.reload()
    expect(page.get_by_text("Step 2 of 15")).to_be_visible()


def test_a_network_that_cannot_be_had_is_said(page: Page, explorer: str) -> None:
    def refuse(route: Route) -> None:
        route.fulfill(status=200, json={"message": 1})

    page.route("**/api/trace", refuse)
    page.goto(explorer)
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_role("link", name="Clinic")).to_be_visible()


def test_anything_is_found_by_its_name(page: Page, explorer: str) -> None:
    page.goto(f"{explorer}#preset=flow&step=4")
    expect(page.get_by_role("button", name="Step forward")).to_be_visible()
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox", name="Find")
    expect(field).to_be_focused()
    field.fill("dL/dw1")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=2)).to_have_text("For the weight: ∂L/∂w₁")
    page.get_by_role("button", name="Find").click()
    field.fill("logit")
    expect(page.get_by_role("option").first).to_contain_text("before sigmoid or softmax")
    field.fill("clin")
    page.keyboard.press("Enter")
    page.wait_for_url("**#room=clinic**")


def test_the_keys_are_shown(page: Page, explorer: str) -> None:
    page.goto(f"{explorer}#preset=flow&step=4")
    expect(page.get_by_role("button", name="Step forward")).to_be_visible()
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keys")
    expect(keys).to_contain_text("Next iteration")
    page.keyboard.press("Escape")
    expect(keys).not_to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("heading", level=2)).to_have_text("From the loss: ∂L/∂ŷ")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("viewport", ["phone", "desktop"])
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_it_is_accessible_and_fits(page: Page, explorer: str, place: str) -> None:
    page.goto(f"{explorer}{place}")
    expect(figure(page)).to_be_visible()
    check(page)
    if place:
        walk(page, 5)
        expect(page.get_by_label("∂L/∂ŷ =")).to_be_visible()
        check(page)

"""Every number on the page answers for itself: what a person asks, and what they then read."""

from __future__ import annotations

import re

import pytest
from axe import violations
from playwright.sync_api import Locator, Page, expect

from whygrad.explain.worked import worked_steps
from whygrad.training.start import start

THEMES_AND_VIEWPORTS = [
    (theme, view) for theme in ("light", "dark") for view in ("desktop", "phone")
]


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def panel(page: Page) -> Locator:
    return page.get_by_role("tabpanel")


def tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name, exact=True).click()


def on_graph(page: Page, starts: str) -> Locator:
    return page.get_by_label("Graph of the computation").get_by_role(
        "button", name=re.compile(f"^{re.escape(starts)}")
    )


def ask(page: Page, starts: str) -> None:
    """Ask about a number on the graph with the keyboard."""
    on_graph(page, starts).focus()
    page.keyboard.press("w")


def test_a_ladder_unfolds_down_to_what_is_known(page: Page, explorer: str) -> None:
    page.goto(f"{explorer}#preset=flow&step=10")
    why = panel(page)
    expect(why.get_by_role("heading", name="Why ∂L/∂w₁ = −1.75?")).to_be_visible()
    expect(why).to_contain_text(
        "∂L/∂w₁ = −1.75 × 1 = −1.75. What arrives at z₁ is −1.75; each unit of w₁ moves z₁ by 1."
    )
    expect(why).to_contain_text("w₁ reaches z₁ multiplied by x = 1")
    button(page, "Why multiply?").click()
    expect(why).to_contain_text("Rates per unit multiply: −1.75 × 1 = −1.75.")
    button(page, "Where does −1.75 come from?").click()
    expect(why).to_contain_text("one unit of z₁ is one unit of a₁, so it passes unchanged")
    why.get_by_role("button", name="Why 1 per unit?").nth(1).click()
    expect(why).to_contain_text("z₁ = 0.5 is above 0, where the ReLU is the line a₁ = z₁")
    button(page, "Why multiply?").click()
    expect(why).not_to_contain_text("Rates per unit multiply")


def test_a_principle_says_what_it_is_like_and_where_that_breaks(page: Page, explorer: str) -> None:
    page.goto(f"{explorer}#preset=flow&step=10")
    button(page, "principle: rates multiply").first.click()
    expect(panel(page)).to_contain_text("Like gears in a train")
    expect(panel(page)).to_contain_text("Breaks where gears have one path")
    button(page, "principle: rate").first.click()
    expect(panel(page)).to_contain_text("A derivative is a rate")


def test_an_edit_changes_the_answer_that_stands_open(page: Page, explorer: str) -> None:
    page.goto(f"{explorer}#preset=flow&step=9")
    expect(panel(page)).to_contain_text("z₁ = 0.5 is above 0")
    on_graph(page, "w₁ = 0.5").focus()
    page.keyboard.press("Enter")
    expect(panel(page).get_by_role("heading", name="Why w₁ = 0.5?")).to_be_visible()
    field = page.get_by_label("w₁", exact=True)
    field.fill("-1")
    field.press("Enter")
    button(page, "Close w₁").click()
    expect(panel(page).get_by_role("heading", name="Why ∂L/∂z₁ = 0?")).to_be_visible()
    expect(panel(page)).to_contain_text(
        "z₁ = −1 is below 0, where the ReLU is flat: however z₁ moves a little, a₁ stays 0"
    )


def test_one_question_leads_to_the_next_and_back(page: Page, explorer: str) -> None:
    page.goto(f"{explorer}#preset=flow&step=10")
    button(page, "Where does −1.75 come from?").click()
    button(page, "ask about it alone").click()
    expect(panel(page).get_by_role("heading", name="Why ∂L/∂z₁ = −1.75?")).to_be_visible()
    asked = page.get_by_role("navigation", name="Asked before")
    expect(asked).to_have_text(re.compile(r"∂L/∂w₁\s*›\s*∂L/∂z₁"))
    asked.get_by_role("button", name="∂L/∂w₁").click()
    expect(panel(page).get_by_role("heading", name="Why ∂L/∂w₁ = −1.75?")).to_be_visible()
    expect(asked).to_have_count(0)


def test_the_question_mark_asks_about_what_has_the_focus(page: Page, explorer: str) -> None:
    page.goto(f"{explorer}#preset=flow&step=10")
    tab(page, "Table")
    ask(page, "a₁ = 0.5")
    expect(page.get_by_role("group", name="Why a₁")).to_be_focused()
    expect(panel(page)).to_contain_text("Why a₁ = 0.5?")
    tab(page, "Table")
    page.get_by_role("button", name="3.0625", exact=True).focus()
    page.keyboard.press("w")
    expect(page.get_by_role("group", name="Why L")).to_be_focused()


def test_each_number_of_a_box_is_asked_by_clicking_it(page: Page, explorer: str) -> None:
    page.goto(f"{explorer}#preset=flow&step=11")
    graph = page.get_by_label("Graph of the computation")
    on_graph(page, "ŷ = 0.25").click()
    expect(panel(page).get_by_role("heading", name="Why ŷ = 0.25?")).to_be_visible()
    graph.get_by_text("−3.5", exact=True).first.click()
    expect(panel(page).get_by_role("heading", name=re.compile("= −3.5?"))).to_be_visible()


def test_a_nudge_shows_the_gradient_and_warns_of_corners(page: Page, explorer: str) -> None:
    page.goto(f"{explorer}#preset=flow&step=10")
    button(page, "Nudge it").click()
    nudge = panel(page)
    expect(nudge.get_by_role("row", name=re.compile("^above"))).to_contain_text("0.51")
    expect(nudge).to_contain_text("the backward pass says")
    expect(nudge.get_by_role("definition").nth(0)).to_have_text(re.compile("^−1[.]7(5|499999)"))
    expect(nudge.get_by_role("definition").nth(1)).to_have_text("−1.75")
    expect(nudge.get_by_role("status")).to_have_count(0)
    graph = page.get_by_label("Graph of the computation")
    expect(graph.get_by_text("± 0.01")).to_be_visible()
    expect(graph.get_by_text("+ε: −0.0175")).to_be_visible()
    slider = nudge.get_by_role("slider")
    slider.press("End")
    expect(nudge).to_contain_text("ε = 1")
    expect(nudge.get_by_role("status")).to_contain_text("z₁ crosses a corner")
    slider.press("Home")
    expect(nudge).to_contain_text("ε = 1.0e−12")
    expect(nudge.get_by_role("status")).to_have_count(0)
    tab(page, "Why")
    expect(graph.get_by_text("+ε")).to_have_count(0)


def test_paths_are_listed_and_drawn(page: Page, explorer: str) -> None:
    page.goto(f"{explorer}#preset=xor&step=13")
    ask(page, "weight W₁[0,2]")
    button(page, "Show its paths").click()
    expect(panel(page)).to_contain_text("One path leads from W₁[0,2] to the loss")
    path = panel(page).get_by_role("list").first.get_by_role("button")
    expect(path).to_contain_text("W₁[0,2] → z₁[0,2] → a₁[0,2] → z₂ → ŷ → L")
    expect(path).to_contain_text(re.compile(r"= 0\.5775"))
    drawn = page.locator(".marks path")
    expect(drawn).to_have_count(0)
    path.focus()
    expect(drawn).to_have_count(5)
    tab(page, "Why")
    expect(drawn).to_have_count(0)


def test_the_largest_of_many_paths_come_first(page: Page, explorer: str) -> None:
    made = [step.name for step in worked_steps(start("spirals").iteration.tape)]
    page.goto(f"{explorer}#preset=spirals&step={made.index('dL/dW1') + 1}")
    tab(page, "Paths")
    paths = panel(page)
    expect(paths).to_contain_text(re.compile(r"\d+ paths lead from"))
    listed = paths.get_by_role("list").first.get_by_role("button")
    expect(listed).to_have_count(8)
    sizes = [abs(float(text.split("=")[-1].replace("−", "-"))) for text in listed.all_inner_texts()]
    assert sizes == sorted(sizes, reverse=True)
    expect(paths).to_contain_text(re.compile(r"Those\s+listed are [\d.]+ % of all sizes"))
    button(page, "List more").click()
    expect(listed).to_have_count(32)


def test_a_shut_gate_stands_among_the_factors(page: Page, explorer: str) -> None:
    page.goto(f"{explorer}#preset=xor&step=13")
    ask(page, "weight W₁[0,0]")
    tab(page, "Paths")
    expect(panel(page)).to_contain_text("A factor of 0 is a shut gate")
    expect(panel(page).get_by_title("nothing passes here")).to_have_text("0")


def test_the_strength_of_paths_is_drawn_over_training(page: Page, explorer: str) -> None:
    page.goto(f"{explorer}#preset=xor&step=13")
    tab(page, "Paths")
    page.get_by_text("How strong each path was, over training").click()
    expect(panel(page)).to_contain_text("Play some iterations")
    for _ in range(3):
        button(page, "Next iteration").click()
    expect(panel(page).get_by_text("weight × weight", exact=True)).to_be_visible()
    expect(panel(page).get_by_role("button", name=re.compile("→ output"))).to_have_count(8)


def test_backpropagation_and_nudging_are_counted_and_timed(page: Page, explorer: str) -> None:
    page.goto(f"{explorer}#preset=xor&step=13")
    tab(page, "Paths")
    page.get_by_text("Why is backpropagation cheap?").click()
    button(page, "Count and time both here").click()
    row = page.get_by_role("row", name=re.compile("^nudging 17 numbers"))
    expect(row).to_contain_text("18 forward")
    expect(row).to_contain_text(re.compile("µs|ms"))


def test_it_asks_before_it_tells_if_told_to(page: Page, explorer: str) -> None:
    page.goto(f"{explorer}#preset=flow&step=8")
    page.get_by_label("Ask me before you tell me").check()
    expect(panel(page)).to_contain_text("What do you expect ∂L/∂z₁ to be?")
    expect(panel(page)).to_contain_text("What arrives at a₁ is ∂L/∂a₁ = −1.75.")
    show = button(page, "Show it")
    expect(show).to_be_disabled()
    page.get_by_label("smaller").check()
    page.get_by_label("negative").check()
    show.click()
    verdict = panel(page).get_by_role("status")
    expect(verdict).to_contain_text(
        "∂L/∂z₁ = −1.75: as large as ∂L/∂a₁, negative; you expected smaller"
    )
    expect(verdict).to_contain_text("so it passes unchanged")
    expect(panel(page)).to_contain_text("What do you expect ∂L/∂w₁ to be?")
    page.reload()
    expect(page.get_by_label("Ask me before you tell me")).to_be_checked()
    button(page, "Step forward").click()
    expect(verdict).to_have_count(0)


def test_what_is_not_computed_yet_is_not_told(page: Page, explorer: str) -> None:
    page.goto(f"{explorer}#preset=flow&step=2")
    page.get_by_label("Graph of the computation").get_by_text("∂L/∂ŷ").click()
    expect(panel(page)).to_contain_text("∂L/∂ŷ is not computed yet")


@pytest.mark.parametrize(("theme", "viewport"), THEMES_AND_VIEWPORTS)
@pytest.mark.parametrize("name", ["Why", "Nudge", "Paths"])
def test_axe_finds_nothing(page: Page, explorer: str, theme: str, name: str) -> None:
    page.goto(f"{explorer}#preset=flow&step=10")
    page.get_by_label("Ask me before you tell me").check()
    button(page, "principle: rates multiply").first.click()
    tab(page, name)
    for summary in page.get_by_role("tabpanel").locator("summary").all():
        summary.click()
    assert violations(page) == []

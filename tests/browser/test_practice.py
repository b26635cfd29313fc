"""Practice in the page: every kind of exercise, in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe import violations
from playwright.sync_api import Browser, Locator, Page, expect

from whygrad.practice import KINDS, exercise


def opened(page: Page, address: str, **asked: object) -> Locator:
    """Open an exercise by its address; return where it is worked on."""
    query = "&".join(f"{key}={value}" for key, value in asked.items())
    page.goto(f"{address}#room=practice&{query}")
    return page.get_by_role("region", name="Your work")


def test_the_explorer_leads_to_practice_and_back(page: Page, explorer: str) -> None:
    page.goto(f"{explorer}#preset=flow&step=3")
    expect(page.get_by_role("heading", level=2)).to_have_text("Weighted sum: ŷ")
    page.get_by_role("link", name="Practice").click()
    expect(page.get_by_role("heading", level=2)).to_have_text("Rates multiply along a chain")
    page.wait_for_url("**#room=practice&kind=next_number&feature=chain&fading=worked&seed=*")
    asked = page.url
    page.get_by_role("link", name="Explore").click()
    expect(page.get_by_role("heading", level=2)).to_have_text("Weighted sum: ŷ")
    page.wait_for_url("**#preset=flow&step=3")
    page.get_by_role("link", name="Practice").click()
    expect(page.get_by_role("heading", level=2)).to_have_text("Rates multiply along a chain")
    assert page.url == asked  # where one was


def test_a_short_address_opens_its_exercise(page: Page, explorer: str) -> None:
    page.goto(f"{explorer}practice?seed=7&feature=fanout")
    expect(page.get_by_role("heading", level=2)).to_have_text("A value that is used twice")
    given = page.get_by_role("region", name="The computation")
    expect(given).to_contain_text("x = 2")
    expect(given).to_contain_text("η = 0.2")


def test_numbers_are_asked_one_after_the_other_and_a_slip_costs_once(
    page: Page, explorer: str
) -> None:
    work = opened(page, explorer, seed=7, feature="fanout")
    for prompt, typed in (("What is a?", "7"), ("What is L?", "14")):
        field = work.get_by_label(prompt)
        expect(field).to_have_count(1)
        field.fill(typed)
        field.press("Enter")
    expect(work).to_contain_text("Not this number.")
    expect(work).to_contain_text("The step is a = x + 4 = 2 + 4 = 6")
    expect(work).to_contain_text("Right, from your own numbers: L = 2 × 7 = 14.")
    expect(work.get_by_label("What is ∂L/∂a, the rate")).to_be_focused()
    page.keyboard.type("2")
    page.keyboard.press("Enter")
    field = work.get_by_label("What is ∂L/∂x, the rate")
    expect(field).to_be_focused()
    page.keyboard.type("2")
    page.keyboard.press("Enter")
    expect(work).to_contain_text("You overwrote where contributions add: that gives your number.")
    page.reload()
    expect(work.get_by_label("∂L/∂x =")).to_have_value("2")
    expect(work).to_contain_text("You overwrote where contributions add: that gives your number.")


def test_what_is_no_number_is_answered_and_kept(page: Page, explorer: str) -> None:
    work = opened(page, explorer, seed=7, feature="fanout")
    field = work.get_by_label("What is a?")
    field.press("Enter")
    expect(work).to_contain_text("Nothing typed yet. What would you need to know first?")
    field.fill("six")
    field.press("Enter")
    expect(work).to_contain_text("“six” is not read as a number; write it as 0.25")
    expect(field).to_have_value("six")
    page.reload()
    expect(work.get_by_label("What is a?")).to_have_value("six")


def test_who_is_stuck_is_asked_smaller_questions(page: Page, explorer: str) -> None:
    work = opened(page, explorer, seed=7, feature="fanout")
    work.get_by_role("button", name="What is it made of?").click()
    expect(work.locator(".katex-html").last).to_have_text("a=x+4")
    work.get_by_role("button", name="With which numbers?").click()
    expect(work.locator(".katex-html").last).to_have_text("a=x+4=2+4=?")
    work.get_by_role("button", name="Show it").click()
    expect(work.locator(".katex-html").first).to_have_text("a=x+4=2+4=6")
    expect(work.get_by_label("What is L?")).to_be_visible()


def test_what_was_worked_out_is_counted_and_can_be_stepped_through(
    page: Page, explorer: str
) -> None:
    work = opened(page, explorer, seed=7, feature="fanout", fading="worked")
    work.get_by_role("textbox").fill("0.4")
    work.get_by_role("textbox").press("Enter")
    expect(work.get_by_role("status")).to_contain_text("All worked out: 1 right, 0 not.")
    page.get_by_role("button", name="Step through it in the explorer").click()
    expect(page.get_by_role("button", name="Step forward")).to_be_visible()
    page.get_by_role("button", name="Step forward").click()
    expect(page.get_by_role("heading", level=2)).to_contain_text("a")
    assert "preset" not in page.url
    page.go_back()
    expect(work.get_by_role("status")).to_contain_text("All worked out")


def test_two_mistakes_with_one_number_are_both_offered(page: Page, explorer: str) -> None:
    page.goto(f"{explorer}#room=practice&kind=homework")
    page.get_by_label("Your numbers").fill("dL/dz = -2")
    page.get_by_role("button", name="Check my lines").click()
    line = page.get_by_role("list", name="Your lines").locator("> li").first
    expect(line).to_contain_text("More than one slip gives your number. Which was it?")
    expect(line).to_contain_text("Forgot the 2 of the square. What is the derivative of a square?")
    expect(line).to_contain_text("The step is ∂L/∂z = ")
    line.get_by_text("Forgot the 2 of the square: why it happens").click()
    expect(line).to_contain_text("The gradient check fails by a factor of exactly 2")


def test_help_fades(page: Page, explorer: str) -> None:
    work = opened(page, explorer, seed=7, feature="fanout", fading="worked")
    expect(work.locator("li")).to_have_count(5)
    expect(work.get_by_role("textbox")).to_have_count(1)
    page.get_by_role("button", name="With less help").click()
    page.wait_for_url("**fading=completion&seed=8")
    page.get_by_label("Help").select_option(label="none")
    page.wait_for_url("**feature=fanout&seed=8")
    expect(work.get_by_label("What is a?")).to_be_visible()
    page.get_by_role("button", name="Another one").last.press("Enter")
    page.wait_for_url("**seed=9")
    expect(page.get_by_role("heading", level=2)).to_be_focused()
    page.go_back()
    page.wait_for_url("**seed=8")


def test_blanks_are_filled_in(page: Page, explorer: str) -> None:
    made = exercise(7, feature="fanout", kind="fill_blanks")
    work = opened(page, explorer, seed=7, feature="fanout", kind="fill_blanks")
    expect(work).to_contain_text("∂L/∂a = 2")
    work.get_by_label("L =", exact=True).fill(str(made.asks[0].answer))
    work.get_by_label("∂L/∂x =").fill("1/3")
    page.keyboard.press("Enter")
    expect(work).to_contain_text("Right. L = 2 × 6 = 12.")
    expect(work).to_contain_text("Not this number.")


def test_a_planted_mistake_is_found_with_the_keyboard(page: Page, explorer: str) -> None:
    made = exercise(7, feature="two_layers", kind="find_the_mistake")
    where, number, slip = made.asks
    work = opened(page, explorer, seed=7, feature="two_layers", kind="find_the_mistake")
    lines = work.get_by_role("group", name=where.prompt)
    lines.get_by_role("radio").first.focus()
    page.keyboard.press("Space")
    for _ in range(where.choices.index(str(where.answer))):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(work).to_contain_text("Right. All before it is as it should be.")
    work.get_by_label(number.prompt).fill(str(number.answer))
    page.keyboard.press("Enter")
    choices = work.get_by_role("group", name=slip.prompt)
    wrong = next(title for title in slip.choices if title != slip.answer)
    choices.get_by_label(wrong).check()
    work.get_by_role("button", name="Check the mistake").click()
    expect(work).to_contain_text("The mistake: ")
    choices.get_by_label(str(slip.answer)).check()
    work.get_by_role("button", name="Check the mistake").click()
    expect(work.get_by_text("not right")).to_have_count(0)


def test_steps_are_ordered_with_buttons_and_by_dragging(page: Page, explorer: str) -> None:
    work = opened(page, explorer, seed=7, feature="fanout", kind="order_the_steps")
    items = work.get_by_role("listitem")
    expect(items.first).to_contain_text("∂L/∂x")
    work.get_by_role("button", name="Check the order").click()
    expect(work).to_contain_text("∂L/∂x comes too early: it rests on ∂L/∂a.")
    work.get_by_role("button", name="Move ∂L/∂a up").press("Enter")
    expect(work.get_by_role("button", name="Move ∂L/∂a down")).to_be_focused()
    expect(work).to_contain_text("∂L/∂a is 1 of 2.")
    work.get_by_role("button", name="Check the order").click()
    expect(work).to_contain_text("Right: each comes after all it rests on.")
    first, second = (items.nth(n).bounding_box() for n in (0, 1))
    assert first
    assert second
    page.mouse.move(first["x"] + 20, first["y"] + 10)
    page.mouse.down()
    page.mouse.move(second["x"] + 20, second["y"] + second["height"] - 4, steps=4)
    page.mouse.up()
    expect(items.first).to_contain_text("∂L/∂x")


def test_a_graph_is_drawn_with_the_keyboard_and_as_text(page: Page, explorer: str) -> None:
    work = opened(page, explorer, seed=7, feature="fanout", kind="draw_the_graph")
    nodes = work.get_by_role("group", name="Nodes")

    def join(*names: str) -> None:
        for name in names:
            nodes.get_by_role("button", name=name, exact=True).press("Enter")

    join("x", "a", "L", "a")
    expect(work.get_by_role("list", name="Arrows").get_by_role("listitem")).to_have_count(2)
    work.get_by_role("button", name="Check the graph").click()
    expect(work).to_contain_text("2 arrows are missing. 1 that you drew is not there.")
    work.get_by_role("button", name="Show which").click()
    expect(work).to_contain_text("Missing: a → L, x → L. Not there: L → a.")
    expect(work).to_contain_text("An arrow goes from what is used to what is made of it.")
    join("L", "a")
    work.get_by_text("Write the arrows").click()
    text = work.get_by_role("textbox")
    expect(text).to_have_value("x -> a")
    text.fill("x -> a -> L, x -> L")
    work.get_by_role("button", name="Check the graph").click()
    expect(work).to_contain_text("Right: every use has its arrow.")


def test_a_remedy_is_rated_and_kept(page: Page, explorer: str) -> None:
    work = opened(page, explorer, seed=7, feature="fanout", kind="choose_the_remedy")
    answer = work.get_by_role("textbox")
    work.get_by_role("button", name="Compare with a model answer").click()
    expect(work).to_contain_text("Left blank. Say what you would look at first")
    answer.fill("The loss does not move: is the gradient 0?")
    work.get_by_role("button", name="Compare with a model answer").click()
    expect(work.get_by_role("region", name="Model answer")).to_contain_text("The slip: ")
    work.get_by_label("3 about half").check()
    page.reload()
    expect(work.get_by_role("textbox")).to_have_value("The loss does not move: is the gradient 0?")
    expect(work.get_by_label("3 about half")).to_be_checked()


def test_homework_is_checked_line_by_line(page: Page, explorer: str) -> None:
    page.goto(f"{explorer}#room=practice&kind=homework")
    page.get_by_label("Your numbers").fill("z = 1\ndL/dz = -2\nq = 3")
    page.get_by_role("button", name="Check my lines").click()
    lines = page.get_by_role("list", name="Your lines").locator("> li")
    expect(lines.nth(0)).to_contain_text("Right. z = 0.5 × 2 = 1.")
    expect(lines.nth(1)).to_contain_text("Forgot the 2 of the square")
    expect(lines.nth(2)).to_contain_text("No number here is called “q”.")


def test_work_is_saved_as_a_file_and_read_back_elsewhere(
    page: Page, browser: Browser, explorer: str, tmp_path: Path
) -> None:
    opened(page, explorer, seed=7, feature="fanout").get_by_label("What is a?").fill("six or so")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save my work").click()
    file = tmp_path / "work.json"
    download.value.save_as(file)
    other = browser.new_context().new_page()
    work = opened(other, explorer, seed=7, feature="fanout")
    expect(work.get_by_label("What is a?")).to_have_value("")
    other.get_by_label("Read saved work").set_input_files(file)
    expect(other.get_by_role("main")).to_contain_text("Your work is here again.")
    expect(work.get_by_label("What is a?")).to_have_value("six or so")
    file.write_text("[]")
    other.get_by_label("Read saved work").set_input_files(file)
    expect(other.get_by_role("main")).to_contain_text("This is not a file of your work")
    expect(work.get_by_label("What is a?")).to_have_value("six or so")
    other.context.close()


def test_a_browser_that_keeps_nothing_says_so(browser: Browser, explorer: str) -> None:
    page = browser.new_context().new_page()
    page.add_init_script(
        "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError') }"
    )
    work = opened(page, explorer, seed=7, feature="fanout")
    field = work.get_by_label("What is a?")
    field.fill("6")
    expect(page.get_by_role("alert")).to_contain_text("lost when you leave it")
    field.press("Enter")
    expect(work).to_contain_text("Right. a = 2 + 4 = 6.")
    page.context.close()


def test_numbers_are_graded_in_the_page(page: Page, explorer: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.removeprefix(explorer)))
    work = opened(page, explorer, seed=7, feature="fanout")
    for _ in range(2):
        work.get_by_label("What is a?").or_(work.get_by_label("a =", exact=True)).fill("7")
        page.keyboard.press("Enter")
        expect(work).to_contain_text("Not this number.")
    questions = [address for address in asked if address.startswith("api/")]
    assert questions.count("api/exercise/mistakes") == 1
    assert set(questions) <= {"api/practice", "api/exercise", "api/exercise/mistakes"}


def test_what_cannot_be_served_is_said_and_nothing_is_lost(browser: Browser, explorer: str) -> None:
    page = browser.new_page()  # a browser notes each refusal on its console
    page.goto(f"{explorer}practice?seed=7&feature=fanot")
    expect(page.get_by_role("alert")).to_contain_text("did you mean 'fanout'")
    page.get_by_role("link", name="Your own homework").click()
    page.get_by_label("As TOML").fill("[formula]\nw = ")
    page.get_by_label("Your numbers").fill("z = 1")
    page.get_by_role("button", name="Check my lines").click()
    expect(page.get_by_role("main")).to_contain_text("this is not TOML")
    page.reload()
    expect(page.get_by_label("As TOML")).to_have_value("[formula]\nw = ")
    expect(page.get_by_label("Your numbers")).to_have_value("z = 1")
    page.close()


def test_a_worksheet_opens_beside_the_page(page: Page, explorer: str) -> None:
    opened(page, explorer, seed=7, feature="fanout", kind="fill_blanks")
    link = page.get_by_role("link", name="A worksheet to print")
    expect(link).to_have_attribute("target", "_blank")
    page.goto(f"{explorer}{link.get_attribute('href')}")
    expect(page.get_by_role("heading", level=1).first).to_have_text("Backpropagation by hand")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("viewport", ["phone", "desktop"])
@pytest.mark.parametrize("kind", [*KINDS, "homework"])
def test_it_is_accessible_and_fits(page: Page, explorer: str, kind: str) -> None:
    opened(page, explorer, kind=kind, seed=3, feature="hidden_units", fading="completion")
    check = (
        page.get_by_role("main")
        .get_by_role("button", name="Check")
        .or_(page.get_by_role("button", name="Compare"))
    )
    expect(check).to_be_visible()
    for field in page.get_by_role("main").get_by_role("textbox").all()[-1:]:
        if field.is_visible():
            field.fill("77")
    for choice in page.get_by_role("radio").all()[:1]:
        choice.check()
    check.click()
    expect(page.locator("[aria-live] p, .fault").first).to_be_visible()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

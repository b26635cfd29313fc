"""The clinic in the page, in a real browser."""

from __future__ import annotations

import pytest
from axe import violations
from playwright.sync_api import Page, expect

pytest.importorskip("torch")
pytest.importorskip("sklearn")

from whygrad import clinic
from whygrad.clinic.patient import case_of, patients

SEEDS = {case_of(seed)[0].name: seed for seed in range(patients())}
STILL = SEEDS["missing_optimizer_step"]
LONG = 60_000  # milliseconds that training may take on a busy machine


def met(page: Page, address: str, seed: int) -> None:
    page.goto(f"{address}#room=clinic&seed={seed}")
    expect(page.get_by_role("heading", level=2)).to_have_text(f"Patient {seed}")
    expect(page.get_by_role("region", name="Its program")).to_be_visible(timeout=LONG)


def examine(page: Page, title: str) -> None:
    page.get_by_role("button", name=title).first.click()
    page.get_by_role("heading", name=title, level=4).wait_for(timeout=LONG)
    expect(page.get_by_role("heading", name=title, level=4)).to_be_focused()


def choose(page: Page, asks: str, typed: str, choice: str) -> None:
    asked = page.get_by_role("group", name=asks).first
    asked.get_by_label("Part of its name").fill(typed)
    asked.get_by_role("radio", name=choice).check()


def test_a_patient_is_examined_and_its_remedy_tried(page: Page, explorer: str) -> None:
    met(page, explorer, STILL)
    expect(page.get_by_role("region", name="Its program")).to_contain_text("loss.backward()")
    expect(page.get_by_role("img", name="accuracy on validation rows")).to_be_visible()
    answer = page.get_by_role("button", name="Answer, and try the remedy")
    expect(answer).to_be_disabled()
    page.get_by_label("What do you expect").fill("the rate is too low")

    page.get_by_role("button", name="Where to begin?").click()
    expect(page.get_by_text("A smaller question: Does it fail on the rows")).to_be_visible()
    examine(page, "The loop's gradient")
    page.get_by_label("step() was called 0 times in 600 iterations").check()
    expect(page.get_by_role("listitem").filter(has_text="step() was called 0")).to_be_visible()

    choose(page, "Which cause?", "optimizer step", "missing optimizer step")
    choose(page, "What would you do first?", "after backward", "Call optimizer.step()")
    answer.click()
    page.get_by_role("heading", name="What came of it").wait_for(timeout=LONG)
    expect(page.get_by_role("heading", name="What came of it")).to_be_focused()
    for verdict in ("That is it.", "It supports this.", "It cures."):
        expect(page.get_by_text(verdict, exact=True)).to_be_visible()
    expect(page.get_by_role("img", name="as it was").first).to_be_visible()
    expect(page.get_by_text("the rate is too low")).to_have_count(1)  # the field has it as a value

    page.get_by_role("link", name="Explore").click()
    page.get_by_role("link", name="Clinic").click()
    expect(page.get_by_role("heading", name="What came of it")).to_be_visible()
    page.get_by_role("button", name="Answer this one again").click()
    expect(answer).to_be_enabled()


@pytest.mark.parametrize(("theme", "viewport"), [("light", "desktop"), ("dark", "phone")])
def test_every_part_is_accessible_and_fits(page: Page, explorer: str) -> None:
    met(page, explorer, STILL)
    examine(page, "Scores and baselines")
    examine(page, "Steps")
    choose(page, "Which cause?", "healthy", "healthy")
    choose(page, "What would you do first?", "leave", "Leave the run as it is")
    assert violations(page) == []
    page.get_by_role("button", name="Answer, and try the remedy").click()
    expect(page.get_by_text("Something is wrong.", exact=True)).to_be_visible(timeout=LONG)
    assert violations(page) == []
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) <= 0


def test_while_a_patient_is_trained_the_page_says_how_far_it_is(page: Page, explorer: str) -> None:
    wait = {"doing": "training the patient", "done": 0.25}
    page.route("**/api/clinic/patient", lambda route: route.fulfill(status=202, json=wait))
    page.goto(f"{explorer}#room=clinic&seed=3")
    expect(page.get_by_label("training the patient")).to_have_attribute("value", "25")


def test_without_the_extra_the_page_says_what_to_install(
    page: Page, explorer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clinic, "find_spec", lambda name: None)
    page.goto(f"{explorer}#room=clinic")
    expect(page.get_by_role("alert")).to_contain_text("pip install 'whygrad[clinic]'")

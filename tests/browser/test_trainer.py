"""Training in a worker: handed over on the way, under a policy of its own, or done without."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

FULL = "as fast as it goes"


@pytest.fixture
def quiet(browser: Browser) -> Iterator[Page]:
    """A page that may complain: what is blocked in these tests is told on the console."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


def open_spirals(page: Page, explorer: str) -> None:
    """Open spirals to be trained for a long time: they come to their end in a second."""

    def prolonged(route: Route) -> None:
        answer = route.fetch()
        body = answer.json()
        route.fulfill(response=answer, json={**body, "iterations": 10**6})

    page.route("**/api/trace", prolonged)
    page.goto(f"{explorer}#preset=spirals")


def play(page: Page) -> None:
    page.get_by_label("Speed").first.select_option(label=FULL)
    button(page, "Play").click()


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name)


def past(page: Page, iteration: int) -> None:
    """Wait until a later iteration is shown."""
    page.wait_for_function(
        "n => Number(document.querySelector('output')?.textContent.match(/\\d+/)[0]) > n",
        arg=iteration,
    )


def count(page: Page) -> int:
    """The iteration that is shown."""
    return int(page.evaluate("document.querySelector('output').textContent.match(/\\d+/)[0]"))


def test_played_by_a_worker_paused_stepped_and_rewound(page: Page, explorer: str) -> None:
    open_spirals(page, explorer)
    with page.expect_worker() as started:
        play(page)
    expect(button(page, "Pause")).to_be_visible()
    assert "/trainer/" in started.value.url
    past(page, 50)
    button(page, "Pause").click()
    at = count(page)
    page.wait_for_timeout(200)
    assert count(page) == at
    button(page, "Next iteration").click()
    past(page, at)
    assert count(page) == at + 1


def test_its_policy_lets_it_make_functions_and_nothing_else(quiet: Page, explorer: str) -> None:
    open_spirals(quiet, explorer)
    with quiet.expect_worker() as started:
        play(quiet)
    address = started.value.url
    button(quiet, "Pause").click()
    policies = [
        quiet.request.get(url).headers["content-security-policy"] for url in (explorer, address)
    ]
    assert policies[0].startswith("default-src 'none'; script-src 'self';")
    assert policies[1] == "default-src 'none'; script-src 'unsafe-eval'"
    makes = "() => { try { return new Function('return 2')() } catch { return 'refused' } }"
    asks = "() => fetch('/api/presets').then(() => 'reached', () => 'blocked')"
    # one without a job, which listens
    with quiet.expect_worker() as started:
        quiet.evaluate("address => { window.spare = new Worker(address) }", address)
    assert started.value.evaluate(makes) == 2
    assert started.value.evaluate(asks) == "blocked"
    assert quiet.evaluate(asks) == "reached"


@pytest.mark.parametrize("how", ["no file", "no worker"])
def test_without_a_worker_the_page_trains_by_itself(quiet: Page, explorer: str, how: str) -> None:
    if how == "no file":
        quiet.route("**/trainer/**", lambda route: route.abort())
    else:
        quiet.add_init_script(
            "window.Worker = class { constructor() { throw new DOMException('none') } }"
        )
    open_spirals(quiet, explorer)
    play(quiet)
    past(quiet, 50)
    button(quiet, "Pause").click()
    assert quiet.workers == []


def at_rest(page: Page) -> list[str]:
    """What the page shows once it changes no more: its plots follow a little later."""
    texts: list[str] = []
    while texts != (texts := page.locator("main").all_inner_texts()):
        page.wait_for_timeout(500)
    return texts


def test_both_ways_show_the_same(browser: Browser, explorer: str) -> None:
    shown: list[list[str]] = []
    for blocked in (False, True):
        context = browser.new_context()
        page = context.new_page()
        if blocked:
            page.route("**/trainer/**", lambda route: route.abort())
        page.goto(f"{explorer}#preset=xor&iteration=1500")
        past(page, 1499)
        shown.append(at_rest(page))
        context.close()
    assert shown[0] == shown[1]
    assert shown[0]

"""The explorer in a real browser: what a person does with it, and what they then read."""

from __future__ import annotations

import re

import pytest
from axe import check
from playwright.sync_api import Locator, Page, Route, expect

from whygrad.training.start import start

FLOW = [
    ("z₁", "0.5"),
    ("a₁", "0.5"),
    ("ŷ", "0.25"),
    ("L", "3.0625"),
    ("∂L/∂ŷ", "−3.5"),
    ("∂L/∂w₂", "−1.75"),
    ("∂L/∂b₂", "−3.5"),
    ("∂L/∂a₁", "−1.75"),
    ("∂L/∂z₁", "−1.75"),
    ("∂L/∂w₁", "−1.75"),
    ("∂L/∂b₁", "−1.75"),
]


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def said(page: Page) -> Locator:
    """What is announced of the active step."""
    return page.get_by_label("Computation").locator("[aria-live]")


def on_graph(page: Page, starts: str) -> Locator:
    """A number on the graph, by how its accessible name starts."""
    return page.get_by_label("Graph of the computation").get_by_role(
        "button", name=re.compile(f"^{re.escape(starts)}")
    )


def change(page: Page, label: str, value: str) -> None:
    field = page.get_by_label(label, exact=True)
    field.fill(value)
    field.press("Enter")


def seek(page: Page, iteration: int) -> None:
    """Move the history slider; people count from 1."""
    page.get_by_label("Iteration", exact=True).fill(str(iteration - 1))
    expect(page.get_by_text(f"Iteration {iteration}", exact=True)).to_be_visible()


def opened(page: Page, explorer: str, place: str) -> None:
    page.goto(f"{explorer}#preset={place}")
    expect(button(page, "Step forward")).to_be_visible()
    page.wait_for_load_state("networkidle")
    expect(page.locator(".arriving")).to_have_count(0)


def test_flow_is_stepped_through_forward_and_back(page: Page, explorer: str) -> None:
    page.goto(f"{explorer}#room=explore")
    expect(page.get_by_role("heading", name="Nothing computed yet")).to_be_visible()
    expect(on_graph(page, "z₁, not computed yet")).to_be_visible()
    for name, value in FLOW:
        button(page, "Step forward").click()
        expect(said(page)).to_have_text(re.compile(f": {re.escape(name)} = {re.escape(value)}$"))
    expect(said(page)).to_have_text(re.compile("^backward · step 11 of 11"))
    expect(on_graph(page, "z₁ = 0.5, gradient −1.75")).to_be_visible()
    expect(on_graph(page, "w₁ = 0.5, gradient −1.75")).to_be_visible()
    expect(on_graph(page, "b₂ = 0, gradient −3.5")).to_be_visible()
    for name, value in reversed(FLOW[:-1]):
        button(page, "Step back").click()
        expect(said(page)).to_have_text(re.compile(f": {re.escape(name)} = {re.escape(value)}$"))
    button(page, "Step back").click()
    expect(page.get_by_role("heading", name="Nothing computed yet")).to_be_visible()
    expect(button(page, "Step back")).to_be_disabled()


def test_what_flows_back_and_the_local_rate_are_each_called_what_they_are(
    page: Page, explorer: str
) -> None:
    page.goto(f"{explorer}#preset=flow&step=8")
    graph = page.get_by_label("Graph of the computation")
    expect(graph.get_by_text("∂L/∂ŷ = −3.5", exact=True)).to_be_visible()
    expect(graph.get_by_text("× ∂ŷ/∂a₁ = 0.5")).to_be_visible()


def test_an_update_is_carried_into_the_next_iteration(page: Page, explorer: str) -> None:
    page.goto(f"{explorer}#preset=flow&step=12")
    expect(said(page)).to_have_text("update · step 1 of 4: w₁′ = 0.675")
    expect(on_graph(page, "w₁ = 0.5, gradient −1.75, after the update 0.675")).to_be_visible()
    button(page, "Next iteration").click()
    expect(on_graph(page, "w₁ = 0.675")).to_be_visible()
    expect(on_graph(page, "L = 1.158")).to_be_visible()
    button(page, "Previous iteration").click()
    expect(on_graph(page, "L = 3.0625")).to_be_visible()


def test_the_keyboard_steps_plays_and_goes_through_iterations(page: Page, explorer: str) -> None:
    page.goto(f"{explorer}#room=explore")
    expect(button(page, "Step forward")).to_be_visible()
    for key in ("ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft"):
        page.keyboard.press(key)
    expect(said(page)).to_have_text("forward · step 2 of 11: a₁ = 0.5")
    page.keyboard.press("Shift+ArrowRight")
    expect(page.get_by_text("Iteration 2", exact=True)).to_be_visible()
    page.keyboard.press("Shift+ArrowLeft")
    page.get_by_label("Speed").select_option(label="10 steps a second")
    page.get_by_label("Speed").blur()
    page.keyboard.press("Space")
    expect(button(page, "Pause")).to_be_visible()
    expect(said(page)).to_have_text(re.compile("^backward"))
    page.keyboard.press("Space")
    expect(button(page, "Play")).to_be_visible()


def test_every_control_is_reached_by_tab_and_shows_its_focus(page: Page, explorer: str) -> None:
    page.goto(f"{explorer}#preset=flow&step=9&iteration=2")
    expect(button(page, "Step forward")).to_be_visible()
    reached: dict[str, bool] = {}
    for _ in range(80):
        page.keyboard.press("Tab")
        name, seen = page.evaluate(
            """() => {
              const focused = document.activeElement
              const { outlineStyle, strokeWidth } = getComputedStyle(focused)
              if (focused === document.body) return ['', true] // round once
              const name = focused.ariaLabel || focused.labels?.[0]?.innerText || focused.innerText
              return [name.split('\\n')[0], outlineStyle !== 'none' || parseFloat(strokeWidth) >= 4]
            }"""
        )
        reached[name] = seen
    for name in (
        "learning rate",
        "Previous iteration",
        "Step back",
        "Play",
        "Step forward",
        "Next iteration",
        "Reset",
        "Speed",
        "every operation",
        "Iteration",
        "Train to the end",
        "Zoom in",
        "Full screen",
        "Why",
    ):
        assert name in reached, f"{name} is not reached by tab; these are: {list(reached)}"
    assert any(name.startswith("z₁ = ") for name in reached)
    assert [name for name, seen in reached.items() if name and not seen] == []


def test_time_travel_is_exact_and_agrees_with_python(page: Page, explorer: str) -> None:
    training = start("xor")
    training.iteration.play(40)
    run = training.iteration.peek()
    page.goto(f"{explorer}#preset=xor&step=5")
    page.get_by_role("tab", name="Table").click()
    page.get_by_label("Every digit").check()
    loss = page.get_by_role("row", name=re.compile("^L ")).get_by_role("cell").first

    def number() -> float:
        return float(loss.inner_text().replace("−", "-"))

    seek(page, 41)
    there = number()
    assert there == pytest.approx(float(run["L"]), rel=1e-9)
    seek(page, 3)
    assert number() != there
    seek(page, 2000)
    seek(page, 41)
    assert number() == there


def test_a_weight_is_changed_in_place_and_played_at_once_without_the_server(
    page: Page, explorer: str
) -> None:
    page.goto(f"{explorer}#preset=flow&step=4")
    on_graph(page, "w₁ = 0.5").click()
    requests: list[str] = []
    asked = lambda request: request.resource_type != "font"  # noqa: E731  (one may come late)
    page.on("request", lambda request: asked(request) and requests.append(request.url))
    change(page, "w₁", "1")
    expect(on_graph(page, "ŷ = 0.5")).to_be_visible()
    expect(on_graph(page, "L = 2.25")).to_be_visible()
    change(page, "learning rate", "0")
    button(page, "Next iteration").click()
    expect(on_graph(page, "L = 2.25")).to_be_visible()
    on_graph(page, "x = 1").press("Enter")
    change(page, "x", "2")
    expect(on_graph(page, "z₁ = 2")).to_be_visible()
    on_graph(page, "t = 2").press("Enter")
    change(page, "t", "1")
    expect(on_graph(page, "L = 0")).to_be_visible()
    assert requests == []


def test_reset_restores_everything(page: Page, explorer: str) -> None:
    page.goto(f"{explorer}#preset=flow&iteration=3&step=9")
    scene = page.locator("svg[role=group] > g")
    expect(on_graph(page, "w₁ = ")).to_be_visible()
    button(page, "Zoom in").click()
    page.get_by_label("Speed").select_option(label="as fast as it goes")
    page.get_by_label("every operation").check()
    change(page, "learning rate", "0.3")
    button(page, "Reset").click()
    expect(page.get_by_label("learning rate")).to_have_value("0.1")
    expect(page.get_by_label("Speed")).to_have_value("1")
    expect(page.get_by_label("every operation")).not_to_be_checked()
    expect(page.get_by_text("Iteration 1", exact=True)).to_be_visible()
    expect(on_graph(page, "w₁ = 0.5")).to_be_visible()
    restored = scene.get_attribute("transform")
    page.wait_for_url(re.compile("#preset=flow$"))
    page.reload()
    expect(on_graph(page, "w₁ = 0.5")).to_be_visible()
    assert scene.get_attribute("transform") == restored


def test_a_weight_clicked_is_drawn_over_time(page: Page, explorer: str) -> None:
    page.goto(f"{explorer}#preset=xor&step=17")
    button(page, "Train to the end").click()
    expect(page.get_by_text("Iteration 2000", exact=True)).to_be_visible()
    on_graph(page, "weight W₁[0,1] = ").focus()
    page.keyboard.press("Enter")
    chosen = page.get_by_label("Selected")
    # of fast training not every iteration is drawn
    expect(chosen.get_by_text(re.compile("^W₁.0,1. .+ at iteration (19..|2000)$"))).to_be_visible()
    gradient = re.compile("^∂L/∂W₁.0,1. .+ at iteration (19..|2000)$")
    expect(chosen.get_by_text(gradient)).to_be_visible()


def test_a_dead_unit_says_why(page: Page, explorer: str) -> None:
    page.goto(f"{explorer}#preset=xor&step=9")
    on_graph(page, "b₁[2] = ").click()
    change(page, "b₁[2]", "-50")
    why = "dead: z ≤ 0 on all 200 examples, so no gradient passes"
    expect(page.get_by_text(f"a₁[2] is {why}.")).to_be_visible()
    expect(on_graph(page, "a₁[0,2] = 0")).to_have_attribute("aria-label", re.compile(why))


def test_a_nan_or_infinity_names_its_step(page: Page, explorer: str) -> None:
    page.goto(f"{explorer}#preset=flow")
    change(page, "learning rate", "1e200")
    button(page, "Train to the end").click()
    expect(page.get_by_role("alert")).to_have_text(
        re.compile(r"^Iteration 2: step 3 of 15 \(matmul, on the way to ŷ\) is the first to make")
    )


def test_the_address_says_where_one_is_and_back_goes_back(page: Page, explorer: str) -> None:
    page.goto(f"{explorer}#preset=flow&iteration=7&step=4")
    expect(page.get_by_text("Iteration 7", exact=True)).to_be_visible()
    button(page, "Step forward").click()
    page.wait_for_url(re.compile("#preset=flow&iteration=7&step=5$"))
    page.get_by_role("button", name=re.compile("Open another")).click()
    page.get_by_role("button", name=re.compile("^Fan-out")).click()
    expect(on_graph(page, "a, not computed yet")).to_be_visible()
    page.wait_for_url(re.compile("#preset=fanout$"))
    page.go_back()
    expect(page.get_by_text("Iteration 7", exact=True)).to_be_visible()
    expect(said(page)).to_have_text(re.compile("^backward · step 5"))


def test_layers_of_a_large_network_fold_and_unfold(page: Page, explorer: str) -> None:
    page.goto(f"{explorer}#preset=spirals&step=4")
    layer = page.get_by_role("button", name=re.compile("^z₁: 16 numbers as a heat map"))
    layer.click()
    expect(on_graph(page, "z₁[0,15] = ")).to_be_visible()
    button(page, "Fold z₁").click()
    expect(layer).to_be_visible()


def test_xor_is_learned_from_an_uploaded_table(page: Page, explorer: str) -> None:
    page.goto(f"{explorer}#room=explore")
    page.get_by_role("button", name=re.compile("Open another")).click()
    table = "a,b,out\n" + "0,0,0\n0,1,1\n1,0,1\n1,1,0\n"
    page.locator("input[type=file]").set_input_files(
        files=[{"name": "mine.csv", "mimeType": "text/csv", "buffer": table.encode()}]
    )
    change(page, "Learning rate", "0.5")
    page.get_by_label(re.compile("^Activation")).select_option(label="tanh")
    page.get_by_role("dialog").get_by_role("button", name="Open", exact=True).click()
    expect(page.get_by_text(re.compile("example . of 4")).first).to_be_visible()
    button(page, "Train to the end").click()
    expect(page.get_by_text("All 4 examples are right.")).to_be_visible()


def test_a_step_changes_little_of_the_page(page: Page, explorer: str) -> None:
    opened(page, explorer, "xor&step=1")
    changes: list[int] = page.evaluate(
        """async () => {
          const seen = new MutationObserver(() => {})
          seen.observe(document.querySelector('[aria-label="Graph"]'),
            { subtree: true, childList: true, attributes: true, characterData: true })
          const counts = []
          for (let n = 0; n < 34; n++) {
            document.body.dispatchEvent(
              new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true }))
            await Promise.resolve()
            counts.push(seen.takeRecords().length)
            await new Promise(requestAnimationFrame)
          }
          return counts
        }"""
    )
    # a step is of one value: most of the some 500 texts, lines and names of the graph stay
    assert 0 < sorted(changes)[len(changes) // 2] < 100, changes


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("viewport", ["phone", "desktop"])
@pytest.mark.parametrize(
    "place",
    ["flow&step=9", "xor&step=16", "moons&step=10", "spirals&step=12", "fanout&step=4", "neuron"],
)
def test_the_page_is_accessible_and_fits(page: Page, explorer: str, place: str) -> None:
    page.goto(f"{explorer}#preset={place}")
    expect(button(page, "Step forward")).to_be_visible()
    page.wait_for_load_state("networkidle")
    check(page)


def test_the_colours_can_be_chosen(page: Page, explorer: str) -> None:
    page.goto(f"{explorer}#room=explore")
    ground = "getComputedStyle(document.querySelector('.whygrad')).backgroundColor"
    light = page.evaluate(ground)
    button(page, "Colours: as the system has it").click()
    assert page.evaluate(ground) == light
    button(page, "Colours: light").click()
    assert page.evaluate(ground) != light
    page.reload()
    expect(button(page, "Colours: dark")).to_be_visible()


def test_the_page_keeps_still_while_fonts_arrive(page: Page, explorer: str) -> None:
    def later(route: Route) -> None:
        page.wait_for_timeout(400)
        route.continue_()

    page.route("**/*.woff2", later)
    page.add_init_script(
        "window.shifts = [];"
        "new PerformanceObserver((list) => shifts.push(...list.getEntries().map((entry) =>"
        " entry.sources.map(({ node }) => node?.parentElement?.outerHTML.slice(0, 200)))))"
        ".observe({ type: 'layout-shift', buffered: true })"
    )
    opened(page, explorer, "flow&step=10")
    page.wait_for_timeout(500)
    assert page.evaluate("[...document.fonts].some(({ status }) => status === 'loaded')")
    assert page.evaluate("shifts") == []


@pytest.mark.parametrize("place", ["flow&step=9", "xor&step=16", "spirals&step=12"])
def test_text_of_twice_the_size_does_not_overlap(page: Page, explorer: str, place: str) -> None:
    page.add_init_script(
        "addEventListener('DOMContentLoaded', () =>"
        " (document.documentElement.style.fontSize = '200%'))"
    )
    opened(page, explorer, place)
    overlapping = page.evaluate(
        """() => ['header', '.caption', 'aside', 'footer'].flatMap((part) => {
          const found = []
          const top = document.querySelector(part)
          const walker = document.createTreeWalker(top, NodeFilter.SHOW_TEXT)
          while (walker.nextNode()) {
            const node = walker.currentNode
            const hidden = 'svg, select, .unseen, .katex-mathml, .katex, [aria-hidden=true]'
            if (!node.data.trim() || node.parentElement.closest(hidden)) continue
            const range = document.createRange()
            range.selectNodeContents(node)
            const text = node.data.trim()
            for (const box of range.getClientRects()) found.push({ box, text })
          }
          const cut = (a, b, low, high) =>
            Math.min(a[high], b[high]) - Math.max(a[low], b[low])
          return found.flatMap((a, n) => found.slice(n + 1)
            .filter((b) => cut(a.box, b.box, 'left', 'right') > 2
              && cut(a.box, b.box, 'top', 'bottom')
                > 0.4 * Math.min(a.box.height, b.box.height))
            .map((b) => [part, a.text, b.text]))
        })"""
    )
    assert overlapping == []


@pytest.mark.parametrize("place", ["flow&step=9", "xor&step=16", "spirals&step=12"])
@pytest.mark.parametrize("viewport", ["phone", "desktop"])
def test_no_text_on_the_graph_is_too_small_to_read(page: Page, explorer: str, place: str) -> None:
    opened(page, explorer, place)
    sizes: list[float] = page.evaluate(
        """() => [...document.querySelectorAll('[aria-label="Graph of the computation"] text')]
          .filter((text) => getComputedStyle(text).visibility === 'visible')
          .map((text) => parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a)"""
    )
    assert len(sizes) > 10
    assert min(sizes) > 10.99


def test_weights_that_find_no_room_are_shown_on_focus(page: Page, explorer: str) -> None:
    opened(page, explorer, "xor")
    weight = page.locator("[data-weight='W1[0,0]']")
    written = weight.locator("xpath=..").locator("text")
    expect(written).to_be_visible()
    for _ in range(3):
        button(page, "Zoom out").click()
    expect(written).to_be_hidden()
    weight.focus()
    expect(written).to_be_visible()


def test_numbers_run_from_left_to_right_in_a_page_that_does_not(page: Page, explorer: str) -> None:
    page.add_init_script(
        "addEventListener('DOMContentLoaded', () => (document.documentElement.dir = 'rtl'))"
    )
    opened(page, explorer, "flow&step=10")
    ways = page.evaluate(
        """() => [...document.querySelectorAll('.formula, output, svg, [data-ask]:not(svg *)')]
          .map((element) => getComputedStyle(element))
          .map(({ direction, unicodeBidi }) => [direction, unicodeBidi])"""
    )
    assert len(ways) > 5
    assert all(way == ["ltr", "isolate"] for way in ways)
    assert page.evaluate("getComputedStyle(document.querySelector('h2')).direction") == "rtl"


def test_a_heat_map_tells_its_numbers_to_pointer_and_keys(page: Page, explorer: str) -> None:
    opened(page, explorer, "spirals&step=12")
    weights = page.get_by_role("button", name="W₂: 16 × 16 weights as a heat map")
    weights.focus()
    page.keyboard.press("ArrowRight")
    expect(weights).to_have_accessible_name(re.compile(r"; W₂\[0,1\] = −?0\.\d+$"))
    page.keyboard.press("ArrowDown")
    expect(weights).to_have_accessible_name(re.compile(r"; W₂\[1,1\] = "))
    page.keyboard.press("Enter")
    expect(page.get_by_label("Selected").get_by_label("W₂[1,1]", exact=True)).to_be_visible()
    weights.hover(position={"x": 4, "y": 4})
    expect(weights).to_have_accessible_name(re.compile(r"; W₂\[0,0\] = "))


def test_on_paper_there_is_what_is_read_and_nothing_to_press(page: Page, explorer: str) -> None:
    opened(page, explorer, "flow&step=10")
    page.emulate_media(media="print")
    expect(page.get_by_role("heading", name="Why ∂L/∂w₁ = −1.75?")).to_be_visible()
    expect(page.get_by_label("Graph of the computation")).to_be_visible()
    expect(button(page, "Step forward")).to_be_hidden()
    expect(page.get_by_label("View of the graph")).to_be_hidden()

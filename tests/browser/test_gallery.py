from collections.abc import Iterator

import pytest
from gallery import DIFFERENCES, KEPT, compare, open_page, picture_of, write_page
from playwright.sync_api import Browser, Page

NAMES = sorted(picture.stem for picture in KEPT.glob("*.png"))


@pytest.fixture(scope="module")
def gallery(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    file = tmp_path_factory.mktemp("gallery") / "gallery.html"
    write_page(file)
    context = browser.new_context(viewport={"width": 1000, "height": 900})
    page = context.new_page()
    assert sorted(open_page(page, file)) == NAMES
    yield page
    context.close()


@pytest.mark.parametrize("name", NAMES)
def test_a_figure_looks_as_it_is_kept(gallery: Page, name: str) -> None:
    now = picture_of(gallery, name)
    difference = compare(gallery, (KEPT / f"{name}.png").read_bytes(), now)
    if difference.visible:
        _keep(name, now, difference.picture)
    assert not difference.visible, (
        f"{name} looks different in {difference.share:.1%} of it: see {DIFFERENCES}; "
        "if it is meant, run scripts/make_gallery.py"
    )


def _keep(name: str, now: bytes, difference: bytes) -> None:
    DIFFERENCES.mkdir(exist_ok=True)
    (DIFFERENCES / f"{name}-now.png").write_bytes(now)
    (DIFFERENCES / f"{name}-difference.png").write_bytes(difference)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        pytest.param("graph-flow-backward", ".node { translate: 24px 0 }", id="moved"),
        pytest.param("graph-flow-backward", ".whygrad { --backward: #0072b2 }", id="recoloured"),
        pytest.param("computation-flow-backward", ".row { display: none !important }", id="gone"),
        pytest.param("transport", ".button { border-radius: 0; padding: 8px }", id="reshaped"),
        pytest.param("line-chart", ".curve { stroke-width: 6 !important }", id="heavier"),
        pytest.param("why-flow", ".whygrad { --text-s: 1.25rem }", id="larger"),
    ],
)
def test_what_changes_visibly_is_found(gallery: Page, name: str, change: str) -> None:
    style = gallery.add_style_tag(content=change)
    try:
        now = picture_of(gallery, name)
    finally:
        style.evaluate("(element) => element.remove()")
    assert compare(gallery, (KEPT / f"{name}.png").read_bytes(), now).visible


def test_letters_of_another_machine_are_not_taken_for_a_change(gallery: Page) -> None:
    style = gallery.add_style_tag(content=".frame { letter-spacing: 0.1px; font-weight: 410 }")
    try:
        now = picture_of(gallery, "graph-flow-backward")
    finally:
        style.evaluate("(element) => element.remove()")
    kept = (KEPT / "graph-flow-backward.png").read_bytes()
    assert not compare(gallery, kept, now).visible

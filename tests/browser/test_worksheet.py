"""A worksheet prints on A4 and Letter: nothing is cut off, no exercise is torn."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, ViewportSize

from whygrad.practice import DIFFICULTIES, FEATURES, KINDS, Exercise, exercise, worksheet

SIZES = {"A4": (794, 1123), "Letter": (816, 1056)}  # in CSS pixels
MARGINS = (136, 129)  # 18 mm on both sides; 16 mm above and 18 mm below


EVERY_FEATURE = [
    exercise(seed, feature=feature, kind=KINDS[seed % len(KINDS)])
    for seed, feature in enumerate(FEATURES)
]
LONGEST = [
    exercise(seed, feature=feature, kind=kind, difficulty=DIFFICULTIES[-1])
    for seed, feature in enumerate(("dead_unit", "kink", "two_classes", "momentum"))
    for kind in ("next_number", "fill_blanks", "find_the_mistake")
]


@pytest.mark.parametrize("made", [EVERY_FEATURE, LONGEST], ids=["every feature", "the longest"])
@pytest.mark.parametrize("size", SIZES)
def test_a_worksheet_prints(browser: Browser, size: str, made: list[Exercise]) -> None:
    width, height = (side - margin for side, margin in zip(SIZES[size], MARGINS, strict=True))
    page = browser.new_page(viewport=ViewportSize(width=width, height=height))
    page.emulate_media(media="print")
    page.set_content(worksheet(made))
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    heights = page.evaluate(
        "[...document.querySelectorAll('section')].map(s => s.getBoundingClientRect().height)"
    )
    assert len(heights) == 2 * len(made)
    assert max(heights) < height  # each fits on a page, so none is torn
    pages = len(re.findall(rb"/Type\s*/Page\b", page.pdf(format=size)))
    page.close()
    assert len(made) // 3 < pages <= len(made) + 4

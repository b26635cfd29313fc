"""Someone's own work, line by line."""

from __future__ import annotations

import pytest

from whygrad.errors import WhygradError
from whygrad.practice import PastedLine, check_lines
from whygrad.practice.solution import Solution
from whygrad.tape.player import Player
from whygrad.training.start import start

FLOW = start("flow").iteration.run
CORNERS = start("xor-corners").iteration.run


def only(line: str) -> PastedLine:
    (found,) = check_lines(FLOW, line)
    return found


@pytest.mark.parametrize(
    "line",
    [
        "dL/dw2 = -1.75",
        "dL/dw2: −1,75",
        "∂L/∂w₂ ≈ -1.75",
        "dL / dW2 = -3.5 * 0.5 = -7/4",
        "dw2 = -1.75",
        "  w1' = 0.675  ",
        "w₁′ = 0.675",
        "w1_new=0.675",
    ],
)
def test_a_line_is_read_as_people_write_it(line: str) -> None:
    found = only(line)
    assert found.mark is not None
    assert found.mark.correct
    assert found.typed == line.strip()
    assert not found.trouble


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("hello", "Write a name and a number"),
        ("z1 =", "Write a name and a number"),
        ("= 3", "No number here is called “”."),
        ("x = 1", "x is given, not worked out"),
        ("dL/dw9 = 1", "No number here is called “dL/dw9”. Did you mean dL/dw2?"),
        ("q" * 500 + " = 1", "No number here is called"),
    ],
)
def test_a_line_without_a_number_to_grade_says_what_is_missing(line: str, says: str) -> None:
    found = only(line)
    assert found.mark is None
    assert found.trouble.startswith(says)
    assert len(found.trouble) < 200


def test_an_array_needs_an_index_and_a_name_stands_once() -> None:
    whole, first, again = check_lines(CORNERS, "dL/dW1 = 3\n\ndL/dW1[0,1]=3\n dL/dW1[0, 1]: 4")
    assert "say which one, as in dL/dW1[0,0]" in whole.trouble
    assert first.mark is not None
    assert "is checked in a line above" in again.trouble


def test_a_slip_is_carried_in_the_order_of_work_not_of_lines() -> None:
    update, slip = check_lines(FLOW, "dL/dw2 = -0.875\ndL/dyhat = -1.75")
    assert update.mark is not None
    assert slip.mark is not None
    assert (update.mark.correct, update.mark.carried) == (True, True)
    assert slip.mark.mistakes[0] == "forget_factor_two"


def test_what_is_not_a_number_is_said_and_kept() -> None:
    found = only("z1 = about half")
    assert found.mark is not None
    assert found.mark.correct is None
    assert "“about half” is not read as a number" in found.mark.feedback


def test_too_many_lines_are_refused() -> None:
    assert check_lines(FLOW, "\n" * 10_000) == []
    with pytest.raises(WhygradError, match="at most 500"):
        check_lines(FLOW, "z1 = 1\n" * 501)


def test_all_mistakes_share_one_play_of_what_is_right(monkeypatch: pytest.MonkeyPatch) -> None:
    plays = 0
    play = Player.play

    def counted(self: Player) -> None:
        nonlocal plays
        plays += 1
        play(self)

    work = Solution(CORNERS)
    labels = [work.label(place) for place in work.order]
    numbers = [CORNERS.number(*CORNERS.element(label)) for label in labels]
    lines = [
        f"{label} = {n + 7.77 * (at % 3 > 0):.3g}"
        for at, (label, n) in enumerate(zip(labels, numbers, strict=True))
    ]
    monkeypatch.setattr(Player, "play", counted)
    found = check_lines(CORNERS, "\n".join(lines))
    assert all(line.mark for line in found)
    assert plays <= 1.5 * len(lines) * len(work.mistakes)


def test_as_many_lines_as_may_be_are_graded() -> None:
    assert len(check_lines(FLOW, "z1 = 1\n" * 500)) == 500

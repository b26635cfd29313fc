"""Someone's own work, line by line."""

from __future__ import annotations

import pytest

from whygrad.engine.notation import symbol
from whygrad.errors import WhygradError
from whygrad.explain.said import Said, say
from whygrad.practice import PastedLine, check_lines
from whygrad.practice.pasted import MAX_LINES
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
        ("hello", say("pasted.not_a_line")),
        ("z1 =", say("pasted.not_a_line")),
        ("= 3", say("pasted.unknown", name="")),
        ("x = 1", say("pasted.given", name="x")),
        ("dL/dw9 = 1", say("pasted.near", name="dL/dw9", near="dL/dw2")),
        ("q" * 500 + " = 1", say("pasted.unknown", name="q" * 60)),
    ],
)
def test_a_line_without_a_number_to_grade_says_what_is_missing(line: str, says: Said) -> None:
    found = only(line)
    assert found.mark is None
    assert found.trouble == str(says)
    assert len(found.trouble) < 200


def test_an_array_needs_an_index_and_a_name_stands_once() -> None:
    whole, first, again = check_lines(CORNERS, "dL/dW1 = 3\n\ndL/dW1[0,1]=3\n dL/dW1[0, 1]: 4")
    assert whole.trouble == str(say("pasted.several", name="dL/dW1", one="dL/dW1[0,0]"))
    assert first.mark is not None
    assert again.trouble == str(say("pasted.twice", x=symbol("dL/dW1[0,1]")))


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
    assert found.mark.says == (say("read.not_a_number", typed="about half"),)


def test_too_many_lines_are_refused() -> None:
    assert check_lines(FLOW, "\n" * 10_000) == []
    with pytest.raises(WhygradError, match="at most 500"):
        check_lines(FLOW, "z1 = 1\n" * (MAX_LINES + 1))


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

"""What the page asks of practice: exercises, marks, homework, worksheets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from whygrad.app.practice import MAX_TYPED
from whygrad.app.server import create_app
from whygrad.practice import DIFFICULTIES, FEATURES, KINDS, exercise, grade, worksheet
from whygrad.tape.tape import Tape


@pytest.fixture(scope="module")
def app() -> Iterator[TestClient]:
    with TestClient(create_app("flow"), base_url="http://localhost:8000") as app:
        yield app


def asked(app: TestClient, path: str, **content: Any) -> Any:
    answer = app.post(f"/api/{path}", json=content)
    assert answer.status_code == 200, answer.text
    return answer.json()


def refused(app: TestClient, path: str, **content: Any) -> str:
    answer = app.post(f"/api/{path}", json=content)
    assert answer.status_code == 400, answer.text
    return answer.json()["message"]


def test_what_can_be_practised_is_listed(app: TestClient) -> None:
    found = app.get("/api/practice").json()
    assert [feature["name"] for feature in found["features"]] == list(FEATURES)
    assert found["difficulties"] == list(DIFFICULTIES)


@pytest.mark.parametrize("kind", KINDS)
def test_an_exercise_is_the_one_of_the_command_line(app: TestClient, kind: str) -> None:
    made = exercise(7, feature="fanout", kind=kind, fading="completion")
    found = asked(app, "exercise", seed=7, feature="fanout", kind=kind, fading="completion")
    assert (found["id"], found["fading"]) == (made.id, made.fading)
    assert [ask["name"] for ask in found["asks"]] == [ask.name for ask in made.asks]
    assert [tuple(ask["choices"]) for ask in found["asks"]] == [ask.choices for ask in made.asks]
    assert all("answer" not in ask for ask in found["asks"])
    told = [(one["name"], one["number"]) for one in found["told"]]
    assert told == [one for one in made.given if one[0] not in ("x", "learning_rate")]
    assert Tape.from_json(found["trace"]["tape"]) == made.run.tape
    assert (found["losses"] is not None) == (kind == "choose_the_remedy")


def test_the_seed_chooses_where_nothing_else_does(app: TestClient) -> None:
    assert asked(app, "exercise", seed=11)["id"] == exercise(11).id


def test_an_exercise_about_the_second_iteration_says_so(app: TestClient) -> None:
    found = asked(app, "exercise", seed=1, feature="second_iteration")
    assert found["iteration"] == 2
    assert found["notes"][0].startswith("It is the second iteration; the first had ∂L/∂w₁ = ")
    assert found["notes"][0] in exercise(1, feature="second_iteration").question


def test_a_difficulty_can_be_asked_for(app: TestClient) -> None:
    found = asked(app, "exercise", seed=1, feature="chain", difficulty=3)
    assert (found["id"], found["difficulty"]) == (exercise(1, feature="chain", difficulty=3).id, 3)


def test_losses_too_large_for_json_are_left_out(app: TestClient) -> None:
    for seed in range(12):
        found = asked(app, "exercise", seed=seed, kind="choose_the_remedy")["losses"]
        assert len(found["right"]) == 6
        assert all(loss is None or abs(loss) < 1e300 for loss in found["wrong"])


def test_what_is_accepted_comes_with_an_exercise(app: TestClient) -> None:
    made = exercise(7, feature="two_layers", kind="find_the_mistake")
    where, number, slip = made.asks
    about = {"feature": "two_layers", "kind": "find_the_mistake"}
    accepted = asked(app, "exercise", seed=7, **about)["accepted"]
    assert accepted["numbers"] == {number.name: where.answer}
    assert list(accepted["marks"]) == [where.name, slip.name]
    assert list(accepted["marks"][slip.name]) == ["", *slip.choices]
    for choice in slip.choices:
        mark = grade(made, {slip.name: choice})[2]
        found = accepted["marks"][slip.name][choice]
        assert (found["correct"], found["feedback"]) == (mark.correct, mark.feedback)


def test_the_mistakes_that_fit_an_exercise_come_as_tapes_with_their_words(app: TestClient) -> None:
    made = exercise(1, feature="momentum")
    found = asked(app, "exercise/mistakes", id=made.id)["mistakes"]
    assert [one["name"] for one in found] == [one.name for one in made.solution.mistakes]
    assert {"title", "people", "breaks", "notice", "asks"} < set(found[0])
    (kept,) = [one["leaves"] for one in found if one["name"] == "keep_old_gradients"]
    assert sorted(kept.values(), key=str) == [[-4.5], [[-2.25]]]  # of the iteration before


@pytest.mark.parametrize(
    ("path", "content", "says"),
    [
        ("exercise", {"seed": "7"}, "must be a whole number"),
        ("exercise", {"seed": True}, "must be a whole number"),
        ("exercise", {"difficulty": "2"}, "must be a whole number"),
        ("exercise", {"difficulty": 9}, "must be from 1"),
        ("exercise", {"seed": -1}, "must be from 0"),
        ("exercise", {"kind": 3}, '"kind" must be a text'),
        ("exercise", {"feature": "fanot"}, "did you mean 'fanout'"),
        ("exercise", {"fedding": "solo"}, "did you mean 'fading'"),
        ("exercise/mistakes", {"id": "x"}, "is not an exercise's id"),
        ("homework", {"preset": "flow", "lines": "3" * (MAX_TYPED + 1)}, "20,000 characters"),
        ("homework", {"preset": "flow"}, '"lines" must be a text'),
        ("homework", {"lines": "z1 = 3"}, 'say one of "preset"'),
        ("homework", {"preset": "flow", "lines": "z1 = 3\n" * 501}, "at most 500"),
    ],
)
def test_what_cannot_be_served_is_said(
    app: TestClient, path: str, content: dict[str, Any], says: str
) -> None:
    assert says in refused(app, path, **content)


def test_deep_json_is_refused(app: TestClient) -> None:
    text = '{"id": ' + "[" * 100_000 + "]" * 100_000 + "}"
    answer = app.post(
        "/api/exercise/mistakes", content=text, headers={"content-type": "application/json"}
    )
    assert answer.status_code == 400


def test_each_line_of_homework_is_checked(app: TestClient) -> None:
    toml = '[formula]\nw = 2.0\nL = "w * w"\n'
    found = asked(app, "homework", toml=toml, lines="L = 4\ndL/dw = 2\nnothing")
    assert [line["typed"] for line in found] == ["L = 4", "dL/dw = 2", "nothing"]
    assert found[0]["mark"]["correct"] is True
    assert found[1]["mark"]["mistakes"][0]["name"] == "overwrite_at_fan_out"
    assert (found[2]["mark"], found[2]["trouble"][:5]) == (None, "Write")


def test_a_short_address_leads_to_the_exercise_on_the_page(app: TestClient) -> None:
    answer = app.get("/practice?seed=7&feature=fanout&x=%23&y=%0d%0a", follow_redirects=False)
    assert answer.status_code == 307
    assert answer.headers["location"] == "/#room=practice&seed=7&feature=fanout&x=%23&y=%0D%0A"


def test_a_worksheet_can_be_printed(app: TestClient) -> None:
    answer = app.get(
        "/practice/worksheet?seed=7&feature=fanout&kind=fill_blanks&count=2&difficulty=2"
    )
    assert answer.headers["content-type"].startswith("text/html")
    made = [exercise(seed, feature="fanout", kind="fill_blanks", difficulty=2) for seed in (7, 8)]
    assert answer.text == worksheet(made)


def test_a_longer_worksheet_is_not_given_by_an_address_alone(app: TestClient) -> None:
    asked = {"feature": "chain", "count": 12}
    answer = app.post("/practice/worksheet", json=asked)
    assert answer.text == worksheet([exercise(seed, feature="chain") for seed in range(12)])
    answer = app.post("/practice/worksheet", json={"count": 51})
    assert (answer.status_code, answer.json()["message"][:42]) == (
        400,
        "a worksheet has from 1 to 50 exercises, no",
    )


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("seed=x", "must be a whole number"),
        ("count=11", "an address gives at most 10 exercises"),
        ("count=0", "from 1 to 50"),
        ("kind=none", "unknown kind"),
        ("script=1", "unknown key 'script'"),
    ],
)
def test_a_worksheet_that_cannot_be_made_says_why(app: TestClient, query: str, says: str) -> None:
    answer = app.get(f"/practice/worksheet?{query}")
    assert answer.status_code == 400
    assert says in answer.json()["message"]

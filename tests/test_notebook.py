"""The explorer's widget, driven through the messages of its model; no kernel is needed."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from whygrad import notebook
from whygrad.app.server import create_app
from whygrad.errors import WhygradError
from whygrad.notebook import ASKED, ExplorerWidget

WEB = Path(__file__).parents[1] / "web"


class Model:
    """The widget as its page has it: what is sent to it, and what comes back."""

    def __init__(self, widget: ExplorerWidget, monkeypatch: pytest.MonkeyPatch) -> None:
        self.widget = widget
        self.received: list[Any] = []
        monkeypatch.setattr(
            widget.comm, "send", lambda data, buffers=None: self.received.append(data)
        )

    def send(self, content: object) -> list[Any]:
        """Send a message as a kernel gets it; return what came of it."""
        self.received.clear()
        data = {"method": "custom", "content": content}
        self.widget._handle_msg({"content": {"data": data}, "buffers": []})
        return [one["content"] for one in self.received if one["method"] == "custom"]

    def ask(self, name: str, /, **payload: object) -> Any:
        """Ask a question; return the answer, or the error."""
        (came,) = self.send({"id": 7, "ask": name, "payload": payload})
        assert came.pop("id") == 7
        ((kind, said),) = came.items()
        assert kind in ("answer", "error")
        return said


@pytest.fixture(scope="module")
def widget() -> Iterator[ExplorerWidget]:
    made = ExplorerWidget("flow")
    yield made
    made.close()


@pytest.fixture
def model(widget: ExplorerWidget, monkeypatch: pytest.MonkeyPatch) -> Model:
    return Model(widget, monkeypatch)


@pytest.fixture(scope="module")
def server() -> Iterator[TestClient]:
    with TestClient(create_app("flow"), base_url="http://localhost:8000") as server:
        yield server


def test_the_model_has_the_module_and_data_alone(widget: ExplorerWidget) -> None:
    state = widget.get_state()
    assert state["_esm"] == (notebook.STATIC / "whygrad.js").read_text(encoding="utf-8")
    assert state["_css"]
    assert state["trace"]["name"] == "flow"
    assert state["answers"] is True
    assert (state["go"], state["place"]) == (None, None)


def test_where_the_person_stands_is_heard() -> None:
    widget = ExplorerWidget("flow")
    place = {"iteration": 1, "position": 4}
    data = {"method": "update", "state": {"place": place}, "buffer_paths": []}
    widget._handle_msg({"content": {"data": data}, "buffers": []})
    assert widget.place == place


def test_the_page_and_python_name_the_same_questions() -> None:
    text = (WEB / "src" / "hosts" / "asked.ts").read_text(encoding="utf-8")
    union = text.partition("export type Question =")[2].partition("/**")[0]
    assert sorted(re.findall(r"'([\w/]+)'", union)) == sorted(ASKED)


@pytest.mark.parametrize(
    ("name", "payload"),
    [
        ("initial", {}),
        ("presets", {}),
        ("trace", {"preset": "xor"}),
        ("trace", {"toml": '[formula]\nw = 2.0\nL = "w * w"\n'}),
        ("mistakes", {"preset": "flow"}),
        ("csv", {"name": "a.csv", "text": "a,b\n1,2\n3,4\n"}),
        ("practice", {}),
        ("exercise", {"seed": 7, "feature": "fanout", "kind": "find_the_mistake"}),
        ("exercise/mistakes", {"id": "next_number.momentum.solo.1"}),
        ("homework", {"preset": "flow", "lines": "z1 = 0.5"}),
        ("clinic", {}),
        ("trace", {"preset": "xo"}),
        ("trace", {"preset": 3}),
        ("trace", {"present": "xor"}),
        ("homework", {"preset": "flow"}),
        ("clinic/patient", {"seed": "7"}),
    ],
)
def test_it_is_answered_as_the_server_answers(
    model: Model, server: TestClient, name: str, payload: dict[str, object]
) -> None:
    wanted = server.post(f"/api/{name}", json=payload) if payload else server.get(f"/api/{name}")
    assert model.ask(name, **payload) == wanted.json()


def test_files_that_are_given_can_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = {
        "network": {"layers": [1, 1]},
        "data": {"csv": "a.csv", "target": ["y"], "task": "regression"},
    }
    with_file = Model(ExplorerWidget("flow", files={"a.csv": b"x,y\n1,2\n3,4\n"}), monkeypatch)
    assert with_file.ask("trace", spec=spec)["dataset"]["train"]["x"] == [[1], [3]]
    without = Model(ExplorerWidget("flow"), monkeypatch)
    assert "a.csv" in without.ask("trace", spec=spec)["message"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ({"id": 1}, "unknown question 'None'"),
        ({"id": 1, "ask": "presents", "payload": {}}, "did you mean 'presets'"),
        ({"id": 1, "ask": ["presets"], "payload": {}}, "unknown question"),
        ({"id": 1, "ask": "trace", "payload": None}, "must be an object"),
    ],
)
def test_what_is_no_question_is_refused(model: Model, content: object, says: str) -> None:
    (came,) = model.send(content)
    assert came["id"] == 1
    assert says in came["error"]["message"]


@pytest.mark.parametrize("content", ["hello", {"ask": "presets"}, None])
def test_other_messages_are_let_be(model: Model, content: object) -> None:
    assert model.send(content) == []


@pytest.mark.slow
def test_the_clinic_says_how_far_it_is_until_the_answer_is_there(model: Model) -> None:
    asked = 0
    while "doing" in (came := model.ask("clinic/patient", seed=3)):
        assert 0 <= came["done"] <= 1
        asked += 1
        time.sleep(0.1)
    assert came["seed"] == 3
    assert asked > 0


def test_a_page_that_is_not_built_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(notebook, "STATIC", tmp_path)
    with pytest.raises(WhygradError, match="not built"):
        ExplorerWidget("flow")

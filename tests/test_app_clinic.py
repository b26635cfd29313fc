"""What the page asks of the clinic."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

pytest.importorskip("torch")
pytest.importorskip("sklearn")

from whygrad import clinic
from whygrad.app import clinic as app_clinic
from whygrad.app.clinic import PATIENTS, JobQueue
from whygrad.app.reply import Refused
from whygrad.app.server import create_app
from whygrad.clinic.patient import case_of, patients

SEEDS = {case_of(seed)[0].name: seed for seed in range(patients())}
STILL = SEEDS["missing_optimizer_step"]


@pytest.fixture(scope="module")
def app() -> Iterator[TestClient]:
    with TestClient(create_app("flow"), base_url="http://localhost:8000") as app:
        yield app


def asked(app: TestClient, what: str, **content: Any) -> Any:
    """Ask until the answer is there."""
    for _ in range(400):
        answer = app.post(f"/api/clinic/{what}", json=content)
        if answer.status_code != 202:
            assert answer.status_code == 200, answer.text
            return answer.json()
        wait = answer.json()
        assert wait["doing"]
        assert 0 <= wait["done"] <= 1
    raise AssertionError("it takes for ever")


def refused(app: TestClient, what: str, **content: Any) -> tuple[int, str]:
    for _ in range(400):
        answer = app.post(f"/api/clinic/{what}", json=content)
        if answer.status_code != 202:
            return answer.status_code, answer.json()["message"]
    raise AssertionError("it takes for ever")


def test_what_can_be_chosen_is_listed(app: TestClient) -> None:
    found = app.get("/api/clinic").json()
    assert found["examinations"][0]["key"] == "scores"
    assert len(found["causes"]) > 30
    assert {one["group"] for one in found["remedies"]} >= {"the loop", "the rows"}
    assert found["missing"] == ""


def test_a_patient_is_trained_examined_and_graded(app: TestClient) -> None:
    told = asked(app, "patient", seed=STILL)
    assert told["seed"] == STILL
    assert "loss.backward()" in told["listing"]
    assert len(told["course"]["epochs"]) == 15
    seen = asked(app, "examine", seed=STILL, examination="own")
    assert {fact["key"] for fact in seen["facts"]} >= {"own.steps"}
    found = asked(
        app,
        "grade",
        seed=STILL,
        cause="missing_optimizer_step",
        evidence=["own.steps"],
        remedy="call_step",
        words="nothing moves",
    )
    assert found["cause"]["verdict"] == "right"
    assert found["evidence"][0]["verdict"] == "supports"
    assert found["remedy"]["verdict"] == "cures"
    assert found["findings"][0]["cause"] == "missing optimizer step"
    assert found["words"] == "nothing moves"


def test_an_answer_is_kept(app: TestClient) -> None:
    asked(app, "patient", seed=STILL)
    assert app.post("/api/clinic/patient", json={"seed": STILL}).status_code == 200


def test_what_is_not_finite_can_be_sent(app: TestClient) -> None:
    told = asked(app, "patient", seed=SEEDS["sum_reduction_lr"])
    assert told["course"]["broke"] is not None
    assert told["course"]["validation"][-1] is None


@pytest.mark.parametrize(
    ("what", "content", "said"),
    [
        ("patient", {}, '"seed" must be a whole number'),
        ("patient", {"seed": True}, '"seed" must be a whole number'),
        ("patient", {"seed": -1}, "from 0 to"),
        ("patient", {"seed": 1, "case": "x"}, "case"),
        ("examine", {"seed": STILL}, '"examination" must be a text'),
        ("examine", {"seed": STILL, "examination": "x_ray"}, "x_ray"),
        ("grade", {"seed": STILL}, '"cause" must be a text'),
        ("grade", {"seed": STILL, "cause": "measles"}, "measles"),
        ("grade", {"seed": STILL, "cause": "healthy", "evidence": "x"}, '"evidence" must be'),
        ("grade", {"seed": STILL, "cause": "healthy", "words": "x" * 3000}, "2000 characters"),
    ],
)
def test_what_cannot_be_asked(
    app: TestClient, what: str, content: dict[str, Any], said: str
) -> None:
    status, message = refused(app, what, **content)
    assert status == 400
    assert said in message


def test_without_the_extra_it_says_what_to_install(
    app: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clinic, "find_spec", lambda name: None)
    assert "PyTorch and scikit-learn" in app.get("/api/clinic").json()["missing"]
    assert refused(app, "patient", seed=1)[0] == 400


def answered(queue: JobQueue, seed: int) -> bytes:
    while True:
        content, status = queue.patient({"seed": seed})
        if status == 200:
            return content


@pytest.fixture
def queue() -> Iterator[JobQueue]:
    queue = JobQueue()
    yield queue
    queue.close()


def test_only_the_last_patients_are_kept(queue: JobQueue, monkeypatch: pytest.MonkeyPatch) -> None:
    trained: list[int] = []
    monkeypatch.setattr("whygrad.clinic.patient.admit", lambda seed, tell: trained.append(seed))
    for seed in range(PATIENTS + 2):
        queue._patient(seed, lambda share: None)
    queue._patients.update({seed: seed for seed in queue._patients})  # type: ignore[misc]
    queue._patient(PATIENTS + 1, lambda share: None)
    assert list(queue._patients) == [2, 3, 4, 5]
    assert trained == list(range(PATIENTS + 2))


def test_training_that_takes_too_long_is_given_up() -> None:
    with pytest.raises(Refused, match="longer than 0 seconds"):
        answered(JobQueue(seconds=0), STILL)


def test_a_fault_of_the_clinics_is_said(queue: JobQueue, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(seed: int, tell: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("whygrad.clinic.patient.admit", fail)
    with pytest.raises(Refused, match="the clinic failed: ZeroDivisionError"):
        answered(queue, STILL)


def test_a_crowd_is_sent_away(queue: JobQueue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app_clinic, "SOON", 0.0)
    go_on = threading.Event()
    monkeypatch.setattr("whygrad.clinic.patient.admit", lambda seed, tell: go_on.wait())
    for seed in range(app_clinic.WAITING):
        assert queue.patient({"seed": seed})[1] == 202
    with pytest.raises(Refused, match="busy"):
        queue.patient({"seed": 999})
    go_on.set()


def test_jobs_end_with_their_server(monkeypatch: pytest.MonkeyPatch) -> None:
    began = threading.Event()

    def admit(seed: int, tell: Callable[[float], None]) -> None:
        while True:
            began.set()
            tell(0.5)

    monkeypatch.setattr("whygrad.clinic.patient.admit", admit)
    monkeypatch.setattr(app_clinic, "SOON", 0.0)
    with TestClient(create_app("flow"), base_url="http://localhost:8000") as app:
        for seed in (1, 2):
            assert app.post("/api/clinic/patient", json={"seed": seed}).status_code == 202
        assert began.wait(60)
        assert "training the patient" in {thread.name for thread in threading.enumerate()}
    assert "training the patient" not in {thread.name for thread in threading.enumerate()}


def test_a_closed_clinic_answers_nothing_more() -> None:
    queue = JobQueue()
    queue.close()
    with pytest.raises(Refused, match="closed"):
        queue.patient({"seed": 1})

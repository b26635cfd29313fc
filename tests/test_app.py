"""The explorer's server: what it gives out, what it refuses, and how it listens."""

import json
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from whygrad.app import guard
from whygrad.app.guard import host_name, hosts_for
from whygrad.app.serve import listen, listen_near, url_of
from whygrad.app.server import create_app
from whygrad.app.work import Workers
from whygrad.errors import SpecError, WhygradError
from whygrad.spec import parse_spec, preset_names
from whygrad.tape.player import Player
from whygrad.tape.tape import Tape
from whygrad.training.start import start
from whygrad.whatif import MakeMistake, edited, fitting

CSV = "height,width,kind\n1,2,a\n2,1,b\n3,5,a\n4,0.5,b\n"
CSV_SPEC = {
    "network": {"layers": [2, 3, 1]},
    "data": {"csv": "leaves.csv", "target": ["kind"]},
}


def client(*args: Any, **options: Any) -> TestClient:
    return TestClient(create_app(*args, **options), base_url="http://localhost:8000")


@pytest.fixture(scope="module")
def app() -> Iterator[TestClient]:
    with client("flow") as app:
        yield app


def traced(app: TestClient, **asked: Any) -> Any:
    answer = app.post("/api/trace", json=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


def refused(app: TestClient, path: str = "/api/trace", status: int = 400, **asked: Any) -> str:
    answer = app.post(path, json=asked)
    assert answer.status_code == status, answer.text
    assert set(answer.json()) == {"message", "source", "line"}
    return answer.json()["message"]


# --- the page ---------------------------------------------------------------------------------


def test_the_page_and_its_assets(tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<h1>whygrad</h1>")
    (tmp_path / "whygrad.js").write_text("export {}")
    (tmp_path / "assets" / "index-abc.js").write_text("1")
    app = client("flow", static=tmp_path)
    page = app.get("/")
    assert (page.status_code, page.text) == (200, "<h1>whygrad</h1>")
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["cache-control"] == "no-cache"
    assert app.get("/whygrad.js").headers["cache-control"] == "no-cache"
    assert "immutable" in app.get("/assets/index-abc.js").headers["cache-control"]


def test_without_a_built_page_it_says_what_to_do(tmp_path: Path) -> None:
    app = client("flow", static=tmp_path / "nothing")
    page = app.get("/")
    assert page.status_code == 503
    assert "make install" in page.text
    assert app.get("/api/presets").status_code == 200


def test_nothing_outside_the_built_page_is_given_out(app: TestClient) -> None:
    for path in ("/../server.py", "/%2e%2e/server.py", "/assets/../../guard.py", "/nope"):
        answer = app.get(path)
        assert answer.status_code == 404
        assert "not found" in answer.json()["message"]


def test_what_trains_has_a_policy_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "trainer").mkdir()
    (tmp_path / "trainer" / "worker-abc.js").write_text("self.onmessage = () => {}")
    (tmp_path / "index.html").write_text("<!doctype html>")
    app = client("flow", static=tmp_path)
    trainer = app.get("/trainer/worker-abc.js")
    policy = trainer.headers["content-security-policy"]
    assert policy == "default-src 'none'; script-src 'unsafe-eval'"
    assert trainer.headers["x-content-type-options"] == "nosniff"
    assert "immutable" in trainer.headers["cache-control"]
    for path in ("/", "/trainer/nothing.js", "/trainer/%2e%2e/index.html"):
        assert "unsafe-eval" not in app.get(path).headers["content-security-policy"]


def test_what_a_page_may_do_is_said_on_every_answer(app: TestClient) -> None:
    for answer in (app.get("/api/presets"), app.get("/nope"), app.get("/", headers={"host": "x"})):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in answer.headers


# --- whose requests ---------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8000", "[::1]:8000", "LOCALHOST:1"])
def test_loopback_names_are_served(app: TestClient, host: str) -> None:
    assert app.get("/api/presets", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example:8000", "", "10.0.0.1"])
def test_other_names_are_refused(app: TestClient, host: str) -> None:
    answer = app.get("/api/presets", headers={"host": host})
    assert answer.status_code == 421
    assert "does not go by the name" in answer.json()["message"]


def test_a_host_that_was_asked_for_is_served() -> None:
    app = client("flow", host="box.local")
    assert app.get("/api/presets", headers={"host": "box.local:80"}).status_code == 200
    assert app.get("/api/presets", headers={"host": "other.local"}).status_code == 421
    everywhere = client("flow", host="0.0.0.0", names=["box.example"])
    for name, status in ((socket.gethostname(), 200), ("box.example:80", 200), ("any.name", 421)):
        answer = everywhere.get("/api/presets", headers={"host": name})
        assert answer.status_code == status, name


def test_a_token_is_asked_for_and_kept() -> None:
    app = client("flow", host="0.0.0.0", token="secret")
    for path in ("/", "/api/presets", "/?token=other", "/api/presets?token=%ff"):
        answer = app.get(path)
        assert answer.status_code == 401
        assert "asks for a token" in answer.json()["message"]
    bearer = {"authorization": "Bearer secret"}
    assert app.get("/api/presets", headers=bearer).status_code == 200
    entered = app.get("/?token=secret&a=b", follow_redirects=False)
    assert (entered.status_code, entered.headers["location"]) == (303, "/?a=b")
    assert "httponly; path=/; samesite=strict" in entered.headers["set-cookie"].lower()
    assert app.get("/api/presets").status_code == 200


def test_answers_are_compressed_for_who_can_read_them(app: TestClient) -> None:
    packed = app.get("/api/initial", headers={"accept-encoding": "gzip"})
    plain = app.get("/api/initial", headers={"accept-encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) * 3 < int(plain.headers["content-length"])
    assert packed.json() == plain.json()


def test_host_names() -> None:
    assert host_name("[::1]:80") == "::1"
    assert host_name("Example.org:8000") == "example.org"
    assert hosts_for("::") > guard.LOOPBACK
    assert [guard.is_loopback(host) for host in ("localhost", "::1", "10.0.0.1", "box")] == [
        *(True, True, False, False)
    ]
    assert hosts_for("127.0.0.1") == guard.LOOPBACK


def test_a_form_of_another_site_is_refused(app: TestClient) -> None:
    content = json.dumps({"preset": "flow"})
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        answer = app.post("/api/trace", content=content, headers={"content-type": kind})
        assert answer.status_code == 415
        assert "application/json" in answer.json()["message"]


def test_methods_are_named_in_refusals(app: TestClient) -> None:
    answer = app.get("/api/trace")
    assert answer.status_code == 405
    assert answer.json()["message"] == "GET /api/trace: method not allowed"


# --- presets and traces -----------------------------------------------------------------------


def test_the_presets(app: TestClient) -> None:
    listed = app.get("/api/presets").json()
    assert [item["name"] for item in listed] == list(preset_names())
    assert all(set(item) == {"name", "title", "description"} for item in listed)


def test_it_opens_on_what_it_was_given(app: TestClient) -> None:
    opening = app.get("/api/initial")
    assert opening.json()["name"] == "flow"
    assert opening.headers["cache-control"] == "no-store"


def test_what_cannot_be_traced_cannot_be_opened() -> None:
    with pytest.raises(SpecError, match="the first layer takes 3 numbers"):
        create_app(parse_spec("network.layers = [3, 1]\ndata.name = 'xor'"))


def test_a_preset_a_spec_and_a_toml_text_give_traces(app: TestClient) -> None:
    by_name = traced(app, preset="xor-corners")
    assert Tape.from_json(by_name["tape"]).find("L")
    assert traced(app, spec=by_name["spec"]) == by_name
    text = "[network]\nlayers = [2, 3, 1]\n[data]\nname = 'xor'\n"
    assert traced(app, toml=text)["dataset"]["name"] == "xor"


def test_a_csv_file_travels_in_the_request(app: TestClient) -> None:
    data = traced(app, spec=CSV_SPEC, files={"leaves.csv": CSV})["dataset"]
    assert (data["classes"], data["feature_names"]) == (["a", "b"], ["height", "width"])
    assert "unknown file 'leaves.csv'" in refused(app, spec=CSV_SPEC)


def test_the_file_it_was_opened_with_needs_not_be_sent() -> None:
    app = client("flow", files={"leaves.csv": CSV.encode()})
    assert traced(app, spec=CSV_SPEC)["dataset"]["name"] == "leaves"
    sent = {"spec": CSV_SPEC, "files": {"leaves.csv": "height,width,kind\nx,2,a\n3,4,b"}}
    assert app.post("/api/trace", json=sent).json()["line"] == 2


def test_no_file_is_read_from_disk(app: TestClient, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text(CSV)
    spec = {**CSV_SPEC, "data": {"csv": str(secret), "target": ["kind"]}}
    assert "unknown file" in refused(app, spec=spec)
    (tmp_path / "mine.toml").write_text("[network]\nlayers = [2, 1]\n[data]\nname = 'xor'\n")
    assert "unknown preset" in refused(app, preset=str(tmp_path / "mine.toml"))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({}, 'say one of "preset"'),
        ({"preset": "flow", "toml": ""}, 'say one of "preset"'),
        ({"preset": "flwo"}, "did you mean 'flow'"),
        ({"preset": 3}, '"preset" must be a text'),
        ({"toml": ["x"]}, '"toml" must be a text'),
        ({"spec": "xor"}, '"spec" must be an object'),
        ({"preset": "flow", "filse": {}}, "did you mean 'files'"),
        ({"preset": "flow", "files": ["a.csv"]}, '"files" must be an object'),
        ({"preset": "flow", "files": {"a.csv": 3}}, '"files" must be an object'),
        ({"spec": {"network": {"layers": [2, 1]}, "data": {"name": "xro"}}}, "did you mean 'xor'"),
        (
            {"spec": {"network": {"layers": [2, 2]}, "data": {"name": "xor"}}},
            "the last layer gives",
        ),
    ],
)
def test_what_is_not_understood_is_refused(app: TestClient, asked: Any, said: str) -> None:
    assert said in refused(app, **asked)


def test_a_fault_in_a_toml_text_says_its_line(app: TestClient) -> None:
    answer = app.post("/api/trace", json={"toml": "[network]\nlayers = 3"}).json()
    assert (answer["source"], answer["line"]) == ("spec.toml", 2)


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff", b"[" * 100_000])
def test_what_is_no_json_object_is_refused(app: TestClient, content: bytes) -> None:
    answer = app.post("/api/trace", content=content, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert len(answer.json()["message"]) < 300


def test_too_large_a_network_is_refused_before_it_is_made(app: TestClient) -> None:
    spec = {"network": {"layers": [2, 1024, 1024, 1]}, "data": {"name": "xor"}}
    assert "1,051,648 weights: the page takes at most" in refused(app, spec=spec)


def test_too_much_data_is_refused(app: TestClient) -> None:
    rows = "\n".join([",".join(f"c{n}" for n in range(200)), *[",".join(["1"] * 200)] * 5_001])
    spec = {"network": {"layers": [199, 1]}, "data": {"csv": "big.csv", "target": ["c0"]}}
    assert "numbers of data" in refused(app, spec=spec, files={"big.csv": rows})


def test_too_large_a_request_is_refused(app: TestClient) -> None:
    said = refused(app, "/api/csv", 413, name="big.csv", text="1," * (guard.MAX_BODY // 2))
    assert "12 MB" in said


def test_a_stream_without_end_is_not_kept(app: TestClient) -> None:
    read = 0

    def endless() -> Iterator[bytes]:
        nonlocal read
        while read < 2 * guard.MAX_DISCARDED:
            read += 1_000_000
            yield b" " * 1_000_000

    headers = {"content-type": "application/json"}
    assert app.post("/api/csv", content=endless(), headers=headers).status_code == 413


OWN = {"network": {"layers": [2, 3, 1]}, "data": {"name": "xor"}}


def test_too_long_a_trace_is_given_up() -> None:
    app = client("flow", workers=Workers(seconds=0.001))
    assert "took longer than 0.001 seconds" in refused(app, status=503, spec=OWN)


def test_a_request_may_record_so_much_and_no_more() -> None:
    app = client("flow", workers=Workers(memory=2**16))
    outer = {"formula": {"v": [[1.0]] * 500, "w": [[1.0] * 500], "L": "sum(matmul(v, w))"}}
    said = refused(app, spec=outer)
    assert "what a page sends may record 65,536 bytes" in said
    assert "--request-memory" in said


def test_who_finds_too_many_waiting_is_told_that_the_server_is_busy() -> None:
    app = client("flow", workers=Workers(waiting=0))
    assert "the server is busy" in refused(app, status=503, spec=OWN)
    traced(app, preset="flow")  # what comes with whygrad waits for nobody


# --- what if ----------------------------------------------------------------------------------


def mistakes(app: TestClient, **asked: Any) -> dict[str, Any]:
    answer = app.post("/api/mistakes", json=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("preset", preset_names())
def test_the_mistakes_that_fit_can_be_played_with_the_numbers_of_the_trace(
    app: TestClient, preset: str
) -> None:
    training = start(preset)
    right = training.iteration.run
    found = mistakes(app, preset=preset)
    assert [one["name"] for one in found["mistakes"]] == [m.name for m in fitting(right.tape)]
    for one in found["mistakes"]:
        expected = edited(training, MakeMistake(one["name"]))
        assert one["tape"] == expected.tape.to_json()
        given = {int(value): np.array(numbers) for value, numbers in one["leaves"].items()}
        taken = {int(value): right.arrays[old] for value, old in one["origins"].items()}
        assert not given.keys() & taken.keys()
        player = Player(expected.tape, {**given, **taken})
        player.play()
        np.testing.assert_equal(player.run()["L"], expected.run["L"])
        assert {step.op for step in expected.tape.steps} <= set(found["ops"])


def test_a_mistake_is_described(app: TestClient) -> None:
    (two,) = [
        m for m in mistakes(app, preset="flow")["mistakes"] if m["name"] == "forget_factor_two"
    ]
    assert two["title"] == "Forget the 2 of the square"
    assert all(two[key] for key in ("people", "breaks", "notice", "asks"))


def test_one_choice_can_be_swapped(app: TestClient) -> None:
    spec = traced(app, preset="flow")["spec"]
    swapped = traced(app, spec=spec, swap="relu=sigmoid")
    assert swapped["spec"]["network"]["activation"] == ["sigmoid"]
    assert "sigmoid" in swapped["ops"]
    assert "unknown part of this spec 'tanh'" in refused(app, preset="flow", swap="tanh=relu")
    assert "old=new" in refused(app, preset="flow", swap="relu")
    assert "must be a text" in refused(app, preset="flow", swap=3)
    assert "unknown key 'swap'" in refused(app, "/api/mistakes", preset="flow", swap="relu=tanh")


def test_mistakes_of_a_table_need_its_file(app: TestClient) -> None:
    assert mistakes(app, spec=CSV_SPEC, files={"leaves.csv": CSV})["mistakes"]
    assert "unknown file 'leaves.csv'" in refused(app, "/api/mistakes", spec=CSV_SPEC)


# --- CSV files --------------------------------------------------------------------------------


def test_what_a_csv_file_holds(app: TestClient) -> None:
    answer = app.post("/api/csv", json={"name": "leaves.csv", "text": CSV})
    assert answer.json() == {
        "name": "leaves.csv",
        "rows": 4,
        "columns": [
            {"name": "height", "numeric": True, "distinct": 4, "examples": ["1", "2", "3", "4"]},
            {"name": "width", "numeric": True, "distinct": 4, "examples": ["2", "1", "5", "0.5"]},
            {"name": "kind", "numeric": False, "distinct": 2, "examples": ["a", "b"]},
        ],
        "target": ["kind"],
    }


@pytest.mark.parametrize(
    ("header", "target"),
    [("a,b,c", "c"), ("a,y,c", "y"), ("Class,a,b", "Class"), ("y,a,target", "target")],
)
def test_the_likely_target(app: TestClient, header: str, target: str) -> None:
    text = f"{header}\n1,2,3\n4,5,6\n"
    assert app.post("/api/csv", json={"name": "d.csv", "text": text}).json()["target"] == [target]


def test_a_faulty_csv_file_says_file_and_line(app: TestClient) -> None:
    answer = app.post("/api/csv", json={"name": "d.csv", "text": "a,b\n1,2\n3\n"})
    assert answer.status_code == 400
    assert (answer.json()["source"], answer.json()["line"]) == ("d.csv", 3)
    assert "no name" not in refused(app, "/api/csv", name="d.csv", text="")
    assert '"name" must be a text; it is missing' in refused(app, "/api/csv", text="")


# --- listening --------------------------------------------------------------------------------


def test_a_taken_port_is_named_with_a_free_one() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(WhygradError, match=rf"port {port} is taken; try --port \d+"):
            listen("127.0.0.1", port)
        with listen_near("127.0.0.1", port) as other:
            assert other.getsockname()[1] != port


@pytest.mark.parametrize("host", ["a" * 300, "a..b", "\u2028"])
def test_what_is_no_host_name_is_refused(host: str) -> None:
    with pytest.raises(WhygradError, match="is no host name"):
        listen(host, 8000)


@pytest.mark.parametrize("listening", [listen, listen_near])
def test_a_host_that_is_not_here_is_refused(listening: Any) -> None:
    with pytest.raises(WhygradError, match=r"cannot listen on 192\.0\.2\.1, port 8000"):
        listening("192.0.2.1", 8000)


def test_the_address_a_browser_opens() -> None:
    with listen("127.0.0.1", 0) as bound:
        assert url_of(bound) == f"http://127.0.0.1:{bound.getsockname()[1]}/"
    with listen("0.0.0.0", 0) as bound:
        assert url_of(bound).startswith("http://localhost:")


@pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")
def test_the_address_in_ipv6() -> None:
    try:
        bound = listen("::1", 0)
    except WhygradError:
        pytest.skip("this machine has no IPv6 loopback")
    with bound:
        assert url_of(bound).startswith("http://[::1]:")


def address_in(said: str) -> str:
    """The server's address, of the line that ``whygrad open`` prints."""
    return said.split()[3].partition("#")[0]


def test_whygrad_opens_answers_and_ends_quietly() -> None:
    command = [sys.executable, "-m", "whygrad", "open", "flow", "--no-browser", "--port", "0"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as app:
        assert app.stdout is not None
        said = app.stdout.readline()
        assert said.startswith("whygrad is at http://127.0.0.1:")
        with urllib.request.urlopen(f"{address_in(said)}api/initial", timeout=10) as answer:
            assert json.load(answer)["name"] == "flow"
        app.send_signal(signal.SIGINT)
        out, err = app.communicate(timeout=60)
        assert (app.returncode, out, err) == (0, "", "")


def test_one_interrupt_ends_it_while_it_works() -> None:
    command = [sys.executable, "-m", "whygrad", "open", "flow", "--no-browser", "--port", "0"]
    heavy = {"spec": {"network": {"layers": [2, 900, 900, 1]}, "data": {"name": "xor"}}}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as app:
        assert app.stdout is not None
        address = address_in(app.stdout.readline())
        content = json.dumps(heavy).encode()
        asked = urllib.request.Request(
            f"{address}api/mistakes", content, {"content-type": "application/json"}
        )
        answers: list[object] = []

        def ask() -> None:
            try:
                with urllib.request.urlopen(asked, timeout=60) as answer:
                    answers.append(answer.status)
            except urllib.error.HTTPError as error:
                with error:
                    answers.append(error.status)
            except OSError as error:
                answers.append(str(error))

        client = threading.Thread(target=ask)
        client.start()
        time.sleep(1)
        app.send_signal(signal.SIGINT)
        _, err = app.communicate(timeout=60)
        client.join()
        assert (app.returncode, err) == (0, "")
        assert len(answers) == 1

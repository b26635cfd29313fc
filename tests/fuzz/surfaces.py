"""Where others' input comes in. Each surface takes one hostile input and ends, or raises.

What a surface may raise is a `WhygradError`; anything else is a fault.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import tempfile
import tomllib
from collections.abc import Callable, Generator, Iterator
from functools import cache
from importlib import resources
from pathlib import Path
from random import Random
from typing import Any
from unittest import mock

import anyio
import anyio.from_thread
import hostile
from click.testing import CliRunner
from starlette.applications import Starlette

from whygrad.app.server import create_app
from whygrad.app.work import Workers
from whygrad.cli.commands import whygrad
from whygrad.clinic.patient import admit as ADMIT
from whygrad.data.csv_file import describe_csv, parse_csv
from whygrad.engine.memory import memory_budget
from whygrad.errors import WhygradError
from whygrad.explain.ladder import why
from whygrad.explain.nudge import nudge
from whygrad.explain.paths import paths
from whygrad.practice import check_lines, exercise, from_id, grade
from whygrad.practice.answer import agrees, is_rough, read
from whygrad.practice.check import starter
from whygrad.practice.exercise import from_json
from whygrad.practice.features import FEATURES
from whygrad.practice.questions import FADING, KINDS
from whygrad.spec import load_spec, parse_spec, preset_names, spec_from_dict
from whygrad.tape.player import Player
from whygrad.tape.run import Run, leaves_of
from whygrad.tape.tape import Tape
from whygrad.training.start import Training, start
from whygrad.whatif import edited, parse_set, parse_swap, swapped

MEMORY = 64 * 2**20  # bytes that one input may record
SMALL = ("calculator", "fanout", "flow", "neuron", "xor")  # presets that take milliseconds
CSV = "height,width,kind\n1,2,a\n2,1,b\n3,5,a\n4,0.5,b\n"
CSV_SPEC = {
    "network": {"layers": [2, 3, 1]},
    "data": {"csv": "leaves.csv", "target": ["kind"], "batch": 2},
}
FORMULAS = (
    {"x": 2.0, "w": -3.0, "z": "x * w + 1", "L": "(sigmoid(z) - 1) ** 2"},
    {"x": [1.0, 2.0], "a": "softmax(x)", "b": "x / (2 + a * a)", "L": "sum(b) + mean(exp(-x))"},
    {"p": [[1.0, 2.0], [3.0, 4.0]], "q": "matmul(p, p)", "L": "max(q) - log(1 + sum(q * q))"},
)


@cache
def _toml(preset: str) -> str:
    file = resources.files("whygrad.spec").joinpath("presets", f"{preset}.toml")
    return file.read_text("utf-8")


@cache
def _training(preset: str) -> Training:
    return start(load_spec(preset))


def _run(draw: Random) -> Run:
    return _training(draw.choice(SMALL)).iteration.run


# --- specs and data ---------------------------------------------------------------------------


def spec_text(draw: Random) -> None:
    """A TOML file of a spec, and its first iterations."""
    _few(start(parse_spec(hostile.content(draw, _toml(draw.choice(preset_names()))))))


def spec_data(draw: Random) -> None:
    """A spec as JSON data, and its first iterations."""
    _few(start(spec_from_dict(_spec_data(draw))))


def _few(training: Training) -> None:
    training.iteration.play(3)


def _spec_data(draw: Random) -> Any:
    if draw.random() < 0.2:
        return hostile.data(draw, {"formula": dict(draw.choice(FORMULAS))})
    return hostile.data(draw, tomllib.loads(_toml(draw.choice(preset_names()))))


def formula(draw: Random) -> None:
    """Arithmetic as text."""
    statements: dict[str, Any] = dict(draw.choice(FORMULAS))
    name = draw.choice([name for name, said in statements.items() if isinstance(said, str)])
    statements[name] = hostile.text(draw, statements[name])
    _few(start(spec_from_dict({"formula": statements})))


def csv(draw: Random) -> None:
    """A CSV file: what it holds, its samples, and a network trained on them."""
    content = hostile.content(draw, CSV)
    described = describe_csv(content)
    target = draw.choice((*described.likely_targets, hostile.text(draw, "kind")))
    parse_csv(content, target=target, task=draw.choice((None, "regression", "binary", "classes")))
    spec = spec_from_dict(
        {
            **CSV_SPEC,
            "data": {**CSV_SPEC["data"], "target": [target], "standardise": draw.random() < 0.5},
        }
    )
    start(spec, files={"leaves.csv": content})


# --- tapes, and questions about them ----------------------------------------------------------


def tape(draw: Random) -> None:
    """A tape as JSON data, the numbers of a play of it, and another play."""
    run = _run(draw)
    made = Tape.from_json(hostile.data(draw, run.tape.to_json()))
    again = Run.from_json(made, hostile.data(draw, run.to_json()))
    Player(made, leaves_of(again)).play()


def question(draw: Random) -> None:
    """The name of a number, put to why, nudge and paths."""
    run = _run(draw)
    value = draw.choice([value for value in run.tape.values if value.name])
    asked = hostile.text(draw, draw.choice((value.name, run.label(value.id, 0))))
    ask = draw.choice((why, nudge, paths))
    ask(run, asked)


def whatif(draw: Random) -> None:
    """An edit in words, and the iteration with it."""
    training = _training(draw.choice(SMALL))
    if draw.random() < 0.5:
        edit = parse_set(hostile.text(draw, draw.choice(("w1=0.3", "W1[0,1] = -2", "x=1e3"))))
        edited(training, edit)
    else:
        swap = parse_swap(hostile.text(draw, draw.choice(("relu=sigmoid", "sgd=adam", "he=zeros"))))
        start(swapped(training.spec, swap))


# --- practice ---------------------------------------------------------------------------------


def _typed(draw: Random) -> str:
    return hostile.text(
        draw, draw.choice(("-1.75", "3/4", "1,5", "2e-3", "larger", "≈ 0.5", "-√2"))
    )


def answer(draw: Random) -> None:
    """A number as it was typed."""
    found = read(_typed(draw))
    agrees(found, draw.choice((0.0, -1.75, 1e300, float("nan"))))
    is_rough(found, 0.75)


def exercises(draw: Random) -> None:
    """An exercise by its id, from JSON data, and typed answers to it."""
    kind, feature = draw.choice(KINDS), draw.choice(list(FEATURES))
    seed, fading = draw.randrange(3), draw.choice(list(FADING))
    with contextlib.suppress(ValueError):
        from_id(hostile.text(draw, f"{kind}.{feature}.{fading}.{seed}"))
    asked = exercise(seed, feature=feature, kind=kind, fading=fading)
    if draw.random() < 0.3:
        from_json(hostile.data(draw, asked.to_json(with_answers=True)))
    typed = {
        ask.name: draw.choice((_typed(draw), hostile.text(draw, str(ask.answer))))
        for ask in asked.asks
    }
    grade(asked, typed if draw.random() < 0.8 else {**typed, hostile.token(draw): "1"})


def homework(draw: Random) -> None:
    """Someone's own work, a name and a number in each line."""
    run = _run(draw)
    named = [value.id for value in run.tape.values if value.name]
    lines = [
        f"{run.label(value, 0)} = {draw.choice((run.number(value, 0), _typed(draw)))}"
        for value in draw.sample(named, min(6, len(named)))
    ]
    check_lines(run, hostile.text(draw, "\n".join(lines)))


# --- the server -------------------------------------------------------------------------------

POSTS: dict[str, Callable[[Random], Any]] = {
    "/api/trace": lambda draw: draw.choice(
        (
            {"preset": draw.choice(SMALL), "swap": "relu=tanh"},
            {"spec": CSV_SPEC, "files": {"leaves.csv": CSV}},
            {"spec": _spec_data(draw)},
            {"toml": hostile.text(draw, _toml(draw.choice(SMALL)))},
        )
    ),
    "/api/mistakes": lambda draw: {"preset": draw.choice(SMALL)},
    "/api/csv": lambda draw: {"name": "leaves.csv", "text": hostile.text(draw, CSV)},
    "/api/exercise": lambda draw: {"seed": draw.randrange(9), "kind": draw.choice(KINDS)},
    "/api/exercise/mistakes": lambda draw: {"id": f"next_number.fanout.solo.{draw.randrange(9)}"},
    "/api/homework": lambda draw: {"preset": "flow", "lines": f"dL/dw1 = {_typed(draw)}\nL = 2"},
    "/practice/worksheet": lambda draw: {"seed": draw.randrange(9), "count": 2},
    # A patient takes seconds to train: what is asked of one here is no question.
    "/api/clinic/patient": lambda draw: {"seed": hostile.token(draw)},
    "/api/clinic/examine": lambda draw: {"seed": hostile.token(draw), "examination": "loss"},
    "/api/clinic/grade": lambda draw: {"seed": None, "cause": "dead_relu", "evidence": [1]},
}
GETS = (
    *("/", "/practice", "/practice/worksheet", "/api/presets", "/api/initial", "/api/practice"),
    *("/api/clinic", "/assets/x.js", "/nothing", "/api", "/../server.py", "/%2e%2e/server.py"),
)
JSON = b"application/json"


class Server:
    """The explorer's server in this process, asked in ASGI's own words.

    A client of HTTP would refuse most of what is hostile before it is sent.
    """

    def __init__(self, portal: anyio.from_thread.BlockingPortal) -> None:
        """Make two servers: one that asks for a token and one that does not."""
        workers = Workers(seconds=20.0, memory=MEMORY)
        self.portal = portal
        self.open = create_app("flow", workers=workers)
        self.closed = create_app("flow", workers=workers, token="secret")

    def ask(self, app: Starlette, sent: dict[str, Any], body: bytes) -> tuple[int, bytes]:
        """Send one request; return the status and the body of the answer."""
        return self.portal.call(_asked, app, sent, body)


async def _asked(app: Starlette, sent: dict[str, Any], body: bytes) -> tuple[int, bytes]:
    parts = [body[: len(body) // 2], body[len(body) // 2 :]]
    answered: list[Any] = []

    async def receive() -> dict[str, Any]:
        if not parts:
            await anyio.sleep_forever()
        return {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}

    async def send(message: Any) -> None:
        answered.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "http",
        "server": ("127.0.0.1", 8000),
        "client": ("127.0.0.1", 50000),
        "root_path": "",
        "raw_path": sent["path"].encode("utf-8", "replace"),
        **sent,
    }
    await app(scope, receive, send)
    return answered[0]["status"], b"".join(m.get("body", b"") for m in answered[1:])


@contextlib.contextmanager
def serving() -> Iterator[Server]:
    """Serve inside."""
    with anyio.from_thread.start_blocking_portal() as portal:
        yield Server(portal)


def _content(draw: Random, path: str) -> bytes:
    whole = hostile.data(draw, POSTS[path](draw)) if path in POSTS else hostile.scalar(draw)
    if isinstance(whole, dict) and "clinic" in path and not isinstance(whole.get("seed"), str):
        whole["seed"] = None
    said = json.dumps(whole)
    return (
        hostile.content(draw, said)
        if draw.random() < 0.3 and "clinic" not in path
        else said.encode()
    )


def _check(status: int, body: bytes) -> None:
    assert status < 500 or status == 503, (status, body[:500])
    if status >= 400 and body.startswith(b"{"):
        assert {"message", "source", "line"} <= set(json.loads(body))
    assert b"Traceback" not in body


def http(draw: Random, server: Server) -> None:
    """A request: its method, path, query, headers and body."""
    posts = draw.random() < 0.7
    path = draw.choice(list(POSTS) if posts else GETS)
    method = "POST" if posts else "GET"
    body = _content(draw, path)
    if draw.random() < 0.2 and "clinic" not in path:
        path = hostile.text(draw, path)
    if draw.random() < 0.15:
        method = draw.choice(("GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "post", "PÖST"))
    kind = JSON if draw.random() < 0.9 else hostile.token(draw).encode("utf-8", "replace")
    headers = [(b"host", b"localhost"), (b"content-type", kind)]
    if draw.random() < 0.2:
        name = draw.choice(
            (b"accept-encoding", b"content-length", b"range", b"if-none-match", b"cookie")
        )
        headers.append((name, hostile.content(draw, "gzip, 0-9")))
    query = hostile.text(draw, draw.choice(("", "seed=3&count=2", "kind=next_number&difficulty=2")))
    sent = {
        "method": method,
        "path": path.encode("utf-8", "replace").decode(),
        "query_string": query.encode("utf-8", "replace"),
        "headers": headers,
    }
    _check(*server.ask(server.open, sent, body if method != "GET" else b""))


def guard(draw: Random, server: Server) -> None:
    """A Host header and a token; nothing is let in without both."""
    host, token = hostile.content(draw, "localhost:8000"), hostile.content(draw, "secret")
    where = draw.choice(("cookie", "authorization", "query", "nowhere"))
    headers = [(b"host", host)] if draw.random() < 0.9 else []
    if where == "cookie":
        headers.append((b"cookie", b"whygrad-token=" + token))
    elif where == "authorization":
        headers.append((b"authorization", draw.choice((b"Bearer ", b"Basic ", b"")) + token))
    query = b"token=" + token if where == "query" else b""
    sent = {"method": "GET", "path": "/api/presets", "query_string": query, "headers": headers}
    status, body = server.ask(server.closed, sent, b"")
    _check(status, body)
    assert status in (200, 303, 401, 421), (status, sent)
    if status in (200, 303):
        assert b"secret" in token or b"%" in token or b"\\" in token or b'"' in token, sent


# --- the command line -------------------------------------------------------------------------

FILES = {
    "spec.toml": lambda draw: hostile.content(draw, _toml(draw.choice(SMALL))),
    "work.txt": lambda draw: hostile.content(draw, "dL/dw1 = -1.75\nL = 2\n"),
    "exercise.json": lambda draw: hostile.content(draw, '{"id": "next_number.fanout.solo.7"}'),
    "answers.json": lambda draw: hostile.content(draw, '{"L": "-1.75", "y": "2"}'),
    # What is run as code is as it is: code that is run may do anything.
    "own.py": lambda _: starter("neuron").encode(),
    "script.py": lambda _: b"print('nothing is trained here')\n",
}
ADDRESSES = socket.getaddrinfo
PATIENT = 4  # of the clinic: one that is trained in no time
COMMANDS = (
    *(
        "presets",
        "trace flow",
        "trace spec.toml --unfold",
        "trace flow --iteration 3 --format json",
    ),
    *("train flow --iterations 3", "train spec.toml -n 2 --format json", "why flow L --depth 2"),
    *("why fanout dL/dx", "nudge flow w1 --epsilon 1e-4", "paths flow w1 --top 3", "mistakes flow"),
    *("whatif flow --set w1=0.3 --iterations 2", "whatif xor --swap tanh=relu --iterations 0"),
    *("whatif flow --mistake wrong_sign --iterations 1", "whatif flow --drop b1 --iterations 0"),
    *(
        "exercise --seed 3 --kind next_number --format json",
        "exercise --id next_number.fanout.solo.7",
    ),
    *("grade exercise.json answers.json", "homework flow work.txt", "homework spec.toml work.txt"),
    "worksheet --count 1 --seed 2 -o out.html",
    *("check none.py --seed 1", "check own.py --seed 3 --time-limit 2 --format json"),
    *("check --starter neuron new.py", "check own.py --starter value"),
    *("clinic --list", f"clinic --seed {PATIENT} --examine gradients --examine loss --format json"),
    *(f"clinic --seed {PATIENT} --answer cause=dead_relu,evidence=loss.rises,remedy=lr_down_10",),
    *("bench none", "bench --model xor --peer pytorch-eager --threads 2 --rounds 3"),
    *("bench doctor --seeds 7,8 --only loop --format json", "bench practice --exercises 3"),
    *("doctor none.py --html out.html", "doctor script.py --html out.html --treat -- --epochs 3"),
    *("doctor spec.toml --format json", "doctor flow --treat"),
    *("open spec.toml --port 8123 --no-browser", "open flow --host 127.0.0.1 --name a.example"),
    "open xor --host 0.0.0.0 --request-memory 64 --no-browser",
)


class NotHere(WhygradError):
    """What would train, measure or serve for long was asked for, in words that it takes."""


def _not_here(*_: Any, **__: Any) -> Any:
    raise NotHere("this is not done here")


def _numeric(host: str, port: int, **how: Any) -> Any:
    """Read an address as it is read, without asking anybody for a name."""
    how["flags"] = how.get("flags", 0) | socket.AI_NUMERICHOST
    return ADDRESSES(host, port, **how)


@cache
def _patient(seed: int) -> Any:
    from whygrad.clinic import patient

    patient.case_of(seed)  # refuses seeds that there are not
    return ADMIT(PATIENT) if seed == PATIENT else _patient(PATIENT)


@contextlib.contextmanager
def _nothing_long() -> Generator[None]:
    """Serve, train and measure nothing inside; all that is said before is read and checked."""
    others: dict[str, Any] = {
        "whygrad.cli.open.serve": lambda _app, bound, _ready: bound.close(),
        "whygrad.app.serve.socket.getaddrinfo": _numeric,
        "whygrad.bench.measure.in_a_process": _not_here,
        "whygrad.bench.many_runs.in_a_process": _not_here,
        "whygrad.bench.overheads.run": _not_here,
        "whygrad.bench.player.run": _not_here,
        "whygrad.bench.playground.run": _not_here,
        "whygrad.bench.practice.run": _not_here,
        "whygrad.bench.doctor.results": _not_here,
        "whygrad.bench.doctor.numpy_backward.results": _not_here,
        "whygrad.doctor.networks.diagnose": lambda name: _not_here(load_spec(name)),
        "whygrad.clinic.patient.admit": lambda seed, *_: _patient(seed),
        "whygrad.clinic.grade.grade": _not_here,
    }
    with contextlib.ExitStack() as stack:
        for place, other in others.items():
            stack.enter_context(mock.patch(place, other))
        yield


def command(draw: Random) -> None:
    """A command with its arguments and the files that they name."""
    words = draw.choice(COMMANDS).split()
    for _ in range(draw.randint(0, 2)):
        at = draw.randrange(1, len(words)) if len(words) > 1 else 1
        words[at : at + 1] = [_word(draw, word) for word in words[at : at + 1]] or ["-x"]
    if "train" in words and not {"--iterations", "-n"} & set(words):
        words += ["-n", "1"]
    runner = CliRunner()
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder), _folder(draw):
        if words[0] in ("bench", "clinic", "doctor", "open"):
            with _nothing_long():
                result = runner.invoke(whygrad, words, prog_name="whygrad")
        else:
            result = runner.invoke(whygrad, words, prog_name="whygrad")
    fault = result.exception
    if fault is not None and not isinstance(fault, SystemExit):
        raise fault
    assert result.exit_code in (0, 1, 2), (words, result.exit_code)
    assert "Traceback" not in result.output, words


def _word(draw: Random, valid: str) -> str:
    """Return an argument as a system passes one on: any bytes but a zero."""
    return os.fsdecode(hostile.content(draw, valid).replace(b"\0", b""))


@contextlib.contextmanager
def _folder(draw: Random) -> Iterator[None]:
    for name, made in FILES.items():
        Path(name).write_bytes(made(draw))
    yield


# --- all of them ------------------------------------------------------------------------------

# Each with its share of the inputs: what takes milliseconds has most.
SURFACES: dict[str, tuple[Callable[..., None], int]] = {
    **{made.__name__: (made, 10) for made in (spec_text, spec_data, formula, csv, tape)},
    **{made.__name__: (made, 10) for made in (question, answer, guard)},
    **{made.__name__: (made, 5) for made in (whatif, exercises, homework, http)},
    "command": (command, 4),
}
NEEDS_A_SERVER = {"http", "guard"}


def put(name: str, draw: Random, *server: Server) -> None:
    """Put one hostile input to a surface, within a budget of memory."""
    with memory_budget(MEMORY):
        SURFACES[name][0](draw, *server)

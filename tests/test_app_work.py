"""Work in processes that can be killed."""

from __future__ import annotations

import os
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import anyio
import pytest
from starlette.requests import Request

from whygrad.app.reply import Busy, Refused
from whygrad.app.work import ClientLeft, Workers
from whygrad.errors import SpecError
from whygrad.spec import parse_spec

T = TypeVar("T")


def run(main: Callable[[], Awaitable[T]]) -> T:
    """Run in a thread of its own: browser tests keep a loop in theirs."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(anyio.run, main).result()


def request(leaves_after: float = 1000.0) -> Request:
    """A request of a client that leaves after some seconds."""

    async def receive() -> Any:
        await anyio.sleep(leaves_after)
        return {"type": "http.disconnect"}

    return Request({"type": "http"}, receive)


def test_work_is_done_in_another_process() -> None:
    async def main() -> int:
        return await Workers().run(request(), os.getpid)

    assert run(main) != os.getpid()


def test_what_was_wrong_comes_back_with_its_place() -> None:
    async def main() -> None:
        await Workers().run(request(), parse_spec, "x = 1\ny = =", "a.toml")

    with pytest.raises(SpecError) as refused:
        run(main)
    assert (refused.value.source, refused.value.line) == ("a.toml", 2)


def test_work_that_takes_too_long_is_killed_and_the_next_is_done() -> None:
    async def main() -> float:
        workers = Workers(seconds=3.0)
        await workers.run(request(), os.getpid)  # started, so that only the work is counted
        hasty = Workers(seconds=0.2)
        with pytest.raises(Refused, match=r"took longer than 0\.2 seconds"):
            await hasty.run(request(), time.sleep, 100)
        return await workers.run(request(), abs, -3.0)

    assert run(main) == 3.0


def test_work_ends_when_the_client_leaves() -> None:
    async def main() -> None:
        with pytest.raises(ClientLeft):
            await Workers().run(request(leaves_after=0.2), time.sleep, 100)

    run(main)


def test_a_process_that_dies_is_said() -> None:
    async def main() -> None:
        with pytest.raises(Refused, match="ended the process that worked on it"):
            await Workers().run(request(), os._exit, 1)

    run(main)


def test_who_waits_too_long_or_behind_too_many_is_told_that_the_server_is_busy() -> None:
    async def main() -> list[str]:
        workers, said = Workers(seconds=1.0, waiting=1), list[str]()

        async def ask() -> None:
            try:
                await workers.run(request(), time.sleep, 100)
            except Busy:
                said.append("busy")
            except Refused:
                said.append("too long")

        async with anyio.create_task_group() as tasks:
            for _ in range(workers.at_once + 3):
                tasks.start_soon(ask)
        return sorted(said)

    said = run(main)
    assert said.count("busy") >= 2
    assert set(said) == {"busy", "too long"}

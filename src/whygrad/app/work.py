"""Work that may take long, in processes that can be killed.

What a request asks for is done in one of a few worker processes, with a budget of memory for what
it records. The process is killed when the work takes too long, and when the client has left. A
request that finds every worker busy waits for its turn; one that finds too many waiting, or waits
too long, is told that the server is busy.
"""

from __future__ import annotations

import importlib
import os
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import anyio
import anyio.to_process
from starlette.requests import Request

from whygrad.app.reply import Busy, Refused
from whygrad.engine.memory import memory_budget

SECONDS = 20.0  # for the work of one request; a person is waiting
MEMORY = 512 * 2**20  # bytes that one request may record
SAID = "what a page sends may record {} (whygrad open --request-memory sets it)"
WORKERS = max(2, min(4, os.cpu_count() or 1))
WAITING = 64  # requests that may wait for their turn
T = TypeVar("T")


@dataclass(frozen=True)
class Workers:
    """The worker processes of one server; each starts when it is first needed.

    Attributes:
        seconds: how long the work of one request may take; a request waits as long for its turn.
        memory: bytes that one request may record.
        waiting: how many requests may wait for their turn.
        at_once: how many worker processes there are at most.
    """

    seconds: float = SECONDS
    memory: int = MEMORY
    waiting: int = WAITING
    at_once: int = WORKERS
    _turns: anyio.CapacityLimiter = field(init=False)

    def __post_init__(self) -> None:
        """Let as many work at once as there may be processes."""
        object.__setattr__(self, "_turns", anyio.CapacityLimiter(self.at_once))

    async def run(self, request: Request, work: Callable[..., T], *arguments: Any) -> T:
        """Do a request's work in a worker process.

        Args:
            request: who asked; where the client leaves, the work is given up.
            work: a function of a module; it and its arguments must be picklable.
            arguments: what it is given.

        Raises:
            Refused: it took too long, needed too much memory, or must not wait any longer.
            ClientLeft: nobody waits for the answer any more.
            WhygradError: what ``work`` raises.
        """
        return await while_connected(request, lambda: self._in_turn(work, arguments))

    async def _in_turn(self, work: Callable[..., T], arguments: tuple[Any, ...]) -> T:
        if self._turns.statistics().tasks_waiting >= self.waiting:
            raise Busy()
        me = object()
        with anyio.move_on_after(self.seconds) as patience:
            await self._turns.acquire_on_behalf_of(me)
        if patience.cancelled_caught:
            raise Busy()
        try:
            with anyio.CancelScope(shield=True):  # a process that is half started cannot be killed
                await anyio.to_process.run_sync(prepare)
            with anyio.fail_after(self.seconds):
                return await anyio.to_process.run_sync(
                    within_budget, self.memory, work, *arguments, cancellable=True
                )
        except TimeoutError:
            raise Refused(
                f"this took longer than {self.seconds:g} seconds and was given up; try a smaller "
                "network, or train it with `whygrad train`",
                status=503,
            ) from None
        except (anyio.BrokenWorkerProcess, MemoryError):
            raise Refused(
                "this ended the process that worked on it, most likely for want of memory; try a "
                "smaller network, or train it with `whygrad train`",
                status=503,
            ) from None
        finally:
            self._turns.release_on_behalf_of(me)


class ClientLeft(Exception):
    """The client has left; nobody waits for the answer."""


async def while_connected(request: Request, work: Callable[[], Awaitable[T]]) -> T:
    """Return what ``work`` returns, and cancel it if the client leaves first.

    Raises:
        ClientLeft: the client left.
    """
    done: list[T] = []
    failed: list[Exception] = []

    async def until_it_leaves() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        tasks.cancel_scope.cancel()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(until_it_leaves)
        try:
            done.append(await work())
        except Exception as error:  # raised below, not as one of a group of exceptions
            failed.append(error)
        tasks.cancel_scope.cancel()
    if failed:
        raise failed[0]
    if not done:
        raise ClientLeft
    return done[0]


def prepare() -> None:
    """Make a worker process ready; interrupts are for the server, which ends its workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    importlib.import_module("whygrad.app.server")


def within_budget(memory: int, work: Callable[..., T], *arguments: Any) -> T:
    """Work with a budget of memory for what is recorded."""
    with memory_budget(memory, SAID):
        return work(*arguments)

"""Listening: a port that is free, a browser once the page can be had, a quiet end."""

from __future__ import annotations

import contextlib
import errno
import logging
import socket
from collections.abc import Callable, Generator
from threading import Thread

import uvicorn
from starlette.types import ASGIApp

from whygrad.errors import WhygradError
from whygrad.option import quoted

PORT = 8000
TRIES = 20
GRACE = 1  # seconds for what is being answered when the server ends; then it is cut short


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens on ``host`` and ``port``.

    Raises:
        WhygradError: the port is taken (a free one is named), or the host is not this machine's.
    """
    try:
        return _bound(host, port)
    except OSError as fault:
        if fault.errno == errno.EADDRINUSE:
            free = _free(host, port)
            port_of = free.getsockname()[1]
            free.close()
            raise WhygradError(f"port {port} is taken; try --port {port_of}") from None
        why = fault.strerror or str(fault)
        raise WhygradError(f"cannot listen on {host}, port {port}: {why}") from None


def listen_near(host: str, port: int = PORT) -> socket.socket:
    """Return a socket that listens on ``host``, on ``port`` if that is free or else one near it.

    Raises:
        WhygradError: the host is not this machine's.
    """
    try:
        return _bound(host, port)
    except OSError as fault:
        return _free(host, port) if fault.errno == errno.EADDRINUSE else listen(host, port)


def _free(host: str, port: int) -> socket.socket:
    for near in range(port + 1, min(port + TRIES, 65536)):
        try:
            return _bound(host, near)
        except OSError:
            continue
    return _bound(host, 0)


def _bound(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except ValueError:  # UnicodeError: too long a name, or signs that no name has
        raise WhygradError(f"{quoted(host)} is no host name") from None
    bound = socket.socket(family, kind, protocol)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen(64)
    except OSError:
        bound.close()
        raise
    return bound


def url_of(bound: socket.socket) -> str:
    """Return the address a browser on this machine opens."""
    host, port = bound.getsockname()[:2]
    if host in ("0.0.0.0", "::"):
        host = "localhost"
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def serve(app: ASGIApp, bound: socket.socket, ready: Callable[[], None]) -> None:
    """Serve until interrupted; ``ready`` is called once requests are answered."""
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        lifespan="on",
        timeout_graceful_shutdown=GRACE,
    )
    server = _Server(config)
    server.ready = ready
    with contextlib.suppress(KeyboardInterrupt):
        server.run(sockets=[bound])


@contextlib.contextmanager
def in_background(app: ASGIApp) -> Generator[str]:
    """Serve on a free port while inside; gives the address."""
    bound = listen("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="on"))
    thread = Thread(target=server.run, kwargs={"sockets": [bound]})
    thread.start()
    try:
        yield url_of(bound)
    finally:
        server.should_exit = True
        thread.join()


class _Server(uvicorn.Server):
    ready: Callable[[], None]

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started:
            self.ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        logging.getLogger("uvicorn.error").setLevel(
            logging.CRITICAL
        )  # what is cut short is no error
        await super().shutdown(sockets=sockets)

"""What every request passes: whose name it was sent to, how much it may bring, what a page may do.

The server answers a browser on the same machine. A page of another site must not be able to talk
to it: no other site is allowed to read its answers, and a host name that was pointed at this
machine afterwards (DNS rebinding) is refused.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from whygrad.app.reply import Refused, refusal

MAX_BODY = 12_000_000
MAX_DISCARDED = 20 * MAX_BODY
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
}


class Guard:
    """Refuses requests sent to a name this server does not go by; adds headers to all answers.

    ``hosts`` are the names; None takes any, for a server that was told to listen everywhere.
    """

    def __init__(self, app: ASGIApp, hosts: Iterable[str] | None) -> None:
        self.app = app
        self.hosts = None if hosts is None else {host.lower() for host in hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
            await send(message)

        host = host_name(Headers(scope=scope).get("host", ""))
        if self.hosts is None or host in self.hosts:
            return await self.app(scope, receive, send_with_headers)
        response: Response = refusal(
            Refused(
                f"this server does not go by the name {host[:80]!r}; open it as localhost, "
                "or start it with --host",
                status=421,
            )
        )
        await response(scope, receive, send_with_headers)


def host_name(header: str) -> str:
    """Return the name in a Host header, without port and brackets: ``[::1]:80`` is ``::1``."""
    if header.startswith("["):
        return header[1:].partition("]")[0].lower()
    return header.partition(":")[0].lower()


def hosts_for(host: str) -> frozenset[str] | None:
    """Return the names a server on ``host`` goes by; None for any, where it listens everywhere."""
    try:
        if ipaddress.ip_address(host).is_unspecified:
            return None
    except ValueError:
        pass  # a name
    return LOOPBACK | {host.lower()}


async def body_of(request: Request) -> bytes:
    """Return a request's body.

    Raises:
        Refused: it is longer than ``MAX_BODY``; no more than that is ever kept.
    """
    read = bytearray()
    length = 0
    async for chunk in request.stream():
        length += len(chunk)
        if length <= MAX_BODY:
            read += chunk
        elif length > MAX_DISCARDED:
            break
    if length > MAX_BODY:  # said after listening to the end: a browser shows no earlier answer
        raise Refused(
            f"a request may hold {MAX_BODY // 1_000_000} MB; this one is larger. "
            "A CSV file may hold 10 MB",
            status=413,
        )
    return bytes(read)

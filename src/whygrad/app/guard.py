"""What every request passes: whose name it was sent to, how much it may bring, what a page may do.

The server answers a browser on the same machine. A page of another site must not be able to talk
to it: no other site is allowed to read its answers, and a host name that was pointed at this
machine afterwards (DNS rebinding) is refused.
"""

from __future__ import annotations

import contextlib
import ipaddress
import secrets
import socket
from collections.abc import Iterable
from urllib.parse import urlencode

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from whygrad.app.reply import Refused, refusal

MAX_BODY = 12_000_000
MAX_DISCARDED = 20 * MAX_BODY
COOKIE = "whygrad-token"
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

# What trains makes functions from text, in a worker of its own: it has no document, and its policy
# lets it reach nothing.
TRAINER_POLICY = "default-src 'none'; script-src 'unsafe-eval'"


class Guard:
    """Refuses requests sent to a name this server does not go by; adds headers to all answers.

    Args:
        app: what is guarded.
        hosts: the names.
        token: what a request must know, in its address (``?token=``), in a cookie that this sets,
            or as ``Authorization: Bearer``; empty where only this machine is answered.
    """

    def __init__(self, app: ASGIApp, hosts: Iterable[str], token: str = "") -> None:
        self.app = app
        self.hosts = {host.lower() for host in hosts}
        self.token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        request = Request(scope)
        host = host_name(request.headers.get("host", ""))
        if host not in self.hosts:
            said = (
                f"this server does not go by the name {host[:80]!r}; open it as localhost, "
                "or start it with --name"
            )
            response: Response | None = refusal(Refused(said, status=421))
        else:
            response = self._admitted(request)
        await (response or self.app)(scope, receive, send_with_headers)

    def _admitted(self, request: Request) -> Response | None:
        """Return None where a request knows the token, else what it is answered."""
        if not self.token:
            return None
        given = request.query_params.get("token")
        if given is not None and self._is_token(given):  # kept, and out of the address bar
            rest = [pair for pair in request.query_params.multi_items() if pair[0] != "token"]
            query = f"?{urlencode(rest)}" if rest else ""
            answer = RedirectResponse(f"{request.url.path}{query}", status_code=303)
            answer.set_cookie(COOKIE, self.token, httponly=True, samesite="strict")
            return answer
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        if self._is_token(request.cookies.get(COOKIE, "")) or self._is_token(bearer):
            return None
        said = "this server asks for a token: open it by the address that whygrad open printed"
        return refusal(Refused(said, status=401))

    def _is_token(self, given: str) -> bool:
        return secrets.compare_digest(given.encode("utf-8", "replace"), self.token.encode())


def host_name(header: str) -> str:
    """Return the name in a Host header, without port and brackets: ``[::1]:80`` is ``::1``."""
    if header.startswith("["):
        return header[1:].partition("]")[0].lower()
    return header.partition(":")[0].lower()


def hosts_for(host: str, names: Iterable[str] = ()) -> frozenset[str]:
    """Return the names a server on ``host`` goes by: loopback's, its own, and those given.

    One that listens everywhere also goes by this machine's name and by its addresses.
    """
    given = {name.lower() for name in names}
    if not is_everywhere(host):
        return LOOPBACK | {host.lower()} | given
    name = socket.gethostname().lower()
    found = {name, f"{name}.local"}
    with contextlib.suppress(OSError):
        found |= {str(address[4][0]) for address in socket.getaddrinfo(name, None)}
    return LOOPBACK | found | given


def is_everywhere(host: str) -> bool:
    """Say whether a server on ``host`` listens on every address of this machine."""
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False  # a name


def is_loopback(host: str) -> bool:
    """Say whether a server on ``host`` can be reached from this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


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

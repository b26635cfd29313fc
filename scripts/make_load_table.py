"""Write the load table of docs/reliability.md: the real server, asked by 1 to 200 clients at once.

    .venv/bin/python scripts/make_load_table.py

Each client asks again as soon as it has its answer. The requests are bounded in number, not in
time, so that a slow machine takes longer and measures the same.
"""

from __future__ import annotations

import http.client
import json
import os
import platform
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

DOC = Path(__file__).parents[1] / "docs" / "reliability.md"
BEGIN, END = "<!-- load: begin -->\n", "<!-- load: end -->\n"
CLIENTS = (1, 10, 50, 200)
REQUESTS = 400  # of each kind, with each number of clients
MANY = 20_000  # after which the server's memory is looked at again
TRACE = json.dumps({"preset": "flow"})
EXERCISE = json.dumps({"seed": 7, "feature": "fanout"})
KINDS = {
    "what the page opens on": ("GET", "/api/initial", None),
    "a trace": ("POST", "/api/trace", TRACE),
    "an exercise": ("POST", "/api/exercise", EXERCISE),
}
Request = tuple[str, str, str | None]


class Client:
    """A client that keeps its connection."""

    def __init__(self, port: int) -> None:
        """Connect when the first request is sent."""
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def ask(self, request: Request) -> tuple[float, int]:
        """Send a request; return how long the answer took, in ms, and its status."""
        method, path, body = request
        started = time.perf_counter()
        self.connection.request(method, path, body, {"content-type": "application/json"})
        answer = self.connection.getresponse()
        answer.read()
        return 1000 * (time.perf_counter() - started), answer.status


def asked(port: int, clients: int, requests: int, request: Request) -> list[tuple[float, int]]:
    """Share the requests among the clients, each in a thread of its own."""

    def work(share: int) -> list[tuple[float, int]]:
        client = Client(port)
        answers = [client.ask(request) for _ in range(share)]
        client.connection.close()
        return answers

    shares = [requests // clients + (n < requests % clients) for n in range(clients)]
    with ThreadPoolExecutor(clients) as pool:
        return [answer for answers in pool.map(work, shares) for answer in answers]


def row(kind: str, clients: int, answers: list[tuple[float, int]]) -> str:
    """Return a row of the table."""
    times = sorted(ms for ms, status in answers if status == 200)
    busy = sum(status == 503 for _, status in answers)
    other = len(answers) - len(times) - busy
    if other:
        sys.exit(f"{kind}, {clients} clients: {other} answers that are neither 200 nor 503")
    shown = [
        f"{times[min(int(share * len(times)), len(times) - 1)]:,.0f}" for share in (0.5, 0.95, 0.99)
    ]
    return f"| {kind} | {clients} | {' | '.join(shown)} | {busy} of {len(answers)} |"


def memory(pid: int) -> int:
    """Return the resident memory of a process and its children, in MiB."""
    listed = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,rss="], capture_output=True, text=True, check=True
    ).stdout
    rows = [tuple(map(int, line.split())) for line in listed.splitlines()]
    return sum(rss for one, parent, rss in rows if pid in (one, parent)) // 1024


def measured(port: int, pid: int) -> str:
    """Return the table and what memory did, as Markdown."""
    for request in KINDS.values():
        asked(port, 4, 40, request)  # workers start, and import what they need
    lines = [
        "| asked for | clients | p50, ms | p95, ms | p99, ms | told to come back |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for kind, request in KINDS.items():
        lines += [row(kind, n, asked(port, n, REQUESTS, request)) for n in CLIENTS]
    before = memory(pid)
    each = MANY // len(KINDS)
    for request in KINDS.values():
        asked(port, 10, each, request)
    after = memory(pid)
    return (
        "\n".join(lines)
        + f"\n\nThe server and its worker processes held {before} MiB before another "
        f"{each * len(KINDS):,} requests, a third of each kind, and {after} MiB after them.\n\n"
        f"Measured with Python {platform.python_version()} on {platform.system()}, "
        f"{os.cpu_count()} cores; {REQUESTS} requests a row, by clients on the same machine.\n"
    )


def main() -> None:
    """Start a server, measure, and put the table in its place."""
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "whygrad", "open", "flow", "--port", "0", "--no-browser"],
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            assert server.stdout is not None
            said = server.stdout.readline()
            port = re.search(r":(\d+)/", said)
            if port is None:
                sys.exit(f"the server did not start: {said}")
            found = measured(int(port[1]), server.pid)
        finally:
            server.terminate()
    before, _, rest = DOC.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    DOC.write_text(f"{before}{BEGIN}{found}{END}{after}", "utf-8")


if __name__ == "__main__":
    main()

"""``whygrad open``: the page, in a browser."""

from __future__ import annotations

import secrets
import webbrowser
from pathlib import Path
from threading import Thread

import click

from whygrad.app.guard import is_loopback
from whygrad.app.serve import PORT, listen, listen_near, serve, url_of
from whygrad.app.server import create_app
from whygrad.app.work import MEMORY, Workers
from whygrad.data.csv_file import MAX_BYTES
from whygrad.engine.memory import machine_memory, memory_text
from whygrad.files import read_limited
from whygrad.spec import Spec, load_spec

DEFAULT = "xor"  # what the explorer opens on when it is entered from home
EXPLORER = "#room=explore"


@click.command("open", short_help="Open whygrad, or the explorer on SPEC, in a browser.")
@click.argument("spec", required=False)
@click.option(
    "--port", type=click.IntRange(0, 65535), help=f"Where to listen; {PORT} if it is free."
)
@click.option(
    "--host", default="127.0.0.1", help="Another address than this machine's own loopback."
)
@click.option("--name", "names", multiple=True, help="A host name it answers to; repeatable.")
@click.option(
    "--request-memory",
    type=click.IntRange(1, 1_000_000),
    default=MEMORY // 2**20,
    show_default=True,
    help="MiB that what a page sends may record.",
)
@click.option("--no-browser", is_flag=True, help="Only print the address.")
def open_app(
    spec: str | None = None,
    port: int | None = None,
    host: str = "127.0.0.1",
    names: tuple[str, ...] = (),
    request_memory: int = MEMORY // 2**20,
    no_browser: bool = False,
) -> None:
    """Open whygrad in a browser: its home, or with a SPEC the explorer on that.

    SPEC is a preset's name or a TOML file.

    It runs on this machine and answers only this machine, unless you give it another --host. Then
    it asks for a token, which is in the address it prints, and answers only to names it knows.

    \b
    Examples:
      whygrad open
      whygrad open xor
      whygrad open flow --port 8080
      whygrad open my-spec.toml --no-browser
    """
    loaded = load_spec(DEFAULT if spec is None else spec)
    token = "" if is_loopback(host) else secrets.token_urlsafe(16)
    app = create_app(
        loaded,
        files=_csv_of(loaded),
        host=host,
        names=names,
        token=token,
        workers=Workers(memory=request_memory * 2**20),
    )
    taken = app.state.explorer.memory
    if taken > request_memory * 2**20:
        has = memory_text(machine_memory())
        click.echo(f"The numbers of {spec} take {memory_text(taken)}; this machine has {has}.")
    bound = listen_near(host) if port is None else listen(host, port)
    url = url_of(bound) + (f"?token={token}" if token else "") + ("" if spec is None else EXPLORER)
    if port is None and bound.getsockname()[1] != PORT:
        click.echo(f"Port {PORT} is taken, so this is on another one.")

    def ready() -> None:
        click.echo(f"whygrad is at {url}  (Ctrl-C ends it)")
        if not no_browser:
            show(url)

    serve(app, bound, ready)


def show(url: str) -> None:
    """Open a browser, without waiting for it: some return only when they are closed."""
    Thread(target=webbrowser.open, args=(url,), daemon=True).start()


def _csv_of(spec: Spec) -> dict[str, bytes]:
    """Read the CSV file that a spec names, so that the page may use it."""
    name = spec.data.csv
    path = Path(spec.folder or ".") / name
    return {name: read_limited(path, MAX_BYTES, "a CSV file")} if name else {}

"""The page itself: from the server, and made of files alone."""

from __future__ import annotations

import functools
import shutil
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from playwright.sync_api import Browser, Page, expect

from whygrad.app.practice import ExerciseBody, IdBody
from whygrad.app.questions import QUESTIONS
from whygrad.app.reply import coded
from whygrad.app.server import STATIC
from whygrad.app.traces import SpecBody, TraceBody
from whygrad.practice import exercise


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("viewport", ["phone", "desktop"])
def test_the_page_opens_without_a_complaint(page: Page, explorer: str) -> None:
    page.goto(explorer)
    expect(page.get_by_role("heading", level=1)).to_have_text("whygrad")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the page made of files alone, with answers written beforehand."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(STATIC, folder, dirs_exist_ok=True)
    index = folder / "index.html"
    head, _, rest = index.read_text(encoding="utf-8").partition("</head>")
    meta = '<meta name="whygrad-answers" content="answers/" />'
    index.write_text(f"{head}{meta}</head>{rest}", encoding="utf-8")

    def write(name: str, question: str, body: object = None) -> None:
        made = QUESTIONS[question].answer(*([] if body is None else [body]), *kept(question))
        path = folder / "answers" / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(coded(made))

    def kept(question: str) -> list[dict[str, bytes]]:
        return [{}] if QUESTIONS[question].with_files else []

    write("presets", "presets")
    write("practice", "practice")
    for name in ("flow", "xor"):
        write(f"traces/{name}", "trace", TraceBody(preset=name))
        write(f"mistakes/{name}", "mistakes", SpecBody(preset=name))
    write("initial", "trace", TraceBody(preset="flow"))
    made = exercise(7, feature="fanout")
    write(f"exercises/{made.id}", "exercise", ExerciseBody(7, "fanout"))
    write(f"mistakes/{made.id}", "exercise/mistakes", IdBody(made.id))

    handler = functools.partial(Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


def test_files_alone_are_explored_and_practised_with(page: Page, files: str) -> None:
    page.goto(files)
    expect(page.get_by_text("Step 9 of 15.")).to_be_visible()
    page.goto(f"{files}#room=explore")
    page.get_by_role("tab", name="What if").click()
    page.get_by_role("button", name="Forget the 2 of the square").click()
    banner = page.get_by_role("region", name="Graph").get_by_role("status").first
    expect(banner).to_contain_text("What if: Forget the 2 of the square")
    page.goto(f"{files}#preset=xor&step=1")
    expect(page.get_by_role("button", name="now open")).to_contain_text("XOR")
    page.goto(f"{files}#room=practice&seed=7&feature=fanout")
    work = page.get_by_role("region", name="Your work")
    work.get_by_label("What is a?").fill("7")
    page.keyboard.press("Enter")
    expect(work).to_contain_text("Not this number.")
    expect(page.get_by_role("link", name="A worksheet to print")).to_have_count(0)


def test_what_files_cannot_do_says_how_to_get_it(browser: Browser, files: str) -> None:
    page = browser.new_page()  # a browser notes each missing file on its console
    page.goto(f"{files}#room=practice&seed=8&feature=fanout")
    expect(page.get_by_role("alert")).to_contain_text("install whygrad")
    page.get_by_role("link", name="Clinic").click()
    expect(page.get_by_role("main")).to_contain_text("install whygrad[clinic]")
    page.close()

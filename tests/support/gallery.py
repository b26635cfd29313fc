"""The gallery's figures as pictures: taken in Chromium, made small, and compared with those kept.

A picture is kept at a quarter of its size, so that where exactly an edge or a letter falls weighs
little. Two pictures are the same if at most ``MOST_CELLS`` of their cells differ by more than
``MOST_STEPS`` of 255 in a channel, and their sizes by at most ``MOST_SIZE`` cells.
"""

import base64
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

ROOT = Path(__file__).parents[2]
KEPT = ROOT / "tests" / "browser" / "gallery"
DIFFERENCES = ROOT / "gallery-differences"
MOST_STEPS = 40
MOST_CELLS = 0.004
MOST_SIZE = 2

SMALLER = """async (png) => {
  const image = new Image()
  image.src = 'data:image/png;base64,' + png
  await image.decode()
  const canvas = document.createElement('canvas')
  canvas.width = Math.round(image.width / 4)
  canvas.height = Math.round(image.height / 4)
  const context = canvas.getContext('2d')
  context.imageSmoothingQuality = 'high'
  context.drawImage(image, 0, 0, canvas.width, canvas.height)
  return canvas.toDataURL('image/png').split(',')[1]
}"""

COMPARED = """async ([kept, now, most]) => {
  const read = async (png) => {
    const image = new Image()
    image.src = 'data:image/png;base64,' + png
    await image.decode()
    const canvas = document.createElement('canvas')
    canvas.width = image.width
    canvas.height = image.height
    const context = canvas.getContext('2d')
    context.drawImage(image, 0, 0)
    return context.getImageData(0, 0, image.width, image.height)
  }
  const [a, b] = [await read(kept), await read(now)]
  const [width, height] = [Math.min(a.width, b.width), Math.min(a.height, b.height)]
  const canvas = document.createElement('canvas')
  canvas.width = width
  canvas.height = height
  const context = canvas.getContext('2d')
  const shown = context.createImageData(width, height)
  let cells = 0
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const [i, j, k] = [4 * (y * a.width + x), 4 * (y * b.width + x), 4 * (y * width + x)]
      let steps = 0
      for (let c = 0; c < 3; c++) steps = Math.max(steps, Math.abs(a.data[i + c] - b.data[j + c]))
      const differs = steps > most
      cells += differs
      const grey = 255 - (255 - (b.data[j] + b.data[j + 1] + b.data[j + 2]) / 3) / 3
      shown.data.set(differs ? [220, 0, 60, 255] : [grey, grey, grey, 255], k)
    }
  context.putImageData(shown, 0, 0)
  return {
    share: cells / (width * height),
    size: Math.max(Math.abs(a.width - b.width), Math.abs(a.height - b.height)),
    picture: canvas.toDataURL('image/png').split(',')[1],
  }
}"""


@dataclass(frozen=True)
class Difference:
    """How far a picture is from the kept one.

    Attributes:
        share: The share of cells that differ, from 0 to 1.
        size: How many cells one is wider or higher than the other.
        picture: PNG in which the cells that differ are red.
    """

    share: float
    size: int
    picture: bytes

    @property
    def visible(self) -> bool:
        """Whether a person would see it."""
        return self.share > MOST_CELLS or self.size > MOST_SIZE


def write_page(file: Path) -> None:
    """Write the page with every figure."""
    script = ROOT / "web" / "scripts" / "gallery.mjs"
    subprocess.run(["node", str(script), str(file)], cwd=ROOT / "web", check=True)


def open_page(page: Page, file: Path) -> list[str]:
    """Open the page with every figure, and return their names."""
    page.goto(file.as_uri())
    page.evaluate("document.fonts.ready")
    return page.eval_on_selector_all(".frame", "(frames) => frames.map(({ id }) => id)")


def picture_of(page: Page, name: str) -> bytes:
    """Return a figure as a small PNG."""
    png = page.locator(f"#{name}").screenshot(animations="disabled")
    return base64.b64decode(page.evaluate(SMALLER, _text(png)))


def compare(page: Page, kept: bytes, now: bytes) -> Difference:
    """Compare two small pictures, in the browser."""
    found: dict[str, Any] = page.evaluate(COMPARED, [_text(kept), _text(now), MOST_STEPS])
    return Difference(found["share"], found["size"], base64.b64decode(found["picture"]))


def _text(png: bytes) -> str:
    return base64.b64encode(png).decode("ascii")

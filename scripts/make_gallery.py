"""Keep the gallery's figures as pictures: python scripts/make_gallery.py

Run it after a change of the page's looks that is meant, and look at what changed: each picture in
tests/browser/gallery/ that differs visibly is written anew, with the rest left as they are.
"""

import sys
import tempfile
from pathlib import Path

from ensure_chromium import system_chromium
from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))
from gallery import KEPT, compare, open_page, picture_of, write_page


def main() -> None:
    """Write each picture that is new or differs, and remove those of no figure."""
    KEPT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = Path(folder) / "gallery.html"
        write_page(file)
        browser = playwright.chromium.launch(
            executable_path=system_chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1000, "height": 900})
        names = open_page(page, file)
        for name in names:
            kept, now = KEPT / f"{name}.png", picture_of(page, name)
            if not kept.exists() or compare(page, kept.read_bytes(), now).visible:
                kept.write_bytes(now)
                print(name)
        for picture in KEPT.glob("*.png"):
            if picture.stem not in names:
                picture.unlink()
        browser.close()


if __name__ == "__main__":
    main()

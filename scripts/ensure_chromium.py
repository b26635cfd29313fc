"""Makes sure of a Chromium for the browser tests.

The system's, else Debian's package where this user may install it, else Playwright's own download.
"""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome")
# Without a font of its own a bare machine draws no text.
DEBIAN_PACKAGES = ("chromium", "fonts-dejavu-core")


def system_chromium() -> str | None:
    """The path of the system's Chromium; None leaves the choice to Playwright."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def install_from_debian() -> bool:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    install = ["apt-get", "install", "--yes", "--no-install-recommends", *DEBIAN_PACKAGES]
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    return all(
        subprocess.run(command, env=environment).returncode == 0
        for command in (["apt-get", "update", "--quiet"], [*install, "--quiet"])
    )


def main() -> None:
    if system_chromium() is None and not (install_from_debian() and system_chromium()):
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=True)
    print("Chromium:", system_chromium() or "Playwright's")


if __name__ == "__main__":
    main()

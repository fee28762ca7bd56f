"""A headless Chromium, as far as tests need one: the browser that the system has."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
COMMAND = "sudo apt-get update && sudo apt-get install --yes --no-install-recommends chromium"


class NoBrowserError(Exception):
    """There is no browser on this machine; the message has the command that installs one."""

    def __init__(self) -> None:
        super().__init__(f"no browser is installed: run {COMMAND!r}")


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser that uses no proxy. NoBrowserError if the system has none."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        raise NoBrowserError
    options = ["--no-proxy-server"]
    if os.geteuid() == 0:
        # Chromium's own sandbox refuses to work for root, as whom tests run in containers.
        options.append("--no-sandbox")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=options)
        try:
            yield browser
        finally:
            browser.close()

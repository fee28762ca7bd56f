"""A person who uses the web app in a browser, by what they read on the screen."""

import contextlib
import re
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, BrowserContext, Error, Locator, Page, ViewportSize, expect

from proof.watching import Watch
from stagify_local.customer import PLATFORM, Account, codes_in, host_of
from stagify_local.waiting import eventually

# As long as a busy machine that also runs the whole platform may need for one step.
PATIENCE_MS = 60_000
expect.set_options(timeout=PATIENCE_MS)
# Resolves to what is on the page, once nothing is left to be done or drawn there.
IDLE = """() => new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(() =>
  requestIdleCallback(() => requestIdleCallback(() => go(document.body.innerHTML))))))"""
PHONE: ViewportSize = {"width": 390, "height": 844}
NARROW: ViewportSize = {"width": 320, "height": 640}
DESK: ViewportSize = {"width": 1280, "height": 800}


@dataclass(frozen=True)
class Picture:
    """A file that a person chooses."""

    name: str
    content: bytes


class Person:
    """One person with one browser profile. `page` is the tab that they look at."""

    def __init__(
        self,
        browser: Browser,
        port: int,
        *,
        size: Any = DESK,
        look: Literal["light", "dark"] = "light",
        language: str = "en-US",
        calm: bool = True,
    ) -> None:
        """`calm`: without motion, as people can ask their machine for."""
        self.port = port
        self.context: BrowserContext = browser.new_context(
            viewport=size,
            locale=language,
            color_scheme=look,
            has_touch=size is not DESK,
            is_mobile=size is not DESK,
            reduced_motion="reduce" if calm else "no-preference",
        )
        self.context.set_default_timeout(PATIENCE_MS)
        self._folder = tempfile.TemporaryDirectory(prefix="person-")
        self.watch = Watch()
        self.watch.attach(self.context)
        # The browser is told that we answer its file dialogs when somebody listens for them. That takes a
        # moment, so it is done at once and not when a button is pressed, where a key may be faster.
        self.context.on("page", lambda page: page.on("filechooser", lambda chooser: None))
        self.page: Page = self.context.new_page()

    def close(self) -> None:
        """Close every tab, and throw away what they have."""
        self.context.close()
        self._folder.cleanup()

    def new_tab(self) -> Page:
        """Open another tab, and look at that from now on."""
        self.page = self.context.new_page()
        return self.page

    def open(self, path: str = "/", *, slug: str = PLATFORM) -> None:
        """Go to a page of a host by its address."""
        self.watch.under_way.clear()
        self.page.goto(f"http://{host_of(self.port, slug)}{path}")

    def button(self, name: str | re.Pattern[str]) -> Locator:
        return self.page.get_by_role("button", name=name)

    def heading(self, name: str | re.Pattern[str]) -> Locator:
        return self.page.get_by_role("heading", name=name)

    def sees(self, text: str | re.Pattern[str]) -> None:
        """Wait until the text can be read on the page."""
        expect(self.page.get_by_text(text).first).to_be_visible()

    def hears_nothing(self) -> None:
        """From its next load on, the page has no live stream, which would tell it at once that its session has
        ended."""
        self.watch.faults_expected = True
        self.page.route("**/v1/projects/events", lambda route: route.abort())

    def has_settled(self) -> None:
        """Wait until the page has all that it has asked for, and has nothing left to do."""

        def is_idle() -> bool:
            asked = self.watch.asked
            try:
                shown = [self.page.evaluate(IDLE) for _ in range(2)]
            except Error:
                # It was just left for another one.
                return False
            is_same = self.watch.asked == asked and shown[0] == shown[1]
            return is_same and not self.watch.under_way

        eventually(is_idle, what=f"{self.page.url} to settle")

    def told(self) -> str:
        """What they see, and what was refused or has no answer yet: for whoever reads of a failure."""
        waiting = sorted(f"{each.method} {each.url}" for each in self.watch.under_way)
        lines = [self.page.url]
        for place in ("[role=alertdialog], [role=dialog]", "body"):
            with contextlib.suppress(Error):
                shown = self.page.locator(place).last.inner_text(timeout=1_000)
                lines.append(" | ".join(shown.split("\n"))[:300])
        lines += [f"refused: {', '.join(self.watch.refused)}"] if self.watch.refused else []
        lines += [f"no answer yet: {', '.join(waiting)}"] if waiting else []
        return "\n".join(lines)

    def is_at(self, path: str | re.Pattern[str]) -> None:
        """Wait until the address ends with the path."""
        pattern = re.compile(re.escape(path) + "$") if isinstance(path, str) else path
        expect(self.page).to_have_url(pattern)

    def log_in(self, account: Account, path: str = "/") -> None:
        """Come to a page of the workspace, and be asked who it is."""
        self.open(path, slug=account.slug)
        self.enter(account)
        self.is_in()

    def enter(self, account: Account) -> None:
        """Fill the log-in form that is shown, in whichever language, and send it."""
        form = self.page.locator("form")
        form.locator("input[type=email]").fill(account.email)
        form.locator("input[type=password]").fill(account.password)
        form.locator("button[type=submit]").click()

    def come_back(self, account: Account) -> None:
        """Log in again over the page, whose session has ended."""
        dialog = self.page.get_by_role("alertdialog")
        dialog.get_by_label("Password", exact=True).fill(account.password)
        dialog.get_by_role("button", name="Log in").click()

    def is_in(self) -> None:
        """Wait until a page of a workspace is shown."""
        ways = self.page.locator("nav").locator("visible=true").first
        expect(ways).to_be_visible()

    def log_out(self) -> None:
        self.button("Your account").click()
        self.page.get_by_role("menuitem", name="Log out").click()
        self.is_at("/login")

    def code_of(self, email: str, mails: Path, since: int) -> str:
        """The code that was mailed to the address after `since`, in nanoseconds."""
        return eventually(
            lambda: next(iter(codes_in(mails, email, since)), None),
            what=f"a mail with a code for {email}",
        )

    def ask_for_workspace(self, name: str, account: Account) -> None:
        """From the first page to the one that asks for the code."""
        self.open("/")
        self.page.get_by_role("link", name="Start with ten free photos").click()
        self.page.get_by_label("Your name").fill("Robin Test")
        self.page.get_by_label("Email").fill(account.email)
        self.page.get_by_label("Name of the workspace").fill(name)
        self.page.get_by_label("Its address").fill(account.slug)
        self.sees("is free")
        self.button("Send me the code").click()

    def confirm(self, account: Account, code: str) -> None:
        """Choose a password and type the code; its last figure sends the form."""
        self.page.get_by_label("Choose a password").fill(account.password)
        self.type_code(code)

    def type_code(self, code: str) -> None:
        """Type a code into its fields; the last figure sends it."""
        self.page.get_by_role("textbox", name=re.compile("code", re.IGNORECASE)).first.focus()
        self.page.keyboard.type(code)

    def sign_up(self, name: str, account: Account, mails: Path) -> None:
        """From the first page to the workspace, with the code from the mail."""
        begun = time.time_ns()
        self.ask_for_workspace(name, account)
        self.confirm(account, self.code_of(account.email, mails, begun))
        self.is_in()

    def choose(self, pictures: Iterable[Picture]) -> None:
        """Press "Add photos", and choose files in the dialog of the browser."""
        with self.page.expect_file_chooser() as chooser:
            self.button(re.compile("^(Add photos|Fotos hinzufügen)$")).locator(
                "visible=true"
            ).first.click()
        chooser.value.set_files([self.file(picture) for picture in pictures])

    def file(self, picture: Picture) -> Path:
        """The picture as a file, in a folder of its own."""
        file = Path(tempfile.mkdtemp(dir=self._folder.name)) / picture.name
        file.write_bytes(picture.content)
        return file

    def stage(self, *pictures: Picture) -> None:
        """Choose photos and have them staged."""
        self.choose(pictures)
        self.button(re.compile(r"^Stage \d+ photos?$")).click()

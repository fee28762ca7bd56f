"""The web app in a browser: people who use it, and what a page must never do."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from proof.openapi import ROOT

AXE = ROOT / "web/node_modules/axe-core/axe.min.js"
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "is_mobile": True,
    "has_touch": True,
}
TELL_VIOLATIONS = """addEventListener("securitypolicyviolation", event =>
  console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`))"""


@contextmanager
def person(browser: Browser, **options: Any) -> Iterator[BrowserContext]:
    """The browser of one person, with cookies of its own. At the end, no page of theirs may have done
    what its policy forbids, nor have thrown."""
    context = browser.new_context(**options)
    context.add_init_script(TELL_VIOLATIONS)
    wrong: list[str] = []

    def note(message: ConsoleMessage) -> None:
        # Refusals of the API stand there too, and are part of many tests.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            wrong.append(message.text)

    context.on("console", note)
    context.on("weberror", lambda thrown: wrong.append(str(thrown.error)))
    try:
        yield context
    finally:
        context.close()
    assert not wrong, "\n".join(wrong)


def log_in(page: Page, email: str, password: str) -> None:
    """Fill in the log-in that the page shows."""
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Log in").click()


def barriers(page: Page) -> list[str]:
    """What axe finds on a page that somebody could not use."""
    page.evaluate(Path(AXE).read_text())
    found = page.evaluate("axe.run()")["violations"]
    return [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found]

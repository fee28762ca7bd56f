"""Whatever goes wrong in a browser while somebody uses the web app, whether or not they see it."""

import re
from collections import deque
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response, WebError

# A page reports what its own policy refused, with the part of the policy.
REPORTS = """document.addEventListener("securitypolicyviolation", (event) =>
  stagifyReport(`${event.effectiveDirective} refused ${event.blockedURI || event.sample}`
    + ` (${event.sourceFile ?? ""}:${event.lineNumber})`));"""
# Chromium writes every refusal of the API into the console too; those are judged as answers.
ANSWERED = re.compile(r"Failed to load resource: (the server responded|net::)")
REFUSED, SERVER_ERROR = 400, 500
# Live streams.
STREAM = re.compile(r"/events$")
# A navigation that another one overtook, or a call that its page gave up.
GIVEN_UP = "net::ERR_ABORTED"


@dataclass
class Watch:
    """What went wrong in a browser context: sentences, in order."""

    troubles: list[str] = field(default_factory=list)
    # Faults that a test makes: answers of 500 and above and broken connections are then expected.
    faults_expected: bool = False
    # What the pages have asked for so far: how much, what has no answer yet, and the last refusals. Live streams
    # do not count, which go on as long as a page is open.
    asked: int = 0
    under_way: set[Request] = field(default_factory=set)
    refused: deque[str] = field(default_factory=lambda: deque(maxlen=5))

    def attach(self, context: BrowserContext) -> None:
        """Watch every page of the context, also those that are opened later."""
        context.expose_function("stagifyReport", lambda text: self._note(f"policy: {text}"))
        context.add_init_script(REPORTS)
        context.on("console", self._console)
        context.on("weberror", self._error)
        context.on("request", self._asked)
        context.on("response", self._answered)
        context.on("requestfinished", self._finished)
        context.on("requestfailed", self._failed)
        context.on("page", lambda page: page.on("crash", self._crashed))

    def _note(self, trouble: str) -> None:
        self.troubles.append(trouble)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not ANSWERED.match(message.text):
            self._note(f"console: {message.text}")

    def _error(self, error: WebError) -> None:
        self._note(f"error: {error.error.message}\n{error.error.stack}")

    def _asked(self, request: Request) -> None:
        if STREAM.search(urlsplit(request.url).path):
            return
        self.asked += 1
        self.under_way.add(request)

    def _answered(self, answer: Response) -> None:
        path = urlsplit(answer.url).path
        if answer.status >= REFUSED:
            self.refused.append(f"{answer.status} to {answer.request.method} {path}")
        is_missing = path.startswith("/assets/") and not answer.ok
        is_broken = answer.status >= SERVER_ERROR and not self.faults_expected
        if is_missing or is_broken:
            self._note(f"answer: {answer.status} to {answer.request.method} {answer.url}")

    def _finished(self, request: Request) -> None:
        self.under_way.discard(request)

    def _failed(self, request: Request) -> None:
        self.under_way.discard(request)
        if request.failure != GIVEN_UP and not self.faults_expected:
            self._note(f"request: {request.method} {request.url} {request.failure}")

    def _crashed(self, page: Page) -> None:
        self._note(f"crash: {page.url}")

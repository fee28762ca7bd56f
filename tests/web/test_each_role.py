"""Every page that the ways of the app lead to, in each role: nobody comes to a dead end, and no button is shown that
would be refused."""

import contextlib
import re
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Response, expect

from proof.customers import hire, photo, set_plan
from proof.person import Person
from stagify_local.customer import Account, Customer
from stagify_local.platform import Platform

INVITED = ("admin", "member", "viewer")
# What a page says instead of what it is for.
REFUSED = re.compile("Ask an owner|Your role does not|There is no such page")
LINKS = "() => [...document.querySelectorAll('a[href]')].map(({ href }) => href)"
BUTTONS = """() => [...document.querySelectorAll("button:not([aria-disabled=true])")]
  .filter((each) => each.checkVisibility({ visibilityProperty: true }))
  .map((each) => (each.getAttribute("aria-label") ?? each.innerText).trim())"""
# The code of the refusal of a call by somebody's role; null if it is not refused for that.
ASK = """async ([method, path]) => {
  const answer = await fetch(path, { method });
  if (answer.status !== 403) return null;
  const { code } = await answer.json();
  return code === "step_up_required" ? null : code;
}"""
# Documents and files, which are no pages of the app.
ELSEWHERE = re.compile(r"/(docs|v1|openapi\.json)")


Call = tuple[str, str]
ANY = "00000000-0000-7000-8000-000000000000"
# What is called by the button of that name, or by the form that it opens; nothing where no role could forbid it. The
# calls are sent without a body and for things that do not exist, so that they change nothing.
CALLS: dict[str, list[Call]] = {
    r"[A-Z]*\s*Your account|Before|After|Select|Copy the command|Show the password": [],
    "Add photos": [("POST", "/v1/uploads"), ("POST", "/v1/projects")],
    "Favourite": [("PATCH", f"/v1/projects/{ANY}")],
    "Stage it": [("POST", f"/v1/projects/{ANY}/variations")],
    "Rename": [("PATCH", f"/v1/projects/{ANY}")],
    "Delete": [("DELETE", f"/v1/projects/{ANY}")],
    "Change it": [("POST", "/v1/me/password")],
    "Save": [("PATCH", "/v1/me")],
    "Change address": [("POST", "/v1/me/email")],
    "Set up": [("POST", "/v1/me/mfa/passkeys")],
    # This would do it.
    "Delete my account": [("GET", "/v1/me")],
    "Log out": [("DELETE", f"/v1/me/sessions/{ANY}")],
    "Log out everywhere else": [("GET", "/v1/me/sessions")],
    "Publish|Use the platform.s colours": [("PATCH", "/v1/branding")],
    "Change role of .*": [("PATCH", f"/v1/members/{ANY}")],
    "Remove .*|Leave": [("DELETE", f"/v1/members/{ANY}")],
    "Log out .*": [("DELETE", f"/v1/members/{ANY}/sessions")],
    "Second factor of .*": [("POST", f"/v1/members/{ANY}/factor-reset")],
    "Ask for it": [("PATCH", "/v1/tenant/sign-in")],
    "Hand it over": [("POST", "/v1/ownership-transfers")],
    "Invite people": [("POST", "/v1/invitations")],
    "New link": [("POST", "/v1/invitation-links")],
    "New role": [("POST", "/v1/roles")],
    "New key": [("POST", "/v1/api-keys")],
    "New service account": [("POST", "/v1/service-accounts")],
    "Change tests": [("PATCH", f"/v1/api-keys/{ANY}")],
    "Replace tests": [("POST", f"/v1/api-keys/{ANY}/rotate")],
    "Revoke tests": [("DELETE", f"/v1/api-keys/{ANY}")],
}


def calls_of(button: str) -> list[Call] | None:
    """What the button calls; None for one that is not listed."""
    return next((calls for pattern, calls in CALLS.items() if re.fullmatch(pattern, button)), None)


class Walk:
    """Somebody who follows every link that they find."""

    def __init__(self, person: Person, account: Account) -> None:
        self.person, self.account = person, account
        self.refused: list[str] = []
        self.buttons = set[str]()
        person.context.on("response", self._answered)

    def _answered(self, answer: Response) -> None:
        if answer.status in (403, 404) and urlsplit(answer.url).path.startswith("/v1/"):
            self.refused.append(f"{answer.status} {answer.request.method} {answer.url}")

    def everywhere(self) -> None:
        """Open every page that some other leads to."""
        ahead, seen = ["/"], set[str]()
        while ahead:
            path = ahead.pop()
            if path in seen:
                continue
            seen.add(path)
            self.person.open(path, slug=self.account.slug)
            page = self.person.page
            expect(page.get_by_role("heading", level=1)).to_be_visible()
            self.person.has_settled()
            text = page.locator("main").inner_text()
            if REFUSED.search(text):
                self.refused.append(f"{path}: {text}")
            self.buttons |= set(page.evaluate(BUTTONS))
            ahead += [each for each in map(self._path, page.evaluate(LINKS)) if each]

    def press_all(self) -> None:
        """Do what every button that was seen does."""
        self.person.context.remove_listener("response", self._answered)
        for button in sorted(self.buttons):
            calls = calls_of(button)
            if calls is None:
                self.refused.append(f"{button}: list above what it calls")
            for method, path in calls or []:
                code = self.person.page.evaluate(ASK, [method, path])
                if code:
                    self.refused.append(f"{button}: {method} {path} {code}")

    def _path(self, address: str) -> str | None:
        parts = urlsplit(address)
        if parts.netloc != urlsplit(self.account.url).netloc or ELSEWHERE.match(parts.path):
            return None
        return parts.path


@pytest.fixture
def team(platform: Platform, customer: Customer) -> Iterator[dict[str, Account]]:
    """Somebody in each role, in a workspace with a furnished photo and an API key."""
    # With a seat for each of them.
    set_plan(platform, customer, "pro")
    customer.stage(photo())
    with contextlib.ExitStack() as stack:
        yield {"owner": customer.account} | {
            role: stack.enter_context(hire(platform, customer, role)).account for role in INVITED
        }


def test_nobody_comes_to_a_dead_end_or_is_offered_what_is_refused(
    team: dict[str, Account], new_person: Callable[..., Person]
) -> None:
    found, buttons = {}, {}
    for role, account in team.items():
        person = new_person()
        person.log_in(account)
        walk = Walk(person, account)
        walk.everywhere()
        walk.press_all()
        found[role], buttons[role] = walk.refused, walk.buttons
    assert found == {role: [] for role in team}
    # Whoever may do less is shown less.
    assert "Hand it over" in buttons["owner"] - buttons["admin"]
    assert "Invite people" in buttons["admin"] - buttons["member"]
    assert "Add photos" in buttons["member"] - buttons["viewer"]

"""What people prove with that it is them: an app for codes, and a device that keeps passkeys."""

import time
from typing import TYPE_CHECKING, Any

import pyotp
from playwright.sync_api import Page

if TYPE_CHECKING:
    from proof.person import Person

STEP_SECONDS = 30


class CodeApp:
    """An app for codes. Each code of it works once, and none before it; so the first is an old one."""

    def __init__(self, secret: str) -> None:
        self._totp = pyotp.TOTP(secret.replace(" ", ""))
        self._next = -1

    def code(self) -> str:
        """A code that has not been shown yet; there are three before somebody would have to wait."""
        code = self._at(self._next)
        self._next += 1
        return code

    def wrong_code(self) -> str:
        """A code that is not right at any moment near this one."""
        near = {self._at(step) for step in range(-12, 13)}
        return next(code for code in map("{:06d}".format, range(100)) if code not in near)

    def _at(self, step: int) -> str:
        return self._totp.at(int(time.time()) + step * STEP_SECONDS)


def set_up_app(person: "Person") -> tuple[CodeApp, list[str]]:
    """Set an app for codes up, in the dialog or on the page that shows its secret; with the recovery codes."""
    secret = person.page.locator("code")
    app = CodeApp(secret.inner_text())
    person.type_code(app.code())
    person.sees("recovery codes")
    codes = person.page.locator("[data-print] li").all_inner_texts()
    person.button("I have kept them").click()
    return app, codes


class Authenticator:
    """What a device keeps passkeys in: of one tab, with the passkeys of another one if there are any."""

    def __init__(self, page: Page, *, passkeys_of: "Authenticator | None" = None) -> None:
        self._cdp = page.context.new_cdp_session(page)
        self._cdp.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        made = self._cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        self._id = {"authenticatorId": made["authenticatorId"]}
        for each in passkeys_of.credentials() if passkeys_of else ():
            self._cdp.send("WebAuthn.addCredential", {**self._id, "credential": each})

    def credentials(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._cdp.send("WebAuthn.getCredentials", self._id)[
            "credentials"
        ]
        return found

    def refuse(self) -> None:
        """The person does not show a finger from now on."""
        self._cdp.send("WebAuthn.setUserVerified", {**self._id, "isUserVerified": False})

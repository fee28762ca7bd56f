"""What the tests of identity-svc share about passkeys: making one, and logging in with one."""

from typing import Any

import httpx

from mfa_testing import MFA
from proof.authenticator import Authenticator
from traveller_testing import Traveller

KEYS = f"{MFA}/passkeys"
WRONG, INVALID = (403, "wrong_passkey"), (410, "challenge_invalid")


async def make(
    traveller: Traveller, device: Authenticator, name: str = "My laptop", **changed: Any
) -> httpx.Response:
    """The answer to a new passkey of the device."""
    started = await traveller.call("POST", f"{KEYS}/start", None)
    assert started.status_code == 201, started.text
    credential = device.create(started.json()["options"], **changed)
    return await keep(traveller, started, credential, name)


async def keep(
    traveller: Traveller, started: httpx.Response, credential: Any, name: str = "My laptop"
) -> httpx.Response:
    """The answer to a passkey that was made for this start."""
    body = {"challenge_id": started.json()["challenge_id"], "name": name, "credential": credential}
    return await traveller.call("POST", KEYS, None, body)


async def asked(traveller: Traveller) -> httpx.Response:
    """What a browser is asked for any passkey with."""
    answer = await traveller.call("POST", "/v1/session/passkey", None)
    assert answer.status_code == 201, answer.text
    return answer


async def answer_to(
    traveller: Traveller, started: httpx.Response, credential: Any
) -> httpx.Response:
    """The answer to a log-in with a passkey."""
    path = f"/v1/session/{started.json()['challenge_id']}/verify"
    return await traveller.call("POST", path, None, {"passkey": credential})


async def log_in(traveller: Traveller, device: Authenticator, **changed: Any) -> httpx.Response:
    """The answer to a log-in with the newest passkey of the device."""
    started = await asked(traveller)
    return await answer_to(traveller, started, device.get(started.json()["options"], **changed))

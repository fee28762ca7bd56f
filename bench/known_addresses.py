"""Whether the time of an answer tells who has an account: sign-up, log-in, a new password, and invitations.

Run with `python bench/known_addresses.py [--tries N]`. It starts a platform and takes a few minutes. Each call is
made with an address that has an account and with one that has none, in turns and each first as often as the
other; status and body must be the same but for ids and times, and the medians may differ by 3 %.
"""

import argparse
import asyncio
import itertools
import re
import secrets
import time
from collections.abc import Callable, Sequence
from ipaddress import IPv6Address
from typing import Any

import httpx

from identity_svc.people.models import User
from identity_svc.people.passwords import Passwords
from identity_svc.settings import Settings
from proof.customers import secret_for, sign_up
from proof.figures import Bar, median, report
from proof.load.rig import Rig
from proof.platforms import running
from stagify.database import Database
from stagify_local.customer import PLATFORM, Customer, client, good
from stagify_local.platform import Platform

TRIES = 500
MAX_DIFFERENCE = 3.0
PASSWORD = "correct horse battery staple"
# The limits of one source count for none of ours: each request seems to come from somewhere else.
SETTINGS = {
    "TRUSTED_PROXIES": '["127.0.0.0/8"]',
    "ADDRESS_REQUESTS_PER_SECOND": "1000000",
    "ADDRESS_BURST": "1000000",
    "SIGNUPS_PER_HOUR": "1000000",
    "LOGINS_PER_SOURCE_MINUTE": "1000000",
}
_MADE = re.compile(rb'"(id|expires_at|invitation_id|email|request_id)":"[^"]*"')

Ask = Callable[[str], httpx.Request]
Answer = tuple[int, bytes]


def post(http: httpx.Client, path: str, **body: Any) -> httpx.Request:
    """A call from somewhere else than the last one."""
    source = str(IPv6Address(secrets.randbits(124) | 2 << 124))
    return http.build_request("POST", path, json=body, headers={"X-Forwarded-For": source})


def calls(http: httpx.Client, tenant: httpx.Client, owner: Customer, tries: int) -> dict[str, Ask]:
    """What a stranger asks with an address, by what it is called."""
    wrong = "not the right one"
    # A link causes 200 mails in a day and no more.
    links = [link_of(owner) for _ in range(tries // 100 + 1)]
    turns = itertools.count()

    def sign_up(email: str) -> httpx.Request:
        slug = f"bench-{secrets.token_hex(8)}"
        wanted = {"type": "individual", "name": "Bench", "slug": slug}
        return post(http, "/v1/signup", email=email, name="Ada", tenant=wanted)

    def ask_in(email: str) -> httpx.Request:
        link = links[next(turns) // 200]
        return post(http, "/v1/invitations/ask", token=link, email=email)

    return {
        "sign-up": sign_up,
        "log-in on the platform's host": lambda email: post(
            http, "/v1/session", email=email, password=wrong
        ),
        "log-in on a workspace's host": lambda email: post(
            tenant, "/v1/session", email=email, password=wrong
        ),
        "new password": lambda email: post(http, "/v1/password-resets", email=email),
        "asking by a link": ask_in,
    }


def compare(
    http: httpx.Client, ask: Ask, known: Sequence[str], unknown: Sequence[str]
) -> tuple[list[float], list[float], set[Answer]]:
    """Milliseconds until the answers for each, and the answers that there were."""
    took: tuple[list[float], list[float]] = ([], [])
    answers: set[Answer] = set()
    for number, pair in enumerate(zip(known, unknown, strict=True)):
        # Whatever the one leaves behind for the other is as likely the other way round.
        for side in (0, 1) if number % 2 else (1, 0):
            request = ask(pair[side])
            begun = time.perf_counter()
            answer = http.send(request)
            took[side].append((time.perf_counter() - begun) * 1_000)
            answers.add((answer.status_code, _MADE.sub(b"", answer.content)))
    return *took, answers


async def add_people(platform: Platform, emails: Sequence[str]) -> None:
    """Accounts that nobody has signed up for; all have the same password."""
    settings = Settings.model_construct(
        argon2_memory_kib=Settings.model_fields["argon2_memory_kib"].default,
        argon2_time_cost=Settings.model_fields["argon2_time_cost"].default,
        password_hash_threads=1,
        password_hash_queue=1,
    )
    passwords = Passwords(settings)
    password_hash = await passwords.hash(PASSWORD)
    passwords.close()
    url = Rig(platform).database_url("identity-svc", "app")
    database = Database(url, service="identity-svc")
    async with database.system() as session:
        session.add_all(
            User(email=email, email_key=email, name="Ada", password_hash=password_hash)
            for email in emails
        )
    await database.close()


def invite(platform: Platform, owner: Customer, email: str) -> str:
    """The secret in the mail of an invitation."""
    wanted = {"emails": [email], "role": "viewer"}
    good(owner.browser.post("/v1/invitations", json=wanted))
    return secret_for(platform.mail_dir, email)


def link_of(owner: Customer) -> str:
    """The secret of a link that many may use."""
    wanted = {"role": "viewer", "max_uses": 1_000}
    made = good(owner.browser.post("/v1/invitation-links", json=wanted)).json()
    return str(made["url"]).rpartition("#token=")[2]


def addresses(platform: Platform, count: int) -> tuple[list[str], list[str]]:
    """Addresses with an account, and as many without; all of one length."""
    known, unknown = (
        [f"{kind}-{secrets.token_hex(6)}@known.example.com" for _ in range(count)] for kind in "ab"
    )
    asyncio.run(add_people(platform, known))
    return known, unknown


def main() -> None:
    """Take the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tries", type=int, default=TRIES)
    tries = parser.parse_args().tries
    figures: dict[str, Any] = {}
    raw: dict[str, Any] = {}
    with running(settings=SETTINGS) as platform, sign_up(platform) as owner:
        port, slug = platform.gateway_port, owner.account.slug
        with client(port, PLATFORM) as http, client(port, slug) as tenant:
            for name, ask in calls(http, tenant, owner, tries).items():
                known, unknown = addresses(platform, tries)
                note(figures, raw, name, *compare(http, ask, known, unknown))
            (somebody,), (nobody,) = addresses(platform, 1)
            secret = {each: invite(platform, owner, each) for each in (somebody, nobody)}

            def look_up(email: str) -> httpx.Request:
                return post(http, "/v1/invitations/look-up", token=secret[email])

            seen = compare(http, look_up, [somebody] * tries, [nobody] * tries)
            note(figures, raw, "look-up of an invitation", *seen)
    bars = [Bar(name, at_most=MAX_DIFFERENCE) for name in figures if name.endswith("%")]
    bars += [Bar(name, at_most=1) for name in figures if name.endswith("answers")]
    report("known_addresses", figures, raw, bars=bars)


def note(
    figures: dict[str, Any],
    raw: dict[str, Any],
    name: str,
    known: list[float],
    unknown: list[float],
    answers: set[Answer],
) -> None:
    """Add what one call has shown."""
    known_median, unknown_median = median(known), median(unknown)
    figures[f"{name}: median, ms"] = unknown_median
    figures[f"{name}: difference of the medians, %"] = (
        abs(known_median - unknown_median) / unknown_median * 100
    )
    figures[f"{name}: different answers"] = len(answers)
    raw[name] = {"known": known, "unknown": unknown, "statuses": [each[0] for each in answers]}


if __name__ == "__main__":
    main()

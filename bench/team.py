"""How soon a change of role and a removal count at every service, and what it takes to invite 500 people.

Run with `python bench/team.py`. It starts a platform with the fast engine and takes a few minutes. While the
mails of the 500 go out, the worker that sends them is killed again and again.
"""

import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from identity_svc.mail.tasks import CONCURRENCY
from proof.customers import Colleague, hire, sign_up
from proof.figures import Bar, percentile, report
from proof.platforms import running
from stagify_local.customer import Customer, good
from stagify_local.mail_page import read_mail
from stagify_local.platform import Platform
from stagify_local.waiting import eventually

ROUNDS = 30
ADDRESSES = 500
KILLS = 3
PATIENCE_SECONDS = 10.0
# What an admin may do and a viewer may not, at each service that has such a call. The bodies are empty: who
# may call is decided first.
CHANGES = {
    "identity-svc": ("GET", "/v1/api-keys"),
    "tenant-svc": ("PATCH", "/v1/branding"),
    "staging-svc": ("POST", "/v1/uploads"),
}
READS = {
    "identity-svc": ("GET", "/v1/members"),
    "tenant-svc": ("GET", "/v1/tenant"),
    "staging-svc": ("GET", "/v1/projects"),
    "usage-svc": ("GET", "/v1/usage"),
}
BARS = [
    Bar("change of role → refused at every service, p99, ms", at_most=1_000),
    Bar("removal → refused at every service, p99, ms", at_most=1_000),
    Bar(f"invitation of {ADDRESSES}: answered, s", at_most=2),
    Bar(f"invitation of {ADDRESSES}: all mails sent, s", at_most=60),
    Bar("mails lost", at_most=0),
    Bar("mails sent twice", at_most=KILLS * CONCURRENCY),
]


def send(http: httpx.Client, method: str, path: str) -> httpx.Response:
    """The answer to a call; one that changes something has an empty body."""
    return http.request(method, path, json=None if method == "GET" else {})


def until_refused(http: httpx.Client, calls: Mapping[str, tuple[str, str]], status: int) -> float:
    """Milliseconds until each of the calls is refused with that status."""
    begun, pending = time.perf_counter(), dict(calls)
    while pending:
        for service, (method, path) in [*pending.items()]:
            if send(http, method, path).status_code == status:
                del pending[service]
        assert time.perf_counter() - begun < PATIENCE_SECONDS, pending
    return (time.perf_counter() - begun) * 1_000


def changes(owner: Customer, colleague: Colleague) -> list[float]:
    """How long an admin who becomes a viewer goes on as one."""
    path, found = f"/v1/members/{colleague.member_id}", []
    for _ in range(ROUNDS):
        good(owner.browser.patch(path, json={"role": "admin"}))
        eventually(lambda: colleague.http.get("/v1/api-keys").status_code == 200)
        for method, where in CHANGES.values():
            send(colleague.http, method, where)
        good(owner.browser.patch(path, json={"role": "viewer"}))
        found.append(until_refused(colleague.http, CHANGES, 403))
    return found


def removals(owner: Customer, colleague: Colleague) -> list[float]:
    """How long somebody who is removed goes on."""
    path, found = f"/v1/members/{colleague.member_id}", []
    for _ in range(ROUNDS):
        colleague.log_in()
        for method, where in READS.values():
            good(send(colleague.http, method, where))
        good(owner.browser.delete(path))
        found.append(until_refused(colleague.http, READS, 401))
        good(owner.browser.post(f"{path}/restore", json={}))
    return found


def invitations(platform: Platform, owner: Customer) -> dict[str, Any]:
    """The figures of one call for many people."""
    emails = {f"person-{number}@invited.example.com" for number in range(ADDRESSES)}
    begun = time.perf_counter()
    answer = good(
        owner.browser.post("/v1/invitations", json={"emails": sorted(emails), "role": "viewer"})
    )
    answered = time.perf_counter() - begun
    assert {each["outcome"] for each in answer.json()["items"]} == {"invited"}
    worker = platform.process("identity-svc", "worker")

    # Each is read once: the reading shares the machine with what is measured.
    read: dict[Path, str] = {}

    def got() -> Counter[str]:
        for path in platform.mail_dir.glob("*.eml"):
            if path not in read:
                read[path] = str(read_mail(path)["X-Envelope-To"])
        return Counter(email for email in read.values() if email in emails)

    for kill in range(KILLS):
        share = (kill + 1) * ADDRESSES // (KILLS + 1)
        while len(got()) < share:
            time.sleep(0.05)
        worker.kill()
    eventually(lambda: got().keys() == emails, 120)
    return {
        f"invitation of {ADDRESSES}: answered, s": answered,
        f"invitation of {ADDRESSES}: all mails sent, s": time.perf_counter() - begun,
        "mails lost": len(emails - got().keys()),
        # A worker is killed between the server's answer and its own note of it.
        "mails sent twice": got().total() - ADDRESSES,
    }


def main() -> None:
    """Take the figures."""
    with running() as platform, sign_up(platform) as owner:
        platform.run("usage-svc", "set-plan", owner.account.slug, "enterprise")
        with hire(platform, owner) as colleague:
            changed, removed = changes(owner, colleague), removals(owner, colleague)
        figures = {
            "change of role → refused at every service, p50, ms": percentile(changed, 0.5),
            "change of role → refused at every service, p99, ms": percentile(changed, 0.99),
            "removal → refused at every service, p50, ms": percentile(removed, 0.5),
            "removal → refused at every service, p99, ms": percentile(removed, 0.99),
            **invitations(platform, owner),
        }
        report("team", figures, {"changes": changed, "removals": removed}, bars=BARS)


if __name__ == "__main__":
    main()

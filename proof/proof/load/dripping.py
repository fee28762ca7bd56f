"""A thousand connections of one address send as slowly as they can: what does everybody else notice?

Run with `python -m proof.load.dripping [--seconds N]`. Ten tenants at half of what the platform can
do, alone and with 1,024 connections of one other address beside them: some never end a head, some
never end a body, without a credential, with one of a tenant's, and on the platform host. What is
closed is opened again. The parts take turns in five rounds. Bars: the tenants keep 99 % of their good
answers, and their p99 stays below 1.2 times what it was.
"""

import argparse
import asyncio
from typing import Any

from proof.figures import Bar, median, report
from proof.load.customers import Tenant, fill, mix, sign_up_many
from proof.load.neighbour import find_peak, good_share, p99_ms, slow_message
from proof.load.offers import Phase, Plan, offer
from proof.load.rig import Rig, difference, running_rig
from stagify_local.customer import PLATFORM, host_of

ROUNDS = 5
TENANTS = 10
LOADED = 0.5
DRIPPING = 1024
ALL = "all"
PARTS = ("alone", "dripping")
SHARE, MULTIPLE = "good answers, share", "p99, multiple"
BARS = [Bar(SHARE, at_least=0.99), Bar(MULTIPLE, at_most=1.2)]


def slow_messages(tenant: Tenant) -> list[bytes]:
    """Requests that never end: in the body, of a member and of strangers; and in the head."""
    account = tenant.account
    hosts = {"tenant": account.host, "platform": host_of(account.port, PLATFORM)}
    ends = b"Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n" + b" " * 999
    return [
        slow_message(tenant),
        f"POST /v1/session HTTP/1.1\r\nHost: {hosts['tenant']}\r\n".encode() + ends,
        f"POST /v1/signup HTTP/1.1\r\nHost: {hosts['platform']}\r\n".encode() + ends,
        f"GET / HTTP/1.1\r\nHost: {hosts['tenant']}\r\nX-Filler: {'x' * 1000}".encode(),
    ]


def examine(rig: Rig, seconds: float) -> None:
    tenants = sign_up_many(rig.platform, TENANTS)
    asyncio.run(fill(rig.database_url("staging-svc", "app"), tenants))
    choices = mix(tenants, ALL)
    rig.pin()
    rate = LOADED * find_peak(rig, choices, seconds)
    phases = [
        Phase(
            f"{part} {number}",
            seconds,
            {ALL: rate},
            slow_connections=DRIPPING if part == "dripping" else 0,
        )
        for number in range(ROUNDS)
        for part in PARTS
    ]
    messages = slow_messages(tenants[0])
    cpu = rig.cpu_seconds()
    measured = offer(Plan(rig.port, choices, phases, rig.cores.generator, slow_messages=messages))
    rounds = {
        str(number): {
            part: {
                "asked": len(found := measured.of(f"{part} {number}")),
                "good": good_share(found),
                "p99_ms": p99_ms(found),
            }
            for part in PARTS
        }
        for number in range(ROUNDS)
    }
    figures: dict[str, Any] = {
        "requests/s": rate,
        SHARE: median(
            [each["dripping"]["good"] / each["alone"]["good"] for each in rounds.values()]
        ),
        MULTIPLE: median(
            [each["dripping"]["p99_ms"] / each["alone"]["p99_ms"] for each in rounds.values()]
        ),
        **{
            f"{part}: p99, ms": median([each[part]["p99_ms"] for each in rounds.values()])
            for part in PARTS
        },
    }
    raw = {
        "rounds": rounds,
        "refusals": dict(measured.codes),
        "generator_late_seconds": measured.late_seconds,
        "platform_cpu_seconds": difference(cpu, rig.cpu_seconds()),
        "seconds": seconds,
    }
    report("dripping", figures, raw, bars=BARS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=15.0, help="of each part")
    options = parser.parse_args()
    with running_rig() as rig:
        examine(rig, options.seconds)


if __name__ == "__main__":
    main()

"""What the password of a log-in costs: argon2id with the parameters of production, per CPU-second.

Run with `python bench/log_ins.py`. It is the part of a log-in that counts; what others notice of many at
once is bounded by the pool, which has a thread for each core.
"""

import asyncio
import os

from argon2 import PasswordHasher

from identity_svc.people.passwords import Passwords
from identity_svc.settings import Settings
from proof.figures import Bar, cpu_seconds, median, report

ROUNDS, LOG_INS = 5, 60
BARS = [Bar("log-ins per CPU-second", at_least=45)]


async def rate(passwords: Passwords, encoded: str) -> float:
    """Right passwords that are checked in a CPU-second of this process."""
    before = cpu_seconds([os.getpid()])
    for _ in range(LOG_INS):
        assert await passwords.verify("correct horse battery staple", encoded)
    return LOG_INS / (cpu_seconds([os.getpid()]) - before)


async def main() -> None:
    """Several rounds, of which the median counts."""
    fields = Settings.model_fields
    memory, passes = fields["argon2_memory_kib"].default, fields["argon2_time_cost"].default
    settings = Settings.model_construct(
        argon2_memory_kib=memory,
        argon2_time_cost=passes,
        password_hash_threads=1,
        password_hash_queue=LOG_INS,
    )
    hasher = PasswordHasher(time_cost=passes, memory_cost=memory, parallelism=1)
    passwords = Passwords(settings)
    rates = [
        await rate(passwords, hasher.hash("correct horse battery staple")) for _ in range(ROUNDS)
    ]
    passwords.close()
    report(
        "log_ins",
        {"log-ins per CPU-second": median(rates)},
        {"rates": rates, "memory_kib": memory, "passes": passes},
        bars=BARS,
    )


if __name__ == "__main__":
    asyncio.run(main())

"""Password hashing and the passwords that are refused."""

import asyncio
import os
import sys
import threading

import pytest
from argon2 import PasswordHasher

from identity_svc.people.errors import BusyError, WeakPasswordError
from identity_svc.people.passwords import NICENESS, Passwords, Standing
from identity_svc.people.rules import check_password, worst_passwords
from identity_svc.settings import Settings
from identity_testing import MakeSettings
from stagify.testing import next_turn


async def test_default_cost_is_argon2id_with_19_mib(
    make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    fields = Settings.model_fields
    costs = {
        name: fields[name].get_default(call_default_factory=True)
        for name in ("argon2_memory_kib", "argon2_time_cost")
    }
    passwords = Passwords(make_settings(**costs))
    encoded = await passwords.hash("correct horse")
    assert encoded.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await passwords.verify("correct horse", encoded)
    assert not await passwords.verify("correct hors", encoded)
    assert not await passwords.verify("correct horse", None)
    passwords.close()


async def test_garbage_hash_matches_nothing(settings: Settings) -> None:
    passwords = Passwords(settings)
    assert not await passwords.verify("anything", "not a hash")
    passwords.close()


async def test_hashes_give_way_to_everything_else(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def niceness() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    own, passwords = niceness(), Passwords(settings)
    monkeypatch.setattr(PasswordHasher, "hash", lambda *_: str(niceness()))
    gives_way = sys.platform == "linux"
    assert await passwords.hash("any") == str(min(own + NICENESS * gives_way, 19))
    assert niceness() == own
    passwords.close()


async def test_queue_is_bounded_and_empties(make_settings: MakeSettings) -> None:
    settings = make_settings(
        password_hash_threads=1, password_hash_queue=2, argon2_memory_kib=1024, argon2_time_cost=20
    )
    passwords = Passwords(settings)
    jobs = await asyncio.gather(
        *(passwords.hash("correct horse") for _ in range(10)), return_exceptions=True
    )
    assert [type(job) for job in jobs] == [str] * 3 + [BusyError] * 7
    assert await passwords.hash("correct horse")
    passwords.close()


async def test_caller_who_leaves_does_not_free_a_place_that_is_taken(
    make_settings: MakeSettings,
) -> None:
    settings = make_settings(
        password_hash_threads=1, password_hash_queue=0, argon2_memory_kib=4096, argon2_time_cost=50
    )
    passwords = Passwords(settings)
    job = asyncio.create_task(passwords.hash("correct horse"))
    await next_turn()
    job.cancel()
    with pytest.raises(BusyError):
        await passwords.hash("correct horse")
    passwords.close()


def a_slow_pool(make_settings: MakeSettings, queue: int) -> Passwords:
    """One thread, which one hash keeps busy for a while."""
    return Passwords(
        make_settings(
            password_hash_threads=1,
            password_hash_queue=queue,
            argon2_memory_kib=4096,
            argon2_time_cost=50,
        )
    )


async def test_known_people_come_first_then_those_who_have_asked_least(
    make_settings: MakeSettings,
) -> None:
    passwords, order = a_slow_pool(make_settings, 8), []

    async def ask(name: str, standing: Standing) -> None:
        await passwords.hash("correct horse", standing)
        order.append(name)

    async with asyncio.TaskGroup() as group:
        for name, standing in [
            ("running", Standing(is_stranger=True, attempts=9)),
            ("frequent", Standing(is_stranger=True, attempts=30)),
            ("stranger", Standing(is_stranger=True, attempts=1)),
            ("later stranger", Standing(is_stranger=True, attempts=1)),
            ("known, often", Standing(attempts=7)),
            ("known", Standing(attempts=1)),
        ]:
            group.create_task(ask(name, standing))
    passwords.close()
    assert order == [
        "running",
        "known",
        "known, often",
        "stranger",
        "later stranger",
        "frequent",
    ]


async def test_flood_takes_no_place_from_those_who_ask_seldom(make_settings: MakeSettings) -> None:
    passwords = a_slow_pool(make_settings, 4)
    flood = [
        asyncio.create_task(passwords.hash("guess", Standing(is_stranger=True, attempts=2 + n)))
        for n in range(20)
    ]
    await next_turn()
    newcomer, owner = [
        asyncio.create_task(passwords.hash("correct horse", standing))
        for standing in (Standing(is_stranger=True, attempts=1), Standing(attempts=20))
    ]
    results = await asyncio.gather(newcomer, owner, *flood, return_exceptions=True)
    passwords.close()
    # One of the flood was running, and two of the four who waited gave way.
    kinds = [type(result) for result in results]
    assert kinds[:2] == [str, str]
    assert kinds[2:] == [str] * 3 + [BusyError] * 17


async def test_caller_who_leaves_the_queue_frees_a_place(make_settings: MakeSettings) -> None:
    passwords = a_slow_pool(make_settings, 1)
    running = asyncio.create_task(passwords.hash("correct horse"))
    waiting = asyncio.create_task(passwords.hash("correct horse"))
    await next_turn()
    waiting.cancel()
    await next_turn()
    assert await passwords.hash("correct horse")
    assert await running
    passwords.close()


@pytest.mark.parametrize(
    "password",
    [
        *("password", "PassWord1", "11111111", "zzzzzzzzzzzz", "mopar440", "Trustno1"),
        *("ada@example.com", "ADA@example.com", "Stagify-2026", "StagifyAI!", "staging1"),
    ],
)
def test_first_guesses_are_refused(password: str) -> None:
    with pytest.raises(WeakPasswordError):
        check_password(password, "ada@example.com")


@pytest.mark.parametrize(
    "password", ["correct horse battery staple", "xK9#mmq2", "пароль-длинный", "staging my flat"]
)
def test_other_passwords_are_accepted(password: str) -> None:
    check_password(password, "ada@example.com")


def test_list_has_only_passwords_that_the_length_rule_allows() -> None:
    # ASVS asks for three thousand.
    assert len(worst_passwords()) > 10_000
    assert all(len(word) >= 8 and word == word.casefold() for word in worst_passwords())

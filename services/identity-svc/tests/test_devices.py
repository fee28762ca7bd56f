"""Device cookies: what they are good for, and what ends that."""

import base64
from datetime import timedelta

import pytest

from identity_svc.sessions.devices import MAX_TOKENS, DeviceOwner, Devices
from stagify.ids import new_id
from stagify.testing import Clock

OLD, NEW = "o" * 32, "n" * 32


def an_owner(password_hash: str = "$argon2id$1") -> DeviceOwner:
    return DeviceOwner(new_id(), password_hash)


@pytest.fixture
def devices() -> Devices:
    return Devices([OLD])


def test_browser_is_known_to_its_person_alone(devices: Devices) -> None:
    owner = an_owner()
    cookie = devices.renew("", owner)
    assert devices.find(cookie, owner) is not None
    assert devices.find(cookie, an_owner()) is None
    assert devices.find("", owner) is None


def test_each_browser_has_an_id_which_it_keeps(devices: Devices) -> None:
    owner = an_owner()
    first, second = devices.renew("", owner), devices.renew("", owner)
    assert devices.find(first, owner) != devices.find(second, owner)
    renewed = devices.renew(first, owner)
    assert devices.find(renewed, owner) == devices.find(first, owner)
    assert renewed.count(".") == 0


def test_people_who_share_a_browser_are_all_known(devices: Devices) -> None:
    owners = [an_owner() for _ in range(MAX_TOKENS + 1)]
    cookie = ""
    for owner in owners:
        cookie = devices.renew(cookie, owner)
    # The one who has not been there for longest is forgotten.
    assert [devices.find(cookie, owner) is not None for owner in owners] == [
        False,
        *[True] * MAX_TOKENS,
    ]


def test_new_password_ends_it(devices: Devices) -> None:
    owner = an_owner()
    cookie = devices.renew("", owner)
    assert devices.find(cookie, DeviceOwner(owner.user_id, "$argon2id$2")) is None


def test_year_ends_it(devices: Devices, clock: Clock) -> None:
    owner = an_owner()
    cookie = devices.renew("", owner)
    clock.advance(timedelta(days=364))
    assert devices.find(cookie, owner) is not None
    clock.advance(timedelta(days=2))
    assert devices.find(cookie, owner) is None


def test_secrets_can_be_rotated(devices: Devices) -> None:
    owner = an_owner()
    cookie = devices.renew("", owner)
    both = Devices([NEW, OLD])
    assert both.find(cookie, owner) == devices.find(cookie, owner)
    renewed = both.renew(cookie, owner)
    assert Devices([NEW]).find(renewed, owner) is not None
    assert Devices([NEW]).find(cookie, owner) is None


def test_changed_token_is_worth_nothing(devices: Devices) -> None:
    owner = an_owner()
    raw = bytearray(base64.urlsafe_b64decode(devices.renew("", owner)))
    for position in range(len(raw)):
        changed = bytearray(raw)
        changed[position] ^= 1
        assert devices.find(base64.urlsafe_b64encode(changed).decode(), owner) is None


@pytest.mark.parametrize("cookie", ["x", "A" * 64, "_" * 64, "." * 1_000, "ü" * 64, "A" * 5_000])
def test_anything_else_is_no_device(devices: Devices, cookie: str) -> None:
    owner = an_owner()
    assert devices.find(cookie, owner) is None
    assert devices.find(devices.renew(cookie, owner), owner) is not None


def test_tokens_beyond_the_first_few_are_not_looked_at(devices: Devices) -> None:
    owner = an_owner()
    cookie = ".".join(["A" * 64] * MAX_TOKENS + [devices.renew("", owner)])
    assert devices.find(cookie, owner) is None

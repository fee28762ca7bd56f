"""Host names: each has one spelling, and none that another parser could read differently."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.hosts.names import normalise_host

A = b"acme.stagify.test"

SAME = [
    b"acme.stagify.test",
    b"ACME.stagify.test",
    b"Acme.Stagify.Test",
    b"acme.stagify.test.",
    b"acme.stagify.test:80",
    b"acme.stagify.test:443",
    b"acme.stagify.test:8080",
    b"acme.stagify.test:65535",
    b"ACME.STAGIFY.TEST.:8080",
    b"acme.stagify.test:00080",
    b"acme.stagify.test:",
    b"acme.stagify.test.:",
]

OTHERS = {
    b"localhost": b"localhost",
    b"a": b"a",
    b"127.0.0.1": b"127.0.0.1",
    b"127.0.0.1:8080": b"127.0.0.1",
    b"[::1]": b"[::1]",
    b"[::1]:8080": b"[::1]",
    b"[0:0::0001]": b"[::1]",
    b"[2001:DB8::A]": b"[2001:db8::a]",
    b"xn--bcher-kva.test": b"xn--bcher-kva.test",
    b"XN--BCHER-KVA.test": b"xn--bcher-kva.test",
    b"a-b.test": b"a-b.test",
    b"acme.acme.stagify.test": b"acme.acme.stagify.test",
    b"0.test": b"0.test",
    b"a" * 63 + b".test": b"a" * 63 + b".test",
}

REFUSED = [
    b"",
    b".",
    b"..",
    b":",
    b":80",
    b".acme.stagify.test",
    b"acme..stagify.test",
    b"acme.stagify.test..",
    b"acme.stagify.test:0",
    b"acme.stagify.test:65536",
    b"acme.stagify.test:123456",
    b"acme.stagify.test:80:80",
    b"acme.stagify.test:8o",
    b"acme.stagify.test:+80",
    b"acme.stagify.test:-1",
    b"acme.stagify.test: 80",
    b" acme.stagify.test",
    b"acme.stagify.test ",
    b"acme stagify.test",
    b"acme.stagify.test,evil.test",
    b"acme.stagify.test, evil.test",
    b"user@acme.stagify.test",
    b"evil.test@acme.stagify.test",
    b"user:secret@acme.stagify.test",
    b"acme.stagify.test/path",
    b"acme.stagify.test?query",
    b"acme.stagify.test#part",
    b"acme.stagify.test\\evil",
    b"http://acme.stagify.test",
    b"//acme.stagify.test",
    b"acme_.stagify.test",
    b"ac_me.stagify.test",
    b"-acme.stagify.test",
    b"acme-.stagify.test",
    b"*.stagify.test",
    b"acme%2estagify.test",
    b"acme.stagify.test%00",
    b"acme\x00.stagify.test",
    b"acme\t.stagify.test",
    b"acme.stagify.test\r",
    "acmé.stagify.test".encode(),
    "\u0430cme.stagify.test".encode(),
    "acme\u3002stagify.test".encode(),
    "\uff21cme.stagify.test".encode(),
    b"acme\xad.stagify.test",
    b"[::1",
    b"::1",
    b"[::1]evil",
    b"[acme.stagify.test]",
    b"[]",
    b"[1]",
    b"[::1::1]",
    b"[::1%1]",
    b"a" * 64 + b".test",
    b".".join([b"a" * 60] * 5),
    b"a" * 300,
]


@pytest.mark.parametrize("host", SAME)
def test_spellings_of_one_host_are_one_name(host: bytes) -> None:
    assert normalise_host(host) == A


@pytest.mark.parametrize(("host", "name"), OTHERS.items())
def test_host_keeps_its_own_name(host: bytes, name: bytes) -> None:
    assert normalise_host(host) == name


@pytest.mark.parametrize("host", REFUSED)
def test_what_is_no_host_has_no_name(host: bytes) -> None:
    assert normalise_host(host) is None


@given(st.binary(max_size=300))
def test_name_is_stable_and_plain(host: bytes) -> None:
    name = normalise_host(host)
    if name is not None:
        assert normalise_host(name) == name
        assert name.isascii()
        assert name == name.lower()
        assert not set(name) & set(b" \t\r\n\0,@/?#\\_%*")

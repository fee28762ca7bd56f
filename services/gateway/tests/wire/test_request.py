"""The parser of request heads and bodies against llhttp and against every way to cut the bytes."""

from typing import Any

import httptools
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.wire.bodies import ChunkedBody, InvalidBodyError
from gateway.wire.cookies import take_session
from gateway.wire.errors import RefusedError
from gateway.wire.names import DROP, FORWARD, REQUEST_NAMES, InvalidNameError
from gateway.wire.peers import Peers
from gateway.wire.request import HeadLimits, parse_request

LIMITS = HeadLimits()

_NAMES = st.sampled_from(
    [b"Host", b"host", b"Accept", b"X-A", b"Content-Length", b"Transfer-Encoding", b"X.B", b"X_C"]
)
_VALUES = st.one_of(
    st.sampled_from([b"acme.test", b"0", b"5", b"chunked", b"a, b", b"", b"identity", b"\x00"]),
    st.binary(max_size=12),
)
_LINES = st.lists(
    st.tuples(_NAMES, st.sampled_from([b":", b": ", b" :", b":\t"]), _VALUES), max_size=6
)
_FIRST = st.sampled_from(
    [b"GET / HTTP/1.1", b"POST /x?y HTTP/1.1", b"PUT /a HTTP/1.0", b"GET  / HTTP/1.1", b"GET /\xff"]
)


class _Seen:
    """How llhttp reads a head."""

    def __init__(self) -> None:
        self.url = b""
        self.headers: list[tuple[bytes, bytes]] = []

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name, value))


@given(_FIRST, _LINES, st.sampled_from([b"\r\n", b"\r\n", b"\r\n", b"\n"]))
def test_what_we_accept_llhttp_reads_the_same_way(
    first: bytes, lines: list[tuple[bytes, bytes, bytes]], end: bytes
) -> None:
    head = end.join([first, *(b"".join(line) for line in lines)])
    try:
        request = parse_request(head, LIMITS)
    except RefusedError:
        return
    seen = _Seen()
    parser = httptools.HttpRequestParser(seen)
    parser.feed_data(head + b"\r\n\r\n")
    assert (parser.get_method(), seen.url) == (request.method, request.target)
    theirs = [value.rstrip(b" \t") for name, value in seen.headers if name.lower() == b"host"]
    assert theirs == [request.host]
    forwarded = {line.partition(b":")[0] for line in request.lines}
    assert forwarded <= {name for name, _ in seen.headers}


@given(st.data())
def test_chunks_are_read_however_they_are_cut(data: Any) -> None:
    pieces = data.draw(st.lists(st.binary(min_size=1, max_size=40), max_size=5))
    encoded = b"".join(b"%X;e=1\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    stream = encoded + b"0\r\nTrailer: x\r\n\r\nNEXT"
    cuts = sorted(data.draw(st.sets(st.integers(0, len(stream)))))
    reader = ChunkedBody()
    payload = b""
    rest: bytes | None = None
    for start, stop in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        if rest is not None:
            rest += stream[start:stop]
            continue
        got, rest = reader.feed(stream[start:stop])
        payload += got
    assert payload == b"".join(pieces)
    assert rest == b"NEXT"


@given(st.binary(max_size=60))
def test_no_bytes_break_the_chunk_reader(stream: bytes) -> None:
    try:
        _, rest = ChunkedBody().feed(stream)
    except InvalidBodyError:
        return
    assert rest is None or stream.endswith(rest)


@pytest.mark.parametrize(
    ("header", "session", "others"),
    [
        (b"a=1", None, b"a=1"),
        (b"__Host-stagify_session=x", b"x", b""),
        (b"a=1; __Host-stagify_session=x; b=2", b"x", b"a=1; b=2"),
        (b"a=1;__Host-stagify_session=x;b=2;", b"x", b"a=1; b=2"),
        (b"__Host-stagify_session = x", b"x", b""),
        (b"__Host-stagify_session", b"", b""),
        (b"__host-stagify_session=x", None, b"__host-stagify_session=x"),
        (b"__Host-stagify_session=x; a=1; __Host-stagify_session=x", b"x", b"a=1"),
        (b"__Host-stagify_session=x;__Host-stagify_session= x ", b"x", b""),
        (b"x__Host-stagify_session=x", None, b"x__Host-stagify_session=x"),
        (b"a=__Host-stagify_session=x", None, b"a=__Host-stagify_session=x"),
    ],
)
def test_session_is_taken_out_of_the_cookies(
    header: bytes, session: bytes | None, others: bytes
) -> None:
    assert take_session(header) == (session, others)


class TestNames:
    def test_kind_depends_on_the_name_in_lower_case(self) -> None:
        assert REQUEST_NAMES.learn(b"Accept-Language") == FORWARD
        assert REQUEST_NAMES.learn(b"X-Stagify-Anything") == DROP
        assert REQUEST_NAMES.learn(b"x.stagify-anything") == DROP
        assert REQUEST_NAMES.learn(b"X.Request.Id") == DROP
        assert REQUEST_NAMES.learn(b"X-Custom") == FORWARD

    @pytest.mark.parametrize(
        "name", [b"X.Custom", b"x_custom", b"x_stagify_context", b"X~Stagify-Context", b"_", b"a_b"]
    )
    def test_names_that_fold_to_another_are_dropped(self, name: bytes) -> None:
        assert REQUEST_NAMES.learn(name) == DROP

    @pytest.mark.parametrize("name", [b"", b"a b", b"a(b", b"a\xe9", b"a ", b"\ta"])
    def test_invalid_name_is_refused(self, name: bytes) -> None:
        with pytest.raises(InvalidNameError):
            REQUEST_NAMES.learn(name)

    def test_memory_for_names_is_bounded(self) -> None:
        for number in range(10_000):
            REQUEST_NAMES.learn(b"x-name-%d" % number)
        assert REQUEST_NAMES.get(b"x-name-9999") == FORWARD
        assert REQUEST_NAMES.get(b"x-name-1") is None


class TestPeers:
    @pytest.mark.parametrize(
        ("peer", "forwarded_for", "client"),
        [
            ("203.0.113.9", b"1.2.3.4", "203.0.113.9"),
            ("10.0.0.1", None, "10.0.0.1"),
            ("10.0.0.1", b"1.2.3.4", "1.2.3.4"),
            ("10.0.0.1", b"6.6.6.6, 1.2.3.4", "1.2.3.4"),
            ("10.0.0.1", b"1.2.3.4, 10.0.0.2", "1.2.3.4"),
            ("10.0.0.1", b"10.0.0.3, 10.0.0.2", "10.0.0.1"),
            ("10.0.0.1", b"1.2.3.4, nonsense", "10.0.0.1"),
            ("10.0.0.1", b"", "10.0.0.1"),
        ],
    )
    def test_only_a_trusted_proxy_may_name_the_client(
        self, peer: str, forwarded_for: bytes | None, client: str
    ) -> None:
        from ipaddress import ip_network

        peers = Peers([ip_network("10.0.0.0/8")], "https")
        lines = () if forwarded_for is None else (b"X-Forwarded-For: " + forwarded_for,)
        head = b"\r\n".join([b"GET / HTTP/1.1", b"Host: a.test", *lines])
        request = parse_request(head, LIMITS)
        found = peers.of((peer, 1234))
        assert found.client_address(request) == client
        assert b"x-forwarded-for: " + client.encode() in found.forwarded_lines(request)

"""Documents that are served from memory: compressed, and only to those who do not have them."""

import gzip
import json

import pytest

from gateway.pages.document import Document
from gateway.testing.client import HOST, request
from gateway.testing.running import Running
from gateway.wire.decisions import Answer
from gateway.wire.request import HeadLimits, parse_request

LONG = b"<p>A room.</p>" * 200
PAGES = ("/", "/docs", "/docs/start.js", "/docs/swagger-ui.css", "/openapi.json")


def ask(document: Document, *lines: bytes) -> Answer:
    """The document's answer to a request with these header lines."""
    head = b"\r\n".join([b"GET / HTTP/1.1", b"Host: a.test", *lines])
    return document.answer(parse_request(head, HeadLimits()))


@pytest.mark.parametrize(
    ("accepted", "is_compressed"),
    [
        (b"gzip", True),
        (b"br;q=1.0, gzip;q=0.8", True),
        (b"GZIP", True),
        (b"x-gzip", True),
        (b"*", True),
        (b"gzip;q=0.001", True),
        (b"gzip; q=0", False),
        (b"gzip;q=0.000", False),
        (b"*;q=0", False),
        (b"*, gzip;q=0", False),
        (b"br", False),
        (b"identity", False),
        (b"", False),
    ],
)
def test_gzip_is_sent_to_those_who_take_it(accepted: bytes, is_compressed: bool) -> None:
    answer = ask(Document("text/html", LONG), b"Accept-Encoding: " + accepted)
    assert (b"content-encoding: gzip\r\n" in answer.head) == is_compressed
    assert (gzip.decompress(answer.body) if is_compressed else answer.body) == LONG
    assert b"content-length: %d\r\n" % len(answer.body) in answer.head
    assert b"vary: accept-encoding\r\n" in answer.head


def test_short_document_is_not_compressed() -> None:
    answer = ask(Document("text/html", b"short"), b"Accept-Encoding: gzip")
    assert answer.body == b"short"
    assert b"content-encoding" not in answer.head


def test_forms_of_a_document_have_different_tags_and_documents_too() -> None:
    answers = [ask(Document("a/b", LONG), *lines) for lines in ((), (b"Accept-Encoding: gzip",))]
    answers.append(ask(Document("a/b", LONG + b"x")))
    assert len({tag_of(answer) for answer in answers}) == 3


def tag_of(answer: Answer) -> bytes:
    """Its entity tag."""
    return answer.head.partition(b"etag: ")[2].partition(b"\r\n")[0]


@pytest.mark.parametrize("accepted", [b"", b"gzip"])
@pytest.mark.parametrize("form", [b"%b", b"W/%b", b'"other", %b', b'%b,"other"', b"*"])
def test_client_that_has_the_document_gets_no_body(form: bytes, accepted: bytes) -> None:
    document = Document("text/html", LONG)
    lines = [b"Accept-Encoding: " + accepted]
    tag = tag_of(ask(document, *lines))
    answer = ask(document, b"If-None-Match: " + form.replace(b"%b", tag), *lines)
    assert (answer.status, answer.body) == (304, b"")
    assert tag_of(answer) == tag
    assert b"content-length" not in answer.head
    assert b"cache-control" in answer.head


@pytest.mark.parametrize("tag", [b'"other"', b"", b"W/", b'""'])
def test_client_that_has_another_version_gets_the_whole(tag: bytes) -> None:
    answer = ask(Document("text/html", LONG), b"If-None-Match: " + tag)
    assert (answer.status, answer.body) == (200, LONG)


@pytest.mark.parametrize("target", PAGES)
async def test_every_page_can_be_revalidated(live: Running, target: str) -> None:
    await live.run(live.gateway.openapi.refresh)
    whole = await live.get(request(target))
    assert whole.status == 200
    client = await live.connect()
    for method in ("GET", "HEAD"):
        lines = (f"If-None-Match: {whole.headers['etag']}", "Accept-Encoding: gzip")
        await client.send(request(target, *lines, method=method))
        answer = await client.answer(to_head=method == "HEAD")
        assert answer.status == 304
    # The connection goes on after an answer without a body.
    await client.send(request(target, "Accept-Encoding: gzip"))
    packed = await client.answer()
    is_packed = packed.headers.get("content-encoding") == "gzip"
    assert (gzip.decompress(packed.body) if is_packed else packed.body) == whole.body
    await client.close()


async def test_landing_page_is_that_of_the_newest_record(live: Running) -> None:
    tenant_id = await live.add_tenant("acme", name="Before")
    before = await live.get(request("/"))
    await live.add_tenant("acme", tenant_id=tenant_id, name="After")
    after = await live.get(request("/", f"If-None-Match: {before.headers['etag']}"))
    assert b"<h1>After</h1>" in after.body


async def test_openapi_is_not_served_with_the_calls_of_a_service_missing(live: Running) -> None:
    asked = request("/openapi.json", host=HOST)
    refused = await live.get(asked)
    assert (refused.status, refused.headers["retry-after"]) == (503, "1")
    assert json.loads(refused.body)["code"] == "upstream_unavailable"
    await live.run(live.gateway.openapi.refresh)
    assert json.loads((await live.get(asked)).body)["paths"] == {}

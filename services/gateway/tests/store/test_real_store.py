"""Links to the real store, used as they are meant, and in every way that they are not."""

import asyncio
import os

import httpx
import pytest

from gateway.testing.client import request
from gateway.testing.running import Running
from gateway.testing.store import HOST, RealStore
from stagify.testing import eventually

PHOTO = os.urandom(3000)
LARGE = os.urandom(3 * 1024 * 1024)


class TestAsMeant:
    async def test_upload_and_download(self, door: Running, store: RealStore) -> None:
        link = store.upload(len(LARGE))
        answer = await door.get(link.request(LARGE))
        assert answer.status == 200
        assert answer.headers["etag"]
        assert await asyncio.to_thread(store.content, link.key) == LARGE
        again = await door.get(store.download(link.key).request())
        assert (again.status, again.body) == (200, LARGE)

    async def test_what_a_download_says(self, door: Running, store: RealStore) -> None:
        key = store.put(PHOTO)
        link = store.download(
            key,
            ResponseContentType="image/jpeg",
            ResponseContentDisposition="inline; filename=\"a.jpg\"; filename*=UTF-8''a%20b.jpg",
            ResponseCacheControl="private, max-age=300",
        )
        answer = await door.get(link.request())
        assert answer.body == PHOTO
        headers = answer.headers
        assert headers.keys() <= {
            "accept-ranges",
            "cache-control",
            "content-disposition",
            "content-length",
            "content-security-policy",
            "content-type",
            "cross-origin-resource-policy",
            "etag",
            "last-modified",
            "referrer-policy",
            "vary",
            "x-content-type-options",
            "x-request-id",
        }
        assert headers["content-disposition"].startswith("inline")
        assert headers["cache-control"] == "private, max-age=300"
        assert headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in headers["content-security-policy"]
        assert headers["cross-origin-resource-policy"] == "cross-origin"

    async def test_parts_and_conditions(self, door: Running, store: RealStore) -> None:
        link = store.download(store.put(PHOTO))
        part = await door.get(link.request(more=("Range: bytes=10-19",)))
        assert (part.status, part.body) == (206, PHOTO[10:20])
        assert part.headers["content-range"] == f"bytes 10-19/{len(PHOTO)}"
        whole = await door.get(link.request())
        etag = whole.headers["etag"]
        unchanged = await door.get(link.request(more=(f"If-None-Match: {etag}",)))
        assert (unchanged.status, unchanged.body) == (304, b"")

    async def test_many_in_turn_on_one_connection(self, door: Running, store: RealStore) -> None:
        client = await door.connect()
        for _ in range(3):
            link = store.upload(len(PHOTO))
            await client.send(link.request(PHOTO))
            assert (await client.answer()).status == 200
            await client.send(store.download(link.key).request())
            assert (await client.answer()).body == PHOTO
        assert len(door.gateway.store.places) == 0  # type: ignore[union-attr]
        await client.close()

    async def test_expect_is_answered_here(self, door: Running, store: RealStore) -> None:
        link = store.upload(len(PHOTO))
        client = await door.connect()
        more = (f"Content-Length: {len(PHOTO)}", "Expect: 100-continue")
        await client.send(link.request(more=more))
        assert (await client.answer()).status == 100
        await client.send(PHOTO)
        assert (await client.answer()).status == 200
        await client.close()


class TestUnsignedHeaders:
    """What a header would do if the store saw it, one at a time; none may have any effect."""

    @pytest.mark.parametrize(
        "line",
        [
            "x-amz-copy-source: {victim}",
            "X-Amz-Copy-Source: {victim}",
            "x-amz-copy-source-range: bytes=0-9",
            "x-amz-acl: public-read",
            "x-amz-grant-read: uri=http://acs.amazonaws.com/groups/global/AllUsers",
            "x-amz-storage-class: GLACIER",
            "x-amz-tagging: a=b",
            "x-amz-meta-a: b",
            "x-amz-metadata-directive: REPLACE",
            "x-amz-server-side-encryption: AES256",
            "x-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
            "x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER",
            "x-amz-decoded-content-length: 1",
            "x-amz-date: 20200101T000000Z",
            "x-amz-security-token: x",
            "x-amz-object-lock-mode: COMPLIANCE",
            "x-amz-website-redirect-location: http://evil.test/",
            "content-encoding: aws-chunked",
            "content-encoding: gzip",
            "content-disposition: inline; filename=x.html",
            "content-language: de",
            "cache-control: public",
            "expires: Thu, 01 Jan 2032 00:00:00 GMT",
            "authorization: AWS test:nonsense",
            "date: Thu, 01 Jan 2026 00:00:00 GMT",
            "if-match: *",
            "range: bytes=0-9",
            "x-http-method-override: DELETE",
            "x-forwarded-host: elsewhere.test",
        ],
    )
    async def test_has_no_effect(self, door: Running, store: RealStore, line: str) -> None:
        victim = store.put(b"of somebody else")
        link = store.upload(len(PHOTO))
        sent = line.format(victim=f"/{store.server.bucket}/{victim}")
        assert (await door.get(link.request(PHOTO, more=(sent,)))).status == 200
        found = store.client.get_object(Bucket=store.server.bucket, Key=link.key)
        assert found["Body"].read() == PHOTO
        assert (found["ContentType"], found["Metadata"]) == ("image/jpeg", {})
        for name in ("ContentEncoding", "ContentDisposition", "ContentLanguage", "CacheControl"):
            assert found.get(name) in (None, ""), name
        assert found.get("StorageClass") in (None, "STANDARD")
        url = f"{store.server.endpoint}/{store.server.bucket}/{link.key}"
        async with httpx.AsyncClient() as anybody:
            bare = await anybody.get(url)
        assert bare.status_code == 403

    async def test_an_accepted_upload_stays(self, door: Running, store: RealStore) -> None:
        link, other = store.upload(len(PHOTO)), bytes(len(PHOTO))
        assert (await door.get(link.request(PHOTO))).status == 200
        for more, lines in (
            ((), ["Content-Type: image/jpeg"]),
            ((), ["Content-Type: image/jpeg", 'If-None-Match: "x"']),
            ((f"x-amz-copy-source: /{store.server.bucket}/{store.put(other)}",), None),
            ((), None),
        ):
            changes = {"more": more} | ({} if lines is None else {"lines": lines})
            assert (await door.get(link.request(other, **changes))).status in (403, 412)
        assert store.content(link.key) == PHOTO


class TestSizes:
    async def test_chunked(self, door: Running, store: RealStore) -> None:
        link = store.upload(64)
        more = ("Transfer-Encoding: chunked",)
        answer = await door.get(link.request(more=more) + b"5\r\nhello\r\n0\r\n\r\n")
        assert (answer.status, answer.code) == (411, "length_required")
        assert store.content(link.key) is None

    async def test_no_length(self, door: Running, store: RealStore) -> None:
        answer = await door.get(store.upload(64).request())
        assert (answer.status, answer.code) == (411, "length_required")

    @pytest.mark.parametrize("change", [-1, 1, 1024 * 1024])
    async def test_another_length_than_was_signed(
        self, door: Running, store: RealStore, change: int
    ) -> None:
        link = store.upload(len(PHOTO))
        client = await door.connect()
        await client.send(link.request(more=(f"Content-Length: {len(PHOTO) + change}",)) + PHOTO)
        assert (await client.answer()).status == 403
        await client.close()
        assert store.content(link.key) is None

    async def test_more_than_was_signed(self, door: Running, store: RealStore) -> None:
        link = store.upload(len(PHOTO))
        client = await door.connect()
        await client.send(link.request(PHOTO) + b"more")
        assert (await client.answer()).status == 200
        await client.close()
        assert store.content(link.key) == PHOTO

    async def test_less_than_was_signed(self, door: Running, store: RealStore) -> None:
        link = store.upload(len(LARGE))
        client = await door.connect()
        await client.send(link.request(LARGE)[:-1])
        await client.close()
        places = door.gateway.store.places  # type: ignore[union-attr]
        await eventually(lambda: len(places) == 0)
        assert store.content(link.key) is None
        # The ticket is still good.
        assert (await door.get(link.request(LARGE))).status == 200


class TestOtherRequests:
    @pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "POST", "DELETE", "PATCH"])
    async def test_links_are_for_one_method(
        self, door: Running, store: RealStore, method: str
    ) -> None:
        key = store.put(PHOTO)
        up, down = store.upload(len(PHOTO)), store.download(key)
        for link in (up, down):
            if link.method != method:
                body = PHOTO if method in ("PUT", "POST", "PATCH") else b""
                answer = await door.get(link.request(body, method=method))
                assert answer.status in (403, 405)
        assert store.content(key) == PHOTO
        assert store.content(up.key) is None

    async def test_a_changed_link(self, door: Running, store: RealStore) -> None:
        key, other = store.put(PHOTO), store.put(b"of somebody else")
        target = store.download(key).target
        for changed in (
            target.replace(key, other),
            target.replace(store.server.bucket, "other-bucket"),
            target.replace("X-Amz-Expires=60", "X-Amz-Expires=6000"),
            target.replace("X-Amz-Signature=", "X-Amz-Signature=0"),
            target[:-64] + "0" * 64,
            target.partition("?")[0],
            target.partition("&")[0],
            f"{target}&acl",
            f"{target}&acl=",
            f"{target}&delete",
            f"{target}&uploads",
            f"{target}&tagging",
            f"{target}&versionId=null",
            f"{target}&partNumber=1&uploadId=1",
            f"{target}&X-Amz-Expires=60",
            f"{target}&x-amz-acl=public-read",
            f"{target}&X-Amz-Copy-Source={other}",
            f"{target}&response-content-type=text/html",
            f"{target}&response-content-encoding=gzip",
            target.replace("X-Amz-Date", "x%2Damz-date"),
            target.replace("?", "?&"),
            target.replace("?", "?list-type=2&"),
            target.replace("SignedHeaders=host", "SignedHeaders=host%3Bx-amz-acl"),
            target.replace("SignedHeaders=host", "SignedHeaders="),
            target.replace(key, key.replace("/projects/", "//projects/")),
            target.replace(key, key.replace("/projects/", "/./projects/")),
            target.replace(key, key.replace("/projects/", "/x/../projects/")),
            target.replace(key, key.replace("/projects/", "/%2e%2e/projects/")),
            target.replace(key, key.replace("/projects/", "%2Fprojects/")),
            target.replace(key, key.replace("projects", "%70rojects")),
            target.replace(f"/{key}", ""),
            target.replace(f"/{store.server.bucket}/{key}", "/"),
        ):
            assert changed != target
            answer = await door.get(request(changed, host=HOST))
            assert answer.status in (400, 403), changed
            assert PHOTO not in answer.body, changed
        assert (await door.get(request(target, host=HOST))).status == 200

    async def test_an_expired_link(self, door: Running, store: RealStore) -> None:
        link = store.upload(len(PHOTO), seconds=60)
        old = link.target.replace("X-Amz-Date=202", "X-Amz-Date=201")
        assert (await door.get(link.request(PHOTO, target=old))).status == 403
        assert store.content(link.key) is None

    async def test_what_is_no_link(self, door: Running, store: RealStore) -> None:
        bucket, form = store.server.bucket, b"--x\r\n\r\n--x--\r\n"
        for sent in (
            request("/", host=HOST),
            request(f"/{bucket}", host=HOST),
            request(f"/{bucket}?list-type=2", host=HOST),
            request(f"/{bucket}?acl", host=HOST),
            request(f"/{bucket}?delete", method="POST", host=HOST, body=b"<Delete/>"),
            request(
                f"/{bucket}",
                "Content-Type: multipart/form-data; boundary=x",
                method="POST",
                host=HOST,
                body=form,
            ),
            request("/v1/projects", host=HOST),
            request("/healthz", host=HOST),
            request(f"/{bucket}/x", method="PUT", host=HOST, body=b"x"),
            request(f"/{bucket}", method="DELETE", host=HOST),
        ):
            answer = await door.get(sent)
            assert (answer.status, answer.code) == (403, "invalid_link"), sent

    async def test_signed_in_an_older_way(self, door: Running, store: RealStore) -> None:
        path = store.download(store.put(PHOTO)).target.partition("?")[0]
        old = f"{path}?AWSAccessKeyId=test&Expires=4000000000&Signature=abc%3D"
        assert (await door.get(request(old, host=HOST))).code == "invalid_link"
        lines = ("Authorization: AWS4-HMAC-SHA256 Credential=x/20260101/eu/s3/aws4_request",)
        assert (await door.get(request(path, *lines, host=HOST))).code == "invalid_link"

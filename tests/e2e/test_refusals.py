"""Every refusal has a status and a stable code, and leaves nothing half-done.

tests/fuzz tries another tenant's things, in every place of every call.
"""

import io
import secrets
import struct
import zlib

import httpx
import pytest
from PIL import Image

from proof.customers import photo, refusal
from proof.streams import AT_ONCE_SECONDS
from stagify_local.customer import Customer, client, put
from stagify_local.platform import Platform
from stagify_local.waiting import eventually


class TestHosts:
    @pytest.mark.parametrize("host", ["nobody-here", "a.b", "app.evil"])
    def test_an_unknown_host(self, platform: Platform, host: str) -> None:
        with client(platform.gateway_port, host) as http:
            assert refusal(http.get("/v1/tenant")) == (404, "unknown_host")

    def test_a_suspended_tenant(self, platform: Platform, customer: Customer) -> None:
        platform.run("tenant-svc", "suspend", customer.account.slug, "--reason", "unpaid")
        eventually(lambda: customer.http.get("/v1/tenant").status_code == 403)
        assert refusal(customer.http.get("/v1/projects")) == (403, "tenant_suspended")
        page = customer.http.get("/", headers={"Accept": "text/html"})
        assert page.headers["content-type"].startswith("text/html")
        platform.run("tenant-svc", "reactivate", customer.account.slug)
        eventually(lambda: customer.http.get("/v1/tenant").status_code == 200)


class TestCredentials:
    def test_none(self, platform: Platform, customer: Customer) -> None:
        with client(platform.gateway_port, customer.account.slug) as http:
            assert refusal(http.get("/v1/projects")) == (401, "authentication_required")

    @pytest.mark.parametrize("value", ["Bearer nonsense", "Bearer stg_live_x_y", "Basic YTpi"])
    def test_an_unknown_one(self, platform: Platform, customer: Customer, value: str) -> None:
        with client(platform.gateway_port, customer.account.slug) as http:
            answer = http.get("/v1/projects", headers={"Authorization": value})
            assert refusal(answer) == (401, "invalid_credential")

    def test_a_revoked_key_is_refused_at_once(self, customer: Customer) -> None:
        own = customer.browser.post("/v1/api-keys", json={"name": "short"}).json()
        headers = {"Authorization": f"Bearer {own['key']}"}
        assert customer.http.get("/v1/projects", headers=headers).status_code == 200
        assert customer.browser.delete(f"/v1/api-keys/{own['id']}").status_code == 204
        eventually(
            lambda: customer.http.get("/v1/projects", headers=headers).status_code == 401,
            AT_ONCE_SECONDS,
        )


class TestUploads:
    def test_never_filled(self, customer: Customer) -> None:
        answer = customer.create(customer.ticket(1000)["id"])
        assert refusal(answer) == (409, "upload_not_filled")

    def test_unknown(self, customer: Customer) -> None:
        answer = customer.create("01939c5e-7c00-7000-8000-000000000001")
        assert answer.status_code == 404

    def test_used_twice(self, customer: Customer) -> None:
        upload_id = customer.upload(photo())
        assert customer.create(upload_id).status_code == 202
        assert refusal(customer.create(upload_id)) == (409, "upload_already_used")

    @pytest.mark.parametrize(
        "change", [{"content-type": "image/png"}, {"if-none-match": "x"}], ids=str
    )
    def test_not_as_signed(self, customer: Customer, change: dict[str, str]) -> None:
        content = photo()
        ticket = customer.ticket(len(content))
        assert customer.http.send(put(ticket, content, **change)).status_code == 403

    def test_another_size(self, customer: Customer) -> None:
        content = photo()
        ticket = customer.ticket(len(content) - 1)
        longer = put(ticket, content, **{"content-length": str(len(content))})
        assert customer.http.send(longer).status_code == 403

    def test_a_second_time(self, customer: Customer) -> None:
        content = photo()
        ticket = customer.ticket(len(content))
        assert customer.http.send(put(ticket, content)).status_code == 200
        assert customer.http.send(put(ticket, content)).status_code == 412

    @pytest.mark.parametrize(
        ("change", "status"),
        [
            ({"size": 0}, 422),
            ({"size": 10**12}, 413),
            ({"content_type": "image/svg+xml"}, 422),
            ({"filename": ""}, 422),
        ],
        ids=str,
    )
    def test_what_is_not_accepted(
        self, customer: Customer, change: dict[str, object], status: int
    ) -> None:
        body = {"filename": "a.jpg", "content_type": "image/jpeg", "size": 1000, **change}
        answer = customer.http.post("/v1/uploads", json=body)
        assert refusal(answer)[0] == status


class TestStorage:
    def test_it_is_a_quota(self, customer: Customer) -> None:
        """The free plan stores one gibibyte, and the tickets alone hold it."""
        kept = customer.stage(photo())
        size, tickets = 25 * 1024 * 1024, []
        while (answer := customer.http.send(customer.account.ticket(size))).is_success:
            tickets.append(answer.json()["id"])
        assert refusal(answer) == (402, "quota_exceeded")
        problem, meter = answer.json(), customer.meter("storage_bytes")
        assert problem["meter"] == "storage_bytes"
        assert {name: problem[name] for name in ("used", "reserved", "limit")} == {
            name: meter[name] for name in ("used", "reserved", "limit")
        }
        assert meter["reserved"] == len(tickets) * size
        assert 0 < meter["used"] <= meter["remaining"] + meter["used"] < size + meter["used"]
        # Over it, reading and deleting still work, and deleting makes room.
        assert customer.http.get(kept["staged"]["url"]).status_code == 302
        assert customer.http.delete(f"/v1/uploads/{tickets[0]}").status_code == 204
        eventually(lambda: customer.http.send(customer.account.ticket(size)).is_success)
        assert refusal(customer.http.send(customer.account.ticket(size)))[0] == 402
        assert (
            customer.http.delete(f"/v1/projects/{kept['id']}?permanently=true").status_code == 204
        )
        eventually(lambda: customer.meter("storage_bytes")["used"] == 0)


def _png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size, and little else."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 1_000_000)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


def _tiny() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (20, 20)).save(file, "PNG")
    return file.getvalue()


class TestPhotos:
    """The project is accepted, fails with the reason, and its reservation is released."""

    @pytest.mark.parametrize(
        ("content", "content_type", "expected"),
        [
            (_png_header(50_000, 50_000), "image/png", "photo_too_large"),
            (photo()[:5_000], "image/jpeg", "photo_truncated"),
            (b"<html><script>alert(1)</script></html>" * 30, "image/jpeg", "photo_not_an_image"),
            (_tiny(), "image/png", "photo_too_small"),
            (photo(6_000, 520), "image/jpeg", "photo_too_narrow"),
        ],
        ids=["flood", "truncated", "html", "tiny", "narrow"],
    )
    def test_fails_with_its_code(
        self, customer: Customer, content: bytes, content_type: str, expected: str
    ) -> None:
        project = customer.stage(content, content_type=content_type)
        assert project["status"] == "failed"
        assert project["failure"]["code"] == expected
        assert project["failure"]["message"]
        customer.settled(used=0)


class TestProjects:
    @pytest.mark.parametrize(
        ("change", "expected"),
        [
            ({"style": "baroque"}, "unknown_style"),
            ({"room_type": "dungeon"}, "unknown_room_type"),
        ],
        ids=str,
    )
    def test_an_unknown_wish(
        self, customer: Customer, change: dict[str, str], expected: str
    ) -> None:
        assert refusal(customer.create(customer.upload(photo()), **change)) == (422, expected)
        assert customer.meter("staging")["reserved"] == 0

    def test_the_quota_is_used_up(self, customer: Customer) -> None:
        limit = customer.meter("staging")["limit"]
        for _ in range(limit):
            assert customer.create(customer.upload(photo(800, 600))).status_code == 202
        answer = customer.create(customer.upload(photo(800, 600)))
        assert refusal(answer) == (402, "quota_exceeded")
        body = answer.json()
        assert body["meter"] == "staging"
        assert body["used"] + body["reserved"] == body["limit"] == limit
        assert body["resets_at"]
        customer.settled(used=limit)

    def test_malformed_requests(self, customer: Customer) -> None:
        json_type = {"Content-Type": "application/json"}
        broken = customer.http.post("/v1/projects", content=b'{"upload_id": ', headers=json_type)
        assert refusal(broken) == (422, "malformed_json")
        text = customer.http.post(
            "/v1/projects", content=b"x=1", headers={"Content-Type": "text/plain"}
        )
        assert refusal(text) == (415, "unsupported_media_type")
        large = customer.http.post("/v1/projects", content=b" " * (1 << 21), headers=json_type)
        assert large.status_code == 413
        assert refusal(customer.http.get("/v1/projects?cursor=!")) == (422, "invalid_cursor")
        assert refusal(customer.http.get("/v1/nowhere")) == (404, "not_found")
        assert refusal(customer.http.put("/v1/projects"))[0] == 405


class TestSignUp:
    def body(self, slug: str) -> dict[str, object]:
        tenant = {"type": "individual", "name": "X", "slug": slug}
        return {"email": f"{slug}@example.com", "name": "X", "tenant": tenant}

    def test_a_taken_name(self, anonymous: httpx.Client, customer: Customer) -> None:
        answer = anonymous.post("/v1/signup", json=self.body(customer.account.slug))
        assert refusal(answer) == (409, "slug_taken")
        looked_up = anonymous.get(f"/v1/slugs/{customer.account.slug}").json()
        assert (looked_up["available"], looked_up["reason"]) == (False, "slug_taken")

    def test_a_reserved_name(self, anonymous: httpx.Client) -> None:
        assert refusal(anonymous.post("/v1/signup", json=self.body("admin"))) == (
            422,
            "slug_reserved",
        )

    def test_a_wrong_code(self, anonymous: httpx.Client) -> None:
        body = self.body(f"w-{secrets.token_hex(5)}")
        signup = anonymous.post("/v1/signup", json=body).json()
        confirmation = {"code": "000000", "password": "long enough to pass"}
        answer = anonymous.post(f"/v1/signup/{signup['id']}/confirm", json=confirmation)
        assert refusal(answer) == (401, "invalid_code")

    def test_only_on_the_platform_host(self, customer: Customer) -> None:
        assert customer.http.post("/v1/signup", json=self.body("abc-def")).status_code in (403, 404)


class TestHttp:
    """What clients send that a server may ignore, or answers as RFC 9110 says."""

    def test_head_is_get_without_the_body(self, customer: Customer) -> None:
        for path in ("/v1/projects", "/v1/tenant", "/v1/catalog"):
            got, head = customer.http.get(path), customer.http.head(path)
            assert (head.status_code, head.content) == (200, b"")
            assert head.headers["content-length"] == got.headers["content-length"]
            assert head.headers["content-type"] == got.headers["content-type"]
        assert customer.http.head("/v1/nothing").status_code == 404

    def test_options_says_what_a_path_supports(self, customer: Customer) -> None:
        answer = customer.http.options("/v1/projects")
        assert (answer.status_code, answer.content) == (204, b"")
        assert answer.headers["allow"] == "GET, HEAD, OPTIONS, POST"
        refused = customer.http.put("/v1/projects")
        assert refusal(refused) == (405, "method_not_allowed")
        assert refused.headers["allow"] == "GET, HEAD, OPTIONS, POST"

    def test_an_encoded_body_is_refused_with_what_would_be_taken(self, customer: Customer) -> None:
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        answer = customer.http.post("/v1/projects", content=b"\x1f\x8b", headers=headers)
        assert refusal(answer) == (415, "unsupported_content_coding")
        assert answer.headers["accept-encoding"] == "identity"

    def test_an_invitation_to_http_2_is_ignored(self, customer: Customer) -> None:
        headers = {
            "Connection": "Upgrade, HTTP2-Settings",
            "Upgrade": "h2c",
            "HTTP2-Settings": "AAMAAABkAARAAAAAAAIAAAAA",
        }
        assert customer.http.get("/v1/tenant", headers=headers).status_code == 200

    def test_a_session_works_beside_a_header_of_a_proxy(self, customer: Customer) -> None:
        headers = {"Authorization": "Basic YTpi"}
        assert customer.browser.get("/v1/tenant", headers=headers).status_code == 200

    def test_answers_say_what_browsers_may_do(self, customer: Customer) -> None:
        answer = customer.http.get("/v1/tenant")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert "server" not in answer.headers
        # Under `make up` there is no https to insist on.
        assert "strict-transport-security" not in answer.headers

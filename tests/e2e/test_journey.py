"""A customer's way from sign-up to a furnished room, and the usage afterwards."""

import io
import json
from collections.abc import Callable
from typing import Any

import httpx
from PIL import Image

from proof.customers import PASSWORD, photo
from proof.streams import AT_ONCE_SECONDS
from stagify_local.customer import Customer, at_link, client, good, openapi_of
from stagify_local.platform import Platform
from stagify_local.waiting import eventually


def test_a_photo_goes_through_the_platform(customer: Customer) -> None:
    before = customer.meter("staging")
    assert (before["used"], before["reserved"], before["limit"]) == (0, 0, before["remaining"])

    catalog = customer.http.get("/v1/catalog").json()
    assert "living_room" in json.dumps(catalog)

    upload_id = customer.upload(photo(exif=_gps()))
    created = customer.create(upload_id, name="Lake Street 4")
    assert created.status_code == 202
    project = customer.finished(created.json()["id"])
    assert project["status"] == "staged"
    assert project["failure"] is None

    staged = _follow(customer, project["staged"]["url"])
    shown = _follow(customer, project["original"]["url"])
    assert staged.headers["content-type"] == "image/jpeg"
    assert Image.open(io.BytesIO(staged.content)).size == (1200, 800)
    assert staged.content != shown.content
    _check_forms(customer, project)
    # Images that are shown never contain the place where the photo was taken.
    assert not Image.open(io.BytesIO(shown.content)).getexif()

    meter = customer.settled(used=1)
    assert meter["remaining"] == meter["limit"] - 1
    stored = customer.meter("storage_bytes")["used"]
    assert stored >= len(staged.content) + len(shown.content)

    listed = customer.http.get("/v1/projects").json()
    assert [item["id"] for item in listed["items"]] == [project["id"]]

    assert customer.http.delete(f"/v1/projects/{project['id']}?permanently=true").status_code == 204
    assert customer.http.get(f"/v1/projects/{project['id']}").status_code == 404
    eventually(lambda: customer.meter("storage_bytes")["used"] == 0)
    # A staged photo stays used when its project is deleted.
    assert customer.meter("staging")["used"] == 1


def _check_forms(customer: Customer, project: dict[str, Any]) -> None:
    """Smaller forms and both choices of label, through the gateway."""
    path = project["staged"]["url"]
    for kind in ("original", "staged"):
        small = _follow(customer, f"{project[kind]['url']}?w=640")
        assert small.headers["content-type"] == "image/webp"
        assert Image.open(io.BytesIO(small.content)).size == (640, 427)
    plain = _follow(customer, f"{path}?label=0&download=1")
    assert "Lake-Street-4-modern-staged_without_label.jpg" in plain.headers["content-disposition"]
    assert plain.content != _follow(customer, f"{path}?label=1").content


def test_the_catalog_has_pictures_that_anyone_may_keep(
    customer: Customer, platform: Platform
) -> None:
    with client(platform.gateway_port, customer.account.slug) as anonymous:
        catalog = anonymous.get("/v1/catalog").json()
        for entry in catalog["room_types"] + catalog["styles"]:
            picture = anonymous.get(entry["preview_url"])
            assert picture.headers["content-type"] == "image/webp"
            assert picture.headers["cache-control"] == "public, max-age=31536000, immutable"


def test_progress_is_live_and_resumes(customer: Customer) -> None:
    project_id = customer.create(customer.upload(photo())).json()["id"]
    path = f"/v1/projects/{project_id}/events"
    seen: list[tuple[str, str]] = []
    with customer.http.stream("GET", path) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        event_id = ""
        for line in stream.iter_lines():
            if line.startswith("id:"):
                event_id = line.removeprefix("id:").strip()
            if line.startswith("data:"):
                seen.append((event_id, json.loads(line.removeprefix("data:"))["status"]))
    assert seen[-1][1] == "staged"
    # A client that lost the last message connects again and gets the final state.
    with customer.http.stream("GET", path, headers={"Last-Event-ID": seen[0][0]}) as stream:
        again = [line for line in stream.iter_lines() if line.startswith("data:")]
    assert json.loads(again[-1].removeprefix("data:"))["status"] == "staged"


def test_the_same_request_twice_is_one_project(customer: Customer) -> None:
    body = {"upload_id": customer.upload(photo()), "room_type": "bedroom", "style": "modern"}
    headers = {"Idempotency-Key": "listing-42"}
    first = customer.http.post("/v1/projects", json=body, headers=headers)
    again = customer.http.post("/v1/projects", json=body, headers=headers)
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json()["id"] == again.json()["id"]
    customer.finished(first.json()["id"])
    customer.settled(used=1)
    changed = customer.http.post(
        "/v1/projects", json={**body, "style": "industrial"}, headers=headers
    )
    assert (changed.status_code, changed.json()["code"]) == (422, "idempotency_key_reused")


def test_a_session_in_a_browser(platform: Platform, new_customer: Callable[[], Customer]) -> None:
    customer = new_customer()
    with client(platform.gateway_port, customer.account.slug) as http:
        wrong = http.post(
            "/v1/session", json={"email": customer.account.email, "password": "wrong-wrong"}
        )
        assert (wrong.status_code, wrong.json()["code"]) == (401, "invalid_credentials")
        body = {"email": customer.account.email, "password": PASSWORD}
        answer = http.post("/v1/session", json=body)
        assert answer.status_code == 201
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-stagify_session=")
        for attribute in ("Secure", "HttpOnly", "Path=/"):
            assert attribute.lower() in cookie.lower()
        assert "domain" not in cookie.lower()
        http.headers["Cookie"] = cookie.partition(";")[0]
        who = http.get("/v1/session").json()
        assert (who["role"], who["tenant"]["slug"]) == ("owner", customer.account.slug)
        cross = http.post(
            "/v1/api-keys", json={"name": "x"}, headers={"Origin": "http://evil.test"}
        )
        assert (cross.status_code, cross.json()["code"]) == (403, "origin_mismatch")
        assert http.delete("/v1/session").status_code == 204
        # The gateway learns of it by an event.
        eventually(lambda: http.get("/v1/usage").status_code == 401, AT_ONCE_SECONDS)
        assert http.get("/v1/usage").json()["code"] == "invalid_credential"


def test_a_known_browser_is_spared_what_strangers_do(
    platform: Platform, new_customer: Callable[[], Customer]
) -> None:
    account = new_customer().account
    body = {"email": account.email, "password": PASSWORD}
    with client(platform.gateway_port, account.slug) as http:
        first = http.post("/v1/session", json=body)
        device = first.headers.get_list("set-cookie")[1].partition(";")[0]
        assert device.startswith("__Host-stagify_device=")
        wrong = [
            http.post("/v1/session", json={**body, "password": "wrong-wrong"}) for _ in range(6)
        ]
        assert [answer.status_code for answer in wrong] == [401] * 5 + [429]
        stranger = http.post("/v1/session", json=body)
        assert (stranger.status_code, stranger.json()["code"]) == (429, "too_many_attempts")
        assert 0 < int(stranger.headers["retry-after"]) <= 30
        known = http.post("/v1/session", json=body, headers={"Cookie": device})
        assert known.status_code == 201


def test_one_document_describes_every_service(anonymous: httpx.Client) -> None:
    document = openapi_of(anonymous)
    paths = set(document["paths"])
    assert {"/v1/signup", "/v1/tenant", "/v1/projects", "/v1/usage"} <= paths
    assert not [path for path in paths if path.startswith("/internal")]
    page = anonymous.get("/docs")
    assert page.status_code == 200
    assert "text/html" in page.headers["content-type"]


def test_every_process_reports_ready_and_metrics(platform: Platform) -> None:
    for name, port in platform.ports().items():
        base = f"http://127.0.0.1:{port}"
        assert httpx.get(f"{base}/readyz").json()["failing"] == [], name
        assert "stagify_" in httpx.get(f"{base}/metrics").text, name


def _follow(customer: Customer, path: str) -> httpx.Response:
    answer = customer.http.get(path)
    assert answer.status_code == 302, answer.text
    assert "private" in answer.headers["cache-control"]
    return good(customer.http.send(at_link(answer.headers["location"])))


def _gps() -> Image.Exif:
    exif = Image.Exif()
    exif[0x010E] = "kitchen of a private home"
    exif.get_ifd(0x8825)[1] = "N"
    return exif

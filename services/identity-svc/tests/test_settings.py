"""Settings refuse to start with what would be unsafe; the API document says what it can answer."""

from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from identity_testing import MakeSettings


@pytest.mark.parametrize(
    "change",
    [
        {"identity_hash_secret": "short"},
        {"api_key_secrets": "short"},
        {"api_key_secrets": f"{'k' * 32},short"},
        {"api_key_secrets": ""},
        {"device_cookie_secrets": f"{'d' * 32},short"},
        {"device_cookie_secrets": ""},
        {"tenant_svc_url": "not a url"},
        {"password_hash_threads": 0},
    ],
)
def test_bad_settings_stop_the_start(make_settings: MakeSettings, change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refusal:
        make_settings(**change)
    assert "short" not in str(refusal.value).replace("too_short", "")


def test_secrets_are_not_printed(make_settings: MakeSettings) -> None:
    shown = repr(make_settings(smtp_password="hunter22hunter22"))
    assert "k" * 32 not in shown
    assert "h" * 32 not in shown
    assert "hunter22" not in shown


async def test_api_document_declares_every_call_and_its_refusals(client: httpx.AsyncClient) -> None:
    paths = (await client.get("/openapi.json")).json()["paths"]
    calls = {(path, method): call for path in paths for method, call in paths[path].items()}
    for call in calls.values():
        assert call["tags"]
        assert call["description"]
        assert {"401", "403", "422", "503"} <= set(call["responses"])
    confirm = calls["/v1/signup/{signup_id}/confirm", "post"]["responses"]
    assert {"201", "404", "409", "410"} <= set(confirm)

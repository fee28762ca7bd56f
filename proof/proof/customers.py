"""New customers of a running platform, as the tests and the load have them."""

import io
import secrets
from typing import Any

import httpx
from PIL import Image

from stagify_local.customer import Account, Customer
from stagify_local.platform import Platform

PASSWORD = "correct horse battery staple"


def new_account(port: int, slug: str) -> Account:
    """The account of a customer whose tenant will have that name."""
    return Account(port, slug, f"owner@{slug}.example.com", PASSWORD)


def sign_up(platform: Platform) -> Customer:
    """A new active customer, who signs up as real ones do: mail, code, log-in, API key."""
    customer = Customer(new_account(platform.gateway_port, f"t-{secrets.token_hex(6)}"))
    customer.sign_up("Test Estates", platform.mail_dir)
    customer.log_in()
    customer.use_new_key("tests")
    customer.await_active()
    return customer


def photo(width: int = 1200, height: int = 800, **save: Any) -> bytes:
    """A small JPEG that decodes."""
    image = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    file = io.BytesIO()
    image.save(file, "JPEG", **save)
    return file.getvalue()


def faint_photo(contrast: int) -> bytes:
    """A room in which floor and wall differ by so many of 255 steps: the fast engine sees nothing if
    they do not, and is not sure if it is little."""
    image = Image.new("L", (1200, 800), 190)
    image.paste(190 - contrast, (0, 500, 1200, 800))
    file = io.BytesIO()
    image.convert("RGB").save(file, "JPEG")
    return file.getvalue()


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """Status and stable code of a refusal, which must be a problem document."""
    assert answer.headers["content-type"].startswith("application/problem+json"), answer.text
    body = answer.json()
    assert body["status"] == answer.status_code
    assert body["request_id"]
    return answer.status_code, str(body["code"])

"""Signed links: their signatures are those of botocore, and the store keeps to their times."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, quote, urlsplit

import httpx
import pytest
from botocore import auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from stagify.ids import new_id
from stagify.testing import ObjectStoreServer
from staging_svc.objects.signing import LinkSigner, SigningKey
from staging_svc.objects.store import Storage

HOST = "objects.example:8080"
SIGNED_AT = datetime(2026, 11, 27, 23, 55, tzinfo=UTC)


def made_by_botocore(path: str, overrides: dict[str, str], secret: str) -> dict[str, str]:
    url = f"http://{HOST}{path}"
    request = AWSRequest("GET", url, params=overrides)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(auth, "get_current_datetime", lambda: SIGNED_AT.replace(tzinfo=None))
        auth.S3SigV4QueryAuth(Credentials("an id", secret), "s3", "auto", 600).add_auth(request)
    return dict(parse_qsl(urlsplit(str(request.url)).query))


@given(
    key=st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1),
    filename=st.text(st.characters(codec="utf-8")),
    secret=st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1),
)
def test_a_signature_is_the_one_that_botocore_makes(key: str, filename: str, secret: str) -> None:
    path = f"/bucket/tenants/{quote(key)}"
    overrides = {
        "response-cache-control": "private, max-age=300",
        "response-content-disposition": f"inline; filename*=UTF-8''{quote(filename, safe='')}",
        "response-content-type": "image/webp",
    }
    signer = LinkSigner(HOST, SigningKey("auto", "an id", secret))
    query = signer.query(path, overrides, signed_at=SIGNED_AT, valid_seconds=600)
    ours = dict(parse_qsl(query))
    assert ours == made_by_botocore(path, overrides, secret)
    assert {name: ours[name] for name in overrides} == overrides


@pytest.mark.parametrize(("age", "status"), [(0, 200), (299, 200), (590, 200), (601, 403)])
async def test_the_store_lets_a_link_work_for_its_time(
    storage: Storage, object_store: ObjectStoreServer, age: int, status: int
) -> None:
    key = f"tenants/{new_id()}/projects/{new_id()}/{new_id()}.webp"
    object_store.client().put_object(Bucket=object_store.bucket, Key=key, Body=b"a photo")
    link = storage.sign_download(
        object_store.bucket,
        key,
        content_type="image/webp",
        filename="Küche <1>.webp",
        ascii_filename="Kuche-1.webp",
        as_attachment=True,
        signed_at=datetime.now(UTC) - timedelta(seconds=age),
        valid_seconds=600,
        cached_seconds=300,
    )
    async with httpx.AsyncClient() as store:
        answer = await store.get(link)
        longer = await store.get(link.replace("X-Amz-Expires=600", "X-Amz-Expires=6000"))
    assert answer.status_code == status
    assert longer.status_code == 403
    if status == 200:
        assert answer.content == b"a photo"
        assert answer.headers["content-type"] == "image/webp"
        assert answer.headers["cache-control"] == "private, max-age=300"
        assert answer.headers["content-disposition"] == (
            "attachment; filename=\"Kuche-1.webp\"; filename*=UTF-8''K%C3%BCche%20%3C1%3E.webp"
        )

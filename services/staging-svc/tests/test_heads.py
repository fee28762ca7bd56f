"""HEAD requests to a real store, and their signatures, which must be those of botocore."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from stagify.ids import new_id
from stagify.testing import ObjectStoreServer
from staging_svc.objects.heads import HeadRefusedError, Heads, ObjectHead
from staging_svc.objects.signing import HeadSigner, SigningKey


def make_heads(store: ObjectStoreServer, secret: str | None = None) -> Heads:
    key = SigningKey(store.region, store.access_key_id, secret or store.secret_access_key)
    return Heads(store.endpoint, key)


@pytest.fixture
def heads(object_store: ObjectStoreServer) -> Iterator[Heads]:
    heads = make_heads(object_store)
    yield heads
    heads.close()


async def test_size_and_type_again_and_again(heads: Heads, object_store: ObjectStoreServer) -> None:
    key = f"tenants/{new_id()}/a room (1).jpg"
    object_store.client().put_object(
        Bucket=object_store.bucket, Key=key, Body=b"x" * 1234, ContentType="image/png"
    )
    for _ in range(3):
        assert await heads.head(object_store.bucket, key) == ObjectHead(1234, "image/png")


async def test_none_where_there_is_no_object(heads: Heads, object_store: ObjectStoreServer) -> None:
    assert await heads.head(object_store.bucket, f"tenants/{new_id()}") is None


async def test_a_wrong_signature_is_refused(object_store: ObjectStoreServer) -> None:
    heads = make_heads(object_store, secret="another")
    with pytest.raises(HeadRefusedError):
        await heads.head(object_store.bucket, "tenants")
    heads.close()


async def test_a_store_that_is_not_there() -> None:
    heads = Heads("http://127.0.0.1:9", SigningKey("eu", "nobody", "nothing"))
    with pytest.raises(OSError):  # noqa: PT011 - whatever the system says of it
        await heads.head("bucket", "key")


def made_by_botocore(path: str, region: str, secret: str) -> dict[str, str]:
    request = AWSRequest("HEAD", f"http://store.example:9000{path}")
    S3SigV4Auth(Credentials("an id", secret), "s3", region).add_auth(request)
    return {name.lower(): value for name, value in request.headers.items()}


@given(
    key=st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1),
    region=st.sampled_from(["auto", "eu-central-1"]),
    secret=st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1),
)
def test_a_signature_is_the_one_that_botocore_makes(key: str, region: str, secret: str) -> None:
    path = f"/bucket/tenants/{quote(key)}"
    theirs = made_by_botocore(path, region, secret)
    now = datetime.strptime(theirs["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    signer = HeadSigner("store.example:9000", SigningKey(region, "an id", secret))
    # The key of another day is not used for this one.
    signer.headers(path, now - timedelta(days=1))
    ours = signer.headers(path, now)
    assert ours.pop("host") == "store.example:9000"
    assert ours == theirs

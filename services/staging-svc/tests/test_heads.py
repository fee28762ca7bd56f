"""Heads of stored objects, from a real store."""

from collections.abc import Iterator

import pytest

from stagify.ids import new_id
from stagify.testing import ObjectStoreServer
from staging_svc.objects.heads import HeadRefusedError, Heads, ObjectHead


def make_heads(store: ObjectStoreServer, secret: str | None = None) -> Heads:
    return Heads(
        store.endpoint,
        region=store.region,
        access_key_id=store.access_key_id,
        secret_access_key=secret or store.secret_access_key,
    )


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
    heads = Heads(
        "http://127.0.0.1:9", region="eu", access_key_id="nobody", secret_access_key="nothing"
    )
    with pytest.raises(OSError):  # noqa: PT011 - whatever the system says of it
        await heads.head("bucket", "key")

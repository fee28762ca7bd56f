"""One page of a bucket is compared with the rows at a time.

An object that no row owns and no intent names is deleted. There should be none; but a client can
end a PUT after the last intent for its object was carried out, if the store allows it that much time.
A row whose object is missing is only reported, because nothing can be done about it here.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING
from uuid import UUID

from prometheus_client import Counter

from stagify.clock import utc_now
from stagify.database import Database, Session
from staging_svc.images import service as images
from staging_svc.objects import service as objects
from staging_svc.objects.service import StoredObject
from staging_svc.uploads import service as uploads

if TYPE_CHECKING:
    from staging_svc.objects.store import Listed, Storage

logger = logging.getLogger(__name__)

ORPHANS = Counter("stagify_staging_orphans", "Objects without an owner that are to be deleted.")
MISSING = Counter(
    "stagify_staging_objects_missing", "Rows whose object was not in the store (alert above 0)."
)

PREFIX = "tenants/"
PAGE_SIZE = 1000
# Younger objects and rows are left alone, though the intents would protect them too.
SETTLED = timedelta(hours=1)
# Comes after every key of a tenant: the first character after "/".
_AFTER_SLASH = "0"


@dataclass(frozen=True, slots=True)
class Stretch:
    """The objects of one tenant on a page: all that it has after the key `after` and up to `to`."""

    tenant_id: UUID
    after: str
    to: str
    objects: Sequence[Listed]


async def reconcile_page(
    database: Database, storage: Storage, bucket: str, after: str, *, size: int = PAGE_SIZE
) -> str | None:
    """Compare the `size` objects whose keys come after `after`. Returns the last of their keys, or
    None if these were the last of the bucket.

    A tenant without any object in the bucket is not looked at.
    """
    listed = await storage.list_page(bucket, PREFIX, after=after, size=size)
    is_last = len(listed) < size
    for stretch in stretches(listed, after, is_last=is_last):
        async with database.tenant(stretch.tenant_id) as session:
            await _compare(session, bucket, stretch)
    return None if is_last else listed[-1].key


async def _compare(session: Session, bucket: str, stretch: Stretch) -> None:
    now = utc_now()
    before = now - SETTLED
    settled = {each.key for each in stretch.objects if each.modified_at < before}
    # Intents first: what has lost its intent since then has its row by now.
    unknown = settled - await objects.intended(session, settled)
    unknown -= await uploads.owned_keys(session, unknown)
    unknown -= await images.owned_keys(session, unknown)
    for key in sorted(unknown):
        await objects.intend(session, StoredObject(bucket, key), due_at=now)
        logger.warning("storage.orphan", extra={"object_key": key})
    ORPHANS.inc(len(unknown))
    expected = {
        key
        for owner in (uploads, images)
        for key in await owner.expected_keys(
            session, bucket, after=stretch.after, to=stretch.to, before=before
        )
    }
    missing = expected - {each.key for each in stretch.objects}
    for key in sorted(missing):
        logger.error("storage.object_missing", extra={"object_key": key})
    MISSING.inc(len(missing))


def stretches(listed: Sequence[Listed], after: str, *, is_last: bool) -> Iterator[Stretch]:
    """The page by tenants, in the order of the keys. `is_last`: nothing comes after it."""
    parts = [(folder, list(found)) for folder, found in groupby(listed, key=_folder)]
    for number, (folder, found) in enumerate(parts):
        try:
            tenant_id = UUID(folder)
        except ValueError:
            logger.error("storage.key_not_understood", extra={"object_key": found[0].key})
            continue
        begin = f"{PREFIX}{folder}/"
        is_whole = number < len(parts) - 1 or is_last
        yield Stretch(
            tenant_id,
            max(after, begin),
            f"{PREFIX}{folder}{_AFTER_SLASH}" if is_whole else found[-1].key,
            found,
        )


def _folder(listed: Listed) -> str:
    return listed.key.removeprefix(PREFIX).partition("/")[0]

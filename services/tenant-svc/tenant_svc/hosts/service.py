"""Looking up names, giving them to tenants, and freeing them.

A sign-up that waits for its code keeps a name from nobody: it goes to whoever confirms first. So names
cannot be blocked by people who never prove an address, nor by a mistyped one.
"""

from datetime import timedelta
from uuid import UUID

from stagify.calls.tenant import SlugInvalidError, SlugReservedError, SlugTakenError
from stagify.clock import utc_now
from stagify.database import Session
from tenant_svc.hosts import queries, rules
from tenant_svc.hosts.models import Slug
from tenant_svc.hosts.schemas import SlugRead


async def look_up_slug(session: Session, slug: str) -> SlugRead:
    """Whether `slug` is available now; if not, why, and the nearest one that is."""
    try:
        rules.check_slug(slug)
    except (SlugInvalidError, SlugReservedError) as error:
        reason = error.code
    else:
        if not await queries.find_taken(session, [slug]):
            return SlugRead(available=True)
        reason = SlugTakenError.code
    return SlugRead.model_validate(
        {"available": False, "reason": reason, "suggestion": await _suggestion(session, slug)}
    )


async def _suggestion(session: Session, slug: str) -> str | None:
    near = list(rules.candidates(slug))
    taken = await queries.find_taken(session, near)
    return next((name for name in near if name not in taken), None)


async def require_free_slug(session: Session, slug: str) -> None:
    """Return if a tenant could be called `slug` now; else raise one of the slug errors, with the nearest
    name that is available."""
    try:
        rules.check_slug(slug)
    except (SlugInvalidError, SlugReservedError) as error:
        raise type(error)(suggestion=await _suggestion(session, slug)) from error
    if await queries.find_taken(session, [slug]):
        raise SlugTakenError(suggestion=await _suggestion(session, slug))


async def lock_slug(session: Session, *, slug: str, signup_id: UUID) -> Slug:
    """The locked row of `slug`, which is made if there is none."""
    rules.check_slug(slug)
    return await queries.lock_or_make(session, slug=slug, signup_id=signup_id, expires_at=utc_now())


def give_slug(slug: Slug, *, tenant_id: UUID, signup_id: UUID) -> None:
    """Make the locked `slug` the tenant's own; SlugTakenError if another tenant has it."""
    if slug.tenant_id is not None:
        raise SlugTakenError
    slug.tenant_id = tenant_id
    slug.signup_id = signup_id
    slug.expires_at = None


async def free_slug_later(session: Session, slug: str, *, grace: timedelta) -> None:
    """Let a tenant keep its slug for `grace` only."""
    found = await session.get_one(Slug, slug)
    found.expires_at = utc_now() + grace


async def keep_slug(session: Session, slug: str, *, tenant_id: UUID) -> bool:
    """Let the tenant keep its slug after all; False if it has lost it already."""
    found = await session.get(Slug, slug, with_for_update=True)
    if found is None or found.tenant_id != tenant_id:
        return False
    found.expires_at = None
    return True


async def free_slug(session: Session, slug: str, *, tenant_id: UUID) -> bool:
    """Free the tenant's slug if its grace is over; False if it is not, or it was free before."""
    found = await session.get(Slug, slug, with_for_update=True)
    if found is None or found.tenant_id != tenant_id or not _is_due(found):
        return False
    await session.delete(found)
    return True


def _is_due(slug: Slug) -> bool:
    return slug.expires_at is not None and slug.expires_at <= utc_now()


async def find_tenant_id(session: Session, slug: str) -> UUID | None:
    """The id of the tenant called `slug`."""
    found = await session.get(Slug, slug)
    return None if found is None else found.tenant_id


async def named_tenants(session: Session) -> list[UUID]:
    """Every tenant that has a name, and so a host."""
    return await queries.find_tenants_with_slug(session)


async def lapsed_tenants(session: Session, limit: int = 100) -> list[UUID]:
    """Expired tenants whose slug is due to be freed."""
    return await queries.find_tenants_with_lapsed_slug(session, utc_now(), limit)


async def drop_lapsed_holds(session: Session) -> None:
    """Delete names that sign-ups held, in the last release, and never used."""
    await queries.drop_lapsed_holds(session, utc_now())


def host_of(session: Session, slug: str) -> str:
    """The host name of a slug, under the domain of this installation."""
    base_host = session.info["base_host"]
    assert base_host is not None, "this database was not told the domain of the installation"
    return f"{slug}.{base_host}"

"""Looking up names, holding them for sign-ups, giving them to tenants, and freeing them."""

from datetime import datetime, timedelta
from uuid import UUID

from stagify.calls.tenant import SlugInvalidError, SlugReservedError, SlugTakenError
from stagify.clock import utc_now
from stagify.database import Session
from tenant_svc.hosts import queries, rules
from tenant_svc.hosts.models import Slug
from tenant_svc.hosts.schemas import SlugRead

# No hold lasts longer than a sign-up code, whatever the caller asks for.
MAX_HOLD = timedelta(hours=24)


async def look_up_slug(session: Session, slug: str) -> SlugRead:
    """Whether `slug` is available now; if not, why, and the nearest one that is."""
    try:
        rules.check_slug(slug)
    except (SlugInvalidError, SlugReservedError) as error:
        reason = error.code
    else:
        if not await queries.find_taken(session, [slug], utc_now()):
            return SlugRead(available=True)
        reason = SlugTakenError.code
    return SlugRead.model_validate(
        {"available": False, "reason": reason, "suggestion": await _suggestion(session, slug)}
    )


async def _suggestion(session: Session, slug: str) -> str | None:
    near = list(rules.candidates(slug))
    taken = await queries.find_taken(session, near, utc_now())
    return next((name for name in near if name not in taken), None)


async def hold_slug(session: Session, *, slug: str, signup_id: UUID, expires_at: datetime) -> Slug:
    """Hold `slug` for a sign-up until `expires_at`; a second call of that sign-up moves the time.

    A sign-up holds one name: another one it held before is free again. Refusals come with the nearest
    name that is available.
    """
    try:
        rules.check_slug(slug)
    except (SlugInvalidError, SlugReservedError) as error:
        raise type(error)(suggestion=await _suggestion(session, slug)) from error
    now = utc_now()
    until = min(expires_at, now + MAX_HOLD)
    held = await queries.hold(session, slug=slug, signup_id=signup_id, expires_at=until, now=now)
    if held is None:
        raise SlugTakenError(suggestion=await _suggestion(session, slug))
    await queries.drop_other_holds(session, signup_id=signup_id, kept=slug)
    return held


async def lock_slug(session: Session, *, slug: str, signup_id: UUID) -> Slug:
    """The locked row of `slug`, which is the sign-up's if nobody else holds it any more.

    The row is made if the hold has been cleared away in the meantime.
    """
    rules.check_slug(slug)
    now = utc_now()
    found = await queries.lock_or_make(session, slug=slug, signup_id=signup_id, expires_at=now)
    if found.tenant_id is None and _is_due(found):
        found.signup_id = signup_id
    return found


def give_slug(slug: Slug, *, tenant_id: UUID, signup_id: UUID) -> None:
    """Make the locked `slug` the tenant's own; SlugTakenError if it is not the sign-up's."""
    if slug.tenant_id is not None or slug.signup_id != signup_id:
        raise SlugTakenError
    slug.tenant_id = tenant_id
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
    """Delete names that sign-ups held and never used."""
    await queries.drop_lapsed_holds(session, utc_now())


def host_of(session: Session, slug: str) -> str:
    """The host name of a slug, under the domain of this installation."""
    base_host = session.info["base_host"]
    assert base_host is not None, "this database was not told the domain of the installation"
    return f"{slug}.{base_host}"

"""Cancelling a project, trying it again, and having the same photo staged otherwise.

What is tried again and each variation reserve a photo of the quota, as a new project does. The ids of
their reservations follow from what they change: the reservation of a second try from that of the
first, that of a variation from the number of variations before it. The transaction that accepts one
checks that nothing has changed since. So of requests that are repeated, or that meet, one uses the
reservation, and none leaves one behind.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

import orjson

from stagify.clock import utc_now
from stagify.database import Connection, Session, driver_connection
from stagify.events.staging import ProjectCancelled, ProjectRetried
from stagify.idempotency import Once
from stagify.ids import new_id
from stagify.outbox import publish, publish_on
from stagify.principal import TenantPrincipal
from staging_svc.parts import NAME, Parts
from staging_svc.projects import queries, service
from staging_svc.projects.errors import (
    PhotoBusyError,
    PhotoGoneError,
    ProjectEndedError,
    ProjectInTrashError,
    ProjectNotEndedError,
    ProjectNotFoundError,
)
from staging_svc.projects.queries import NewProject, ProjectRow
from staging_svc.projects.schemas import (
    RetryCreate,
    RetryOptions,
    VariationCreate,
    VariationOptions,
)
from staging_svc.queue import service as queue
from staging_svc.uploads import service as uploads
from staging_svc.uploads.service import UploadState

if TYPE_CHECKING:
    from staging_svc.projects.models import Project

UNFINISHED = frozenset({"queued", "processing"})
RETRYABLE = frozenset({"failed", "cancelled"})
# Variations of one photo that are asked for at the same time take turns.
MOST_TURNS = 25
SEEDS = 2**31
# The options that can be taken back; for the others there is always a value.
HELP = frozenset(RetryOptions.model_fields)


class _ChangedError(Exception):
    """Something has changed since the reservation was made."""


async def cancel_project(session: Session, project_id: UUID) -> None:
    """Cancel a project that waits or is being staged; nothing happens if it was cancelled before."""
    await queries.take_turns(await driver_connection(session), project_id)
    await queue.cancel(session, project_id)
    project = await service.lock_kept(session, project_id)
    if project.status == "cancelled":
        return
    if project.status not in UNFINISHED:
        raise ProjectEndedError
    await end(session, project)


async def end(session: Session, project: Project) -> None:
    """The project is cancelled: it is locked, and its job is gone. Its photo stays."""
    project.status = "cancelled"
    project.progress = 0.0
    await service.touch(session, project)
    await service.count_unchecked(session, project)
    publish(
        session,
        ProjectCancelled(
            tenant_id=project.tenant_id,
            project_id=project.id,
            reservation_id=project.reservation_id,
        ),
    )


async def retry_project(
    parts: Parts,
    once: Once[ProjectRow],
    *,
    principal: TenantPrincipal,
    project_id: UUID,
    wanted: RetryCreate,
) -> ProjectRow:
    """Let a project that has failed or was cancelled wait once more, with the help that is given."""

    async def look(reading: Connection) -> tuple[Any, UploadState | None]:
        state, upload = await _state(reading, project_id)
        if state["status"] not in RETRYABLE:
            raise ProjectNotEndedError
        return state, upload

    state, upload = await once.read(look)
    reservation_id = uuid5(state["reservation_id"], "retry")
    is_reserved = await _reserve(parts, principal, reservation_id, upload)
    options = _changed(orjson.loads(state["options"]), wanted.options)

    async def accept(writing: Connection) -> ProjectRow:
        await queries.take_turns(writing, project_id)
        is_queued = await queries.queue_again(
            writing,
            project_id,
            last_reservation_id=state["reservation_id"],
            reservation_id=reservation_id,
            is_reserved=is_reserved,
            usage_dimensions=orjson.dumps(principal.usage_dimensions()).decode(),
            now=utc_now(),
            options=orjson.dumps(options).decode(),
        )
        if not is_queued:
            await look(writing)
            raise ProjectNotEndedError
        tenant_id = principal.tenant_id
        await queue.enqueue_again(
            writing,
            tenant_id=tenant_id,
            project_id=project_id,
            also_notify=service.notice(tenant_id, project_id),
        )
        retried = ProjectRetried(
            tenant_id=tenant_id,
            project_id=project_id,
            reservation_id=reservation_id if is_reserved else None,
        )
        await publish_on(writing, NAME, retried)
        return await service.get_project(writing, project_id)

    return await once.write(accept)


async def create_variation(
    parts: Parts,
    once: Once[ProjectRow],
    *,
    principal: TenantPrincipal,
    project_id: UUID,
    wanted: VariationCreate,
) -> ProjectRow:
    """Accept a project for the same photo, with other choices or another seed."""
    for _ in range(MOST_TURNS):
        state, upload = await once.read(lambda reading: _state(reading, project_id))
        reservation_id = uuid5(state["photo_id"], f"variation {state['variations'] + 1}")
        project = _variation(parts, principal, state, wanted, reservation_id)
        is_reserved = await _reserve(parts, principal, reservation_id, upload)
        try:
            return await once.write(
                partial(_accept, state, replace(project, is_reserved=is_reserved))
            )
        except _ChangedError:
            continue
    raise PhotoBusyError


async def _state(connection: Connection, project_id: UUID) -> tuple[Any, UploadState | None]:
    """The project, which is not in the trash, and the upload of its photo, which is there."""
    state = await queries.fetch_state(connection, project_id)
    if state is None:
        raise ProjectNotFoundError
    if state["deleted_at"] is not None:
        raise ProjectInTrashError
    upload = await uploads.find_upload_of_project(connection, state["photo_id"])
    if upload is None and not state["is_checked"]:
        raise PhotoGoneError
    return state, upload


async def _reserve(
    parts: Parts, principal: TenantPrincipal, reservation_id: UUID, upload: UploadState | None
) -> bool:
    """Whether a photo, and the bytes of its upload, are reserved now; the worker does it otherwise."""
    is_stored = upload is None or await uploads.ensure_reserved(parts.quota, upload)
    return is_stored and await parts.quota.reserve(
        principal.tenant_id, reservation_id, ttl_seconds=service.RESERVATION_TTL_SECONDS
    )


def _variation(
    parts: Parts,
    principal: TenantPrincipal,
    state: Any,
    wanted: VariationCreate,
    reservation_id: UUID,
) -> NewProject:
    """The variation that is wanted. What is not given is as in `state`; if that is everything, another
    seed gives another picture."""
    old_options = orjson.loads(state["options"])
    options = _changed(old_options, wanted.options)
    room_type, style = wanted.room_type or state["room_type"], wanted.style or state["style"]
    service.check_choices(room_type, style, options["quality"], parts.catalog)
    if (room_type, style, options) == (state["room_type"], state["style"], old_options):
        options["seed"] = (options["seed"] + state["variations"] + 1) % SEEDS
    is_default_name = state["name"] == service.default_name(
        state["room_type"], state["style"], parts.catalog
    )
    return NewProject(
        tenant_id=principal.tenant_id,
        id=new_id(),
        created_at=utc_now(),
        name=service.default_name(room_type, style, parts.catalog)
        if is_default_name
        else state["name"],
        room_type=room_type,
        style=style,
        options=orjson.dumps(options).decode(),
        reservation_id=reservation_id,
        is_reserved=False,
        created_by=principal.user_id,
        usage_dimensions=orjson.dumps(principal.usage_dimensions()).decode(),
        variation_of=state["photo_id"],
    )


def _changed(
    options: dict[str, Any], wanted: VariationOptions | RetryOptions | None
) -> dict[str, Any]:
    """The options with what is given; help that is given as null is there no more."""
    if wanted is None:
        return dict(options)
    taken_back = {name for name in wanted.model_fields_set & HELP if getattr(wanted, name) is None}
    kept = {name: value for name, value in options.items() if name not in taken_back}
    return kept | wanted.model_dump(exclude_none=True)


async def _accept(state: Any, project: NewProject, connection: Connection) -> ProjectRow:
    is_counted = await queries.count_variation(
        connection, base_id=state["id"], photo_id=state["photo_id"], known=state["variations"]
    )
    if not is_counted:
        raise _ChangedError
    await queries.insert_project(connection, project)
    await service.queue_new(connection, project)
    return await service.get_project(connection, project.id)

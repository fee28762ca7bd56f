"""What must be true at rest. Each check yields differences, with the key that explains them."""

import asyncio
import itertools
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import asyncpg

from proof.faults.handled import HANDLED
from proof.faults.history import History, Project, Tenant
from proof.faults.world import Message, World

USAGE = "stagify.usage.recorded.v1"
STAGED = "stagify.project.staged.v1"
# What each of these changes in the number of seats that are taken.
SEATS = {
    "stagify.member.joined.v1": 1,
    "stagify.member.restored.v1": 1,
    "stagify.member.removed.v1": -1,
}
FAILED = "stagify.staging.failed.v1"
DELETED = "stagify.project.deleted.v1"
TENANT_ORDER = ["stagify.tenant.created.v1", "stagify.tenant.activated.v1"]
PLAN = "stagify.plan.changed.v1"
# Of one project, in this order.
ORDER = (
    "stagify.project.created.v1",
    "stagify.staging.started.v1",
    STAGED,
    FAILED,
    DELETED,
)
# The ways in which a project may fail when faults ended each attempt.
INTERRUPTED = ("staging_interrupted", "engine_crashed")
MAX_ATTEMPTS = 3
FREE_LIMIT = 10

Rows = Sequence[asyncpg.Record]


@dataclass(frozen=True)
class Difference:
    """Something that is wrong; `key` is a project, a tenant or an event."""

    key: str
    text: str


@dataclass(frozen=True)
class Picture:
    """Everything at rest, read once."""

    messages: Sequence[Message]
    dead_letters: Sequence[str]
    objects: Mapping[str, int]
    rows: Mapping[str, Rows]


# The tables that the checks look at, by name: database and query.
QUERIES: Mapping[str, tuple[str, str]] = {
    "tenants": ("tenant", "SELECT * FROM tenants"),
    "tenant-svc": ("tenant", "SELECT consumer, event_id FROM inbox"),
    "identity-svc": ("identity", "SELECT consumer, event_id FROM inbox"),
    "staging-svc": ("staging", "SELECT consumer, event_id FROM inbox"),
    "usage-svc": ("usage", "SELECT consumer, event_id FROM inbox"),
    "users": ("identity", "SELECT id, email FROM users"),
    "members": ("identity", "SELECT tenant_id, user_id, role FROM memberships"),
    "projects": ("staging", "SELECT * FROM projects WHERE purged_at IS NULL"),
    "images": ("staging", "SELECT tenant_id, project_id, kind, object_key, size FROM images"),
    "renditions": ("staging", "SELECT tenant_id, object_key, size FROM renditions"),
    "uploads": ("staging", "SELECT * FROM uploads"),
    "intents": ("staging", "SELECT payload->>'object_key' AS object_key, due_at FROM tasks"),
    "ledger": ("usage", "SELECT tenant_id, source, id, meter, quantity FROM usage_records"),
    "quotas": ("usage", "SELECT tenant_id, meter, used, reserved FROM quotas"),
    "counters": (
        "usage",
        (
            "SELECT tenant_id, meter, granularity, sum(quantity)::bigint AS quantity"
            " FROM usage_counters GROUP BY 1, 2, 3"
        ),
    ),
    "subscriptions": ("usage", "SELECT tenant_id, slug, plan FROM subscriptions"),
}


async def take(world: World) -> Picture:
    """The picture of a platform at rest."""
    rows = {name: await world.rows(database, query) for name, (database, query) in QUERIES.items()}
    messages, letters = await world.messages(), await world.dead_letters()
    return Picture(messages, letters, await asyncio.to_thread(world.objects), rows)


def differences(
    history: History, picture: Picture, *, attempts_lost: int = 0
) -> Iterator[Difference]:
    """Everything that is not as the acknowledged commands say.

    Faults have ended at most `attempts_lost` attempts at jobs.
    """
    for letter in picture.dead_letters:
        yield Difference("dead letters", letter)
    yield from _tenants(history, picture)
    yield from _projects(history, picture)
    yield from _failures(history, picture, attempts_lost)
    yield from _refusals(history)
    yield from _inboxes(picture)
    yield from _receipts(picture)
    yield from _ledger(picture)
    yield from _quotas(history, picture)
    yield from _objects(picture)
    yield from _directory(picture)


def _tenants(history: History, picture: Picture) -> Iterator[Difference]:
    """Each acknowledged sign-up is one active tenant with one owner, everywhere the same plan."""
    rows = {str(row["tenant_id"]): row for row in picture.rows["tenants"]}
    plans = {str(row["tenant_id"]): row["plan"] for row in picture.rows["subscriptions"]}
    expected = {str(tenant.id): tenant for tenant in history.tenants.values()}
    for key in rows.keys() ^ expected.keys():
        yield Difference(key, "is in tenants or was acknowledged, but not both")
    for key in rows.keys() & expected.keys():
        row, tenant = rows[key], expected[key]
        if (row["slug"], row["status"], row["plan"]) != (tenant.slug, "active", tenant.plans[-1]):
            yield Difference(key, f"tenant is {dict(row)}, expected plans {tenant.plans}")
        if plans.get(key) != tenant.plans[-1]:
            yield Difference(key, f"subscription is on {plans.get(key)}, not {tenant.plans[-1]}")
        yield from _owner(key, tenant, picture)
        yield from _tenant_events(key, tenant, picture)


def _tenant_events(key: str, tenant: Tenant, picture: Picture) -> Iterator[Difference]:
    """A tenant is created, then active; its plans come in the order they were acknowledged."""
    first = _first_occurrences([each for each in picture.messages if each.tenant_id == key])
    types = [message.type for message in first if message.type in TENANT_ORDER]
    if types != TENANT_ORDER:
        yield Difference(key, f"its events are in the order {types}")
    plans = ["free", *(message.data["plan"] for message in first if message.type == PLAN)]
    if _changes(plans) != _changes(tenant.plans):
        yield Difference(key, f"its plans were announced as {plans}, asked for as {tenant.plans}")


def _changes(plans: Sequence[str]) -> list[str]:
    return [plan for plan, _ in itertools.groupby(plans)]


def _owner(key: str, tenant: Tenant, picture: Picture) -> Iterator[Difference]:
    users = [row["id"] for row in picture.rows["users"] if row["email"] == tenant.email]
    members = [row for row in picture.rows["members"] if str(row["tenant_id"]) == key]
    if len(users) != 1 or [(row["user_id"], row["role"]) for row in members] != [
        (users[0], "owner")
    ]:
        yield Difference(key, f"users {users}, members {[dict(row) for row in members]}")


def _projects(history: History, picture: Picture) -> Iterator[Difference]:
    """Each acknowledged project has its effects once; refused and deleted ones have none left."""
    rows = {str(row["id"]): row for row in picture.rows["projects"]}
    events: dict[str, list[Message]] = defaultdict(list)
    for message in picture.messages:
        if about := project_of(message):
            events[about].append(message)
    expected = {str(each.id): each for each in history.projects if each.id is not None}
    for key in (rows.keys() | events.keys()) - expected.keys():
        yield Difference(key, "exists although nobody was told so")
    for key, project in expected.items():
        yield from _project(key, project, rows.get(key), events[key])


def project_of(message: Message) -> str | None:
    """The project that an event is about."""
    about = message.data.get("project_id")
    return about or (message.data.get("dimensions") or {}).get("project_id")


def _project(
    key: str,
    project: Project,
    row: asyncpg.Record | None,
    events: Sequence[Message],
) -> Iterator[Difference]:
    if (row is None) != project.is_deleted:
        yield Difference(key, f"deleted {project.is_deleted}, but its row is {row}")
    first = _first_occurrences(events)
    types = [message.type for message in first if message.type in ORDER]
    if types != sorted(types, key=ORDER.index) or len(types) != len(set(types)):
        yield Difference(key, f"its events are in the order {types}")
    if ORDER[0] not in types or (DELETED in types) != project.is_deleted:
        yield Difference(key, f"deleted {project.is_deleted}, but its events are {types}")
    ends = {"staged": STAGED, "failed": FAILED}
    if row is not None and [type_ for type_ in ends.values() if type_ in types] != [
        ends.get(row["status"])
    ]:
        yield Difference(key, f"is {row['status']}, but its events are {types}")
    used = [
        message for message in first if message.type == USAGE and message.data["meter"] == "staging"
    ]
    if len(used) != types.count(STAGED):
        yield Difference(key, f"staged {types.count(STAGED)} times, used {len(used)} times")


def _failures(history: History, picture: Picture, attempts_lost: int) -> Iterator[Difference]:
    """A project fails only if the quota was used up, or after faults in each of its attempts."""
    limited = {str(each.id) for each in history.projects if _is_limited(history, each)}
    interrupted = []
    for row in picture.rows["projects"]:
        key, code = str(row["id"]), row["failure_code"]
        if row["status"] == "failed" and code in INTERRUPTED:
            interrupted.append(key)
        elif row["status"] == "failed" and (code != "quota_exceeded" or key not in limited):
            yield Difference(key, f"failed with {code}")
    for key in interrupted[attempts_lost // MAX_ATTEMPTS :]:
        yield Difference(key, f"failed, but only {attempts_lost} attempts were lost in all")


def _is_limited(history: History, project: Project) -> bool:
    """Whether its tenant asked for more than the free plan has and was not on the largest one."""
    return project.plan != "enterprise" and (
        len(history.tenants[project.slug].projects) > FREE_LIMIT
    )


def _refusals(history: History) -> Iterator[Difference]:
    """Nobody is refused while quota is left."""
    for project in history.projects:
        if project.is_refused and not _is_limited(history, project):
            key = str(history.tenants[project.slug].id)
            yield Difference(key, f"{project.name} was refused")


def _first_occurrences(events: Sequence[Message]) -> list[Message]:
    """The relay may send an event twice; its first copy is the one that counts."""
    first: dict[str, Message] = {}
    for message in events:
        first.setdefault(message.event_id, message)
    return list(first.values())


def _inboxes(picture: Picture) -> Iterator[Difference]:
    """Each consumer has handled exactly the events that are on the topics."""
    for consumer, types in HANDLED.items():
        sent = {message.event_id for message in picture.messages if message.type in types}
        marked = {str(row["event_id"]) for row in picture.rows[consumer]}
        for event_id in sent ^ marked:
            missing = "was not handled" if event_id in sent else "is on no topic"
            yield Difference(event_id, f"{missing} by {consumer}")


def _receipts(picture: Picture) -> Iterator[Difference]:
    """Every service that answers an event has answered it exactly once."""
    answers = Counter(
        (message.data["of_event_id"], message.type)
        for message in _first_occurrences(picture.messages)
        if "of_event_id" in message.data
    )
    for (event_id, type_), number in answers.items():
        if number > 1:
            yield Difference(event_id, f"was answered {number} times by {type_}")


def _ledger(picture: Picture) -> Iterator[Difference]:
    """Each usage record that was sent is in the ledger once, and the counters are its sums."""
    sent = {message.event_id for message in picture.messages if message.type == USAGE}
    stored = [str(row["id"]) for row in picture.rows["ledger"]]
    for event_id in sent ^ set(stored):
        yield Difference(event_id, "is on the topic or in the ledger, but not both")
    if len(stored) != len(set(stored)):
        yield Difference("ledger", f"{len(stored)} rows, {len(set(stored))} ids")
    sums = _sums(picture.rows["ledger"])
    for granularity in ("day", "month"):
        counted = {
            (str(row["tenant_id"]), row["meter"]): row["quantity"]
            for row in picture.rows["counters"]
            if row["granularity"] == granularity
        }
        for tenant, meter in {key for key, _ in counted.items() ^ sums.items()}:
            key = (tenant, meter)
            text = f"{meter} by {granularity}: {counted.get(key)} counted, {sums.get(key)} in the ledger"
            yield Difference(tenant, text)


def _sums(ledger: Rows) -> dict[tuple[str, str], int]:
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for row in ledger:
        sums[str(row["tenant_id"]), row["meter"]] += row["quantity"]
    return dict(sums)


def _quotas(history: History, picture: Picture) -> Iterator[Difference]:
    """Nothing is reserved but the bytes of unused uploads, and used is what was staged and what is
    stored, never too much; of calls, whose number the gateway alone knows, what the ledger says."""
    expected: dict[tuple[str, str], int] = defaultdict(int)
    for key, quantity in _sums(picture.rows["ledger"]).items():
        if key[1] == "api_calls":
            expected[key] = quantity
    staged = {message.event_id: message for message in picture.messages if message.type == STAGED}
    for message in staged.values():
        expected[str(message.tenant_id), "staging"] += 1
    for message in {each.event_id: each for each in picture.messages}.values():
        if message.type in SEATS:
            expected[str(message.tenant_id), "seats"] += SEATS[message.type]
    for row in picture.rows["images"]:
        expected[str(row["tenant_id"]), "storage_bytes"] += row["size"]
    for row in picture.rows["uploads"]:
        if row["is_counted_alone"]:
            expected[str(row["tenant_id"]), "storage_bytes"] += row["size"]
    found = {(str(row["tenant_id"]), row["meter"]): row for row in picture.rows["quotas"]}
    for tenant, meter in expected.keys() | found.keys():
        row, key = found.get((tenant, meter)), (tenant, meter)
        reserved = 0 if row is None else row["reserved"]
        least, most = _reservable(picture, tenant) if meter == "storage_bytes" else (0, 0)
        if not least <= reserved <= most:
            yield Difference(tenant, f"{meter}: {reserved} still reserved, of {least} to {most}")
        used = 0 if row is None else row["used"]
        if used != expected.get(key, 0):
            yield Difference(tenant, f"{meter}: {used} used, {expected.get(key, 0)} expected")
    for model in history.tenants.values():
        row = found.get((str(model.id), "staging"))
        if model.plans == ["free"] and row is not None and row["used"] > FREE_LIMIT:
            yield Difference(str(model.id), f"used {row['used']} of {FREE_LIMIT}")


def _reservable(picture: Picture, tenant: str) -> tuple[int, int]:
    """The bytes of the tenant's unused uploads: of those that are filled, and of all. A crash may have
    left one that was never reserved, and whose URL nobody was told."""
    unused = [
        row
        for row in picture.rows["uploads"]
        if str(row["tenant_id"]) == tenant
        and row["project_id"] is None
        and row["discarded_at"] is None
    ]
    filled = sum(row["size"] for row in unused if row["object_key"] in picture.objects)
    return filled, sum(row["size"] for row in unused)


def _objects(picture: Picture) -> Iterator[Difference]:
    """Each object has a row that owns it or will delete it; what a row owns is there."""
    owned = {
        row["object_key"]: row["size"]
        for name in ("images", "renditions")
        for row in picture.rows[name]
    }
    known = owned.keys() | {
        row["object_key"] for name in ("uploads", "intents") for row in picture.rows[name]
    }
    for key in picture.objects.keys() - known:
        yield Difference(key, "is an object without a row")
    doomed = {row["object_key"] for row in picture.rows["intents"]}
    for key in owned.keys() & doomed:
        yield Difference(key, "is owned by a row, and will be deleted")
    for key, size in owned.items():
        if picture.objects.get(key) != size:
            yield Difference(key, f"has {picture.objects.get(key)} bytes, its row says {size}")


def _directory(picture: Picture) -> Iterator[Difference]:
    """The newest entry of each tenant says what its row says."""
    newest = {
        message.key: message for message in picture.messages if message.topic.endswith("directory")
    }
    names = ("slug", "name", "type", "status", "plan", "region")
    for row in picture.rows["tenants"]:
        key = str(row["tenant_id"])
        entry = newest.pop(key, None)
        said = None if entry is None else {name: entry.data.get(name) for name in names}
        if said != {name: row[name] for name in names}:
            yield Difference(key, f"the directory says {said}, the row {dict(row)}")
    for key in newest:
        yield Difference(key, "is in the directory but not in the table")

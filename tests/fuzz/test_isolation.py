"""Another tenant's things look as if they did not exist, in every place of every call."""

import secrets
from collections.abc import Iterator
from uuid import UUID

import httpx
import pytest

from proof.customers import refusal
from proof.fuzz.matrix import Matrix, Place, absent, appearance, form_of, operations, places
from proof.fuzz.world import World
from stagify.pagination import encode_cursor
from stagify.tokens import CONTEXT_HEADER
from stagify_local.customer import SESSION_COOKIE, Customer, client
from stagify_local.platform import Platform

OWNER, INTRUDER, THROWAWAY = "first", "second", "throwaway"
# The answer to a call that a tenant's host does not serve, whatever is asked.
NOT_HERE = (403, "wrong_host")
KEY_HEADER = "Idempotency-Key"


@pytest.fixture(scope="module")
def matrix(world: World) -> Matrix:
    return Matrix(world)


@pytest.fixture
def foreign(world: World) -> list[str]:
    """Everything that names a thing of the owner: ids and domains, cursors made from ids, slug and address."""
    names = [*world.things[OWNER].values()]
    cursors = [encode_cursor(UUID(each)) for each in names if "." not in each]
    account = world.customers[OWNER].account
    return [*names, *cursors, account.slug, account.email]


@pytest.fixture
def intruder(world: World) -> Iterator[httpx.Client]:
    """The owner of the other tenant, who may do everything in it."""
    actor = world.owner(INTRUDER)
    with world.visit(actor) as http:
        http.headers["Cookie"] = f"{SESSION_COOKIE}={actor.cookie}"
        yield http


@pytest.fixture(autouse=True)
def owner_notices_nothing(world: World) -> Iterator[None]:
    """Whatever the test does, the owner afterwards has the same things and the same access."""
    customer = world.customers[OWNER]

    def state() -> list[object]:
        answers = [customer.browser.get(path) for path in ("/v1/projects", "/v1/api-keys")]
        things = [
            thing for answer in answers for thing in answer.raise_for_status().json()["items"]
        ]
        # The last use of the owner's key is stored a little later.
        return [{**thing, "last_used_at": None} for thing in things]

    before = state()
    yield
    assert state() == before
    assert customer.http.get("/v1/projects").status_code == 200


def all_places(matrix: Matrix) -> list[Place]:
    return [
        place
        for operation in operations(matrix.document)
        for place in places(matrix.document, operation)
    ]


@pytest.fixture
def throwaway(world: World) -> Customer:
    """A tenant whose things the test may use up."""
    return world.settle(THROWAWAY)


# Thousands of calls, on a machine that may be busy.
@pytest.mark.timeout(1_800)
def test_a_foreign_value_is_as_good_as_none(
    world: World, matrix: Matrix, throwaway: Customer, foreign: list[str]
) -> None:
    wrong = []
    # The numbers in a refusal for lack of quota would differ from one call to the next.
    world.lift_quota(THROWAWAY)
    # A call with an Idempotency-Key is meant to act once: it has a test of its own.
    for place in (place for place in all_places(matrix) if place.name != KEY_HEADER):
        # Wrong passwords of an account are counted for a day, so there are fewer of them.
        is_password = place.name == "current_password"
        # How values of each form look that do not exist.
        nobodys: dict[str, httpx.Response] = {}
        for value in [*foreign[:4], *foreign[-2:]] if is_password else foreign:
            theirs = matrix.send(throwaway.browser, THROWAWAY, place, value)
            seen = nobodys.get(form_of(value))
            if seen is None or appearance(theirs) != appearance(seen):
                # Asked anew for a difference: what was done meanwhile may have made it.
                seen = matrix.send(throwaway.browser, THROWAWAY, place, absent(value))
                nobodys[form_of(value)] = seen
            if appearance(theirs) != appearance(seen):
                wrong.append((str(place), value, theirs.text, seen.text))
            if found := world.known.foreign(THROWAWAY, theirs.text, asked=value):
                wrong.append((str(place), value, "tells of", str(found)))
    assert wrong == []


def test_the_matrix_would_see_a_difference(
    world: World, matrix: Matrix, throwaway: Customer
) -> None:
    """In each place of an id, the owner of a thing gets another answer than for a missing thing."""
    # Some calls ask for a feature of the plan first.
    world.lift_quota(THROWAWAY)
    blind = []
    for place in (place for place in all_places(matrix) if place.takes_id):
        things = world.things[THROWAWAY].values()
        nobodys = matrix.send(throwaway.browser, THROWAWAY, place, absent(next(iter(things))))
        if refusal(nobodys) == NOT_HERE:
            continue
        own = (matrix.send(throwaway.browser, THROWAWAY, place, value) for value in things)
        if all(appearance(answer) == appearance(nobodys) for answer in own):
            blind.append(str(place))
    assert blind == [], "let World make one of these, and name it as the parameter is named"


@pytest.mark.parametrize("kind", ["Authorization", "Cookie"])
def test_a_foreign_credential_is_an_unknown_one(
    world: World, matrix: Matrix, platform: Platform, kind: str
) -> None:
    customer = world.customers[OWNER]
    theirs = (customer.http if kind == "Authorization" else customer.browser).headers[kind]
    with client(platform.gateway_port, world.customers[INTRUDER].account.slug) as http:
        for operation in operations(matrix.document):
            answers = [
                matrix.call(http, INTRUDER, operation, headers={kind: value})
                for value in (theirs, absent(theirs))
            ]
            assert appearance(answers[0]) == appearance(answers[1]), operation
            assert not world.known.foreign(INTRUDER, answers[0].text, asked=""), operation


@pytest.mark.parametrize("header", ["X-Tenant-Id", "X-Forwarded-Host", CONTEXT_HEADER])
def test_no_header_leads_to_another_tenant(
    world: World, matrix: Matrix, intruder: httpx.Client, header: str
) -> None:
    value = {"X-Tenant-Id": world.things[OWNER]["tenant_id"]}.get(
        header, world.customers[OWNER].account.slug
    )
    for operation in operations(matrix.document):
        if operation.method == "get":
            with_it = matrix.call(intruder, INTRUDER, operation, headers={header: value})
            without = matrix.call(intruder, INTRUDER, operation)
            assert appearance(with_it) == appearance(without), operation
            assert not world.known.foreign(INTRUDER, with_it.text, asked=""), operation


def test_an_idempotency_key_is_its_tenants_own(
    world: World, matrix: Matrix, throwaway: Customer, intruder: httpx.Client
) -> None:
    keyed = [place.operation for place in all_places(matrix) if place.name == KEY_HEADER]
    assert keyed
    refused = set()
    for operation in keyed:
        sent = {KEY_HEADER: secrets.token_hex(8)}
        first = matrix.call(throwaway.browser, THROWAWAY, operation, headers=sent)
        again = matrix.call(throwaway.browser, THROWAWAY, operation, headers=sent)
        other = matrix.call(intruder, INTRUDER, operation, headers=sent)
        assert "idempotent-replayed" not in other.headers, operation
        if not first.is_success:
            refused.add(operation.path)
            assert appearance(again) == appearance(first), operation
            continue
        assert again.json()["id"] == first.json()["id"], operation
        assert other.json()["id"] != first.json()["id"], operation
    # Only what has failed is tried again, and no photo of theirs has.
    assert refused == {"/v1/projects/{project_id}/retry"}

"""Every value that a request brings is checked by a rule of `stagify.inputs`, and by no other."""

import importlib
import pkgutil
import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from uuid import UUID

import annotated_types
import pytest
from fastapi.dependencies.models import Dependant
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

import stagify.calls
from proof.openapi import SERVICES, app_of, routes_of
from stagify.inputs import Flag, Instant, Name, Real, Rule, Whole

ROOT = Path(__file__).parents[1]
# What says by itself which values there are.
CLOSED = (UUID, NoneType)
# A rule of another module would use one of these.
OTHER_WAYS = re.compile(
    r"\b(isprintable|EmailStr|StringConstraints|AfterValidator|BeforeValidator)\b"
)
ELSEWHERE = {
    "shared/stagify/inputs.py",
    # Files and tokens of ours, not requests.
    "shared/stagify/tokens.py",
    # Headers of mails: what is in them was checked when it was typed.
    "services/identity-svc/identity_svc/mail/templates.py",
    "services/usage-svc/usage_svc/plans/schemas.py",
}


def unruled(where: str, kind: Any, marks: Sequence[Any], *, is_text: bool = False) -> Iterator[str]:
    """The values in `kind` that have no rule. `is_text` says that they arrive as text whatever they
    are, as in a query."""
    if get_origin(kind) is Annotated:
        inner, *more = get_args(kind)
        for mark in more:
            marks = [*marks, *(mark.metadata if isinstance(mark, FieldInfo) else [mark])]
        yield from unruled(where, inner, marks, is_text=is_text)
    elif get_origin(kind) in (Union, UnionType, list, set, tuple, dict):
        for part in get_args(kind):
            yield from unruled(where, part, [], is_text=is_text)
    elif isinstance(kind, type) and issubclass(kind, BaseModel):
        for name, field in kind.model_fields.items():
            yield from unruled(f"{where}.{name}", field.annotation, field.metadata)
    elif not _is_ruled(kind, marks, is_text=is_text):
        yield f"{where}: {kind}"


def _is_ruled(kind: Any, marks: Sequence[Any], *, is_text: bool) -> bool:
    if get_origin(kind) is Literal or kind in CLOSED:
        return True
    if any(isinstance(mark, Rule) for mark in marks):
        return True
    if kind is int:
        return is_text and {annotated_types.Ge, annotated_types.Le} <= {*map(type, marks)}
    return kind is bool and is_text


def taken(where: str, dependant: Dependant) -> Iterator[str]:
    """What a route takes without a rule."""
    for field in dependant.body_params:
        yield from unruled(where, field.field_info.annotation, field.field_info.metadata)
    others = (dependant.path_params, dependant.query_params, dependant.header_params)
    for field in (each for group in (*others, dependant.cookie_params) for each in group):
        info: FieldInfo = field.field_info
        yield from unruled(f"{where} {field.name}", info.annotation, info.metadata, is_text=True)
    for inner in dependant.dependencies:
        yield from taken(where, inner)


@pytest.mark.parametrize("service", SERVICES)
def test_every_value_of_a_request_has_a_rule(service: str) -> None:
    found = [*routes_of(service)]
    operations = app_of(service).openapi()["paths"].values()
    assert len(found) == sum(map(len, operations)), (
        "a route is not in the api module of a capability"
    )
    assert [fault for route in found for fault in taken(route.name, route.dependant)] == []


def test_every_value_of_an_internal_call_has_a_rule() -> None:
    modules = [each.name for each in pkgutil.iter_modules(stagify.calls.__path__, "stagify.calls.")]
    sent = {
        model
        for name in modules
        for model in vars(importlib.import_module(name)).values()
        if isinstance(model, type) and issubclass(model, BaseModel)
        if model.model_config.get("extra") == "forbid"
    }
    assert len(sent) >= 4
    assert [fault for model in sent for fault in unruled(model.__name__, model, [])] == []


class TestTheCheckItself:
    @pytest.mark.parametrize(
        "kind", [str, str | None, list[str], dict[str, Name], SecretStr, float, date, Any, bytes]
    )
    def test_a_value_without_a_rule_is_found(self, kind: Any) -> None:
        assert [*unruled("x", kind, [])]
        assert [*unruled("x", kind, [], is_text=True)]

    @pytest.mark.parametrize("kind", [int, bool, datetime, Annotated[int, annotated_types.Ge(1)]])
    def test_a_number_or_time_without_bounds_is_found(self, kind: Any) -> None:
        assert [*unruled("x", kind, [])]

    @pytest.mark.parametrize(
        "kind",
        [
            Name,
            list[Name],
            Flag,
            Instant | None,
            Annotated[int, Whole(1, 2)],
            Annotated[float, Real(1, 2)],
            Literal["a"],
            UUID,
        ],
    )
    def test_a_value_with_a_rule_is_not(self, kind: Any) -> None:
        assert [*unruled("x", kind, [])] == []


def test_no_other_module_has_rules_for_what_people_type() -> None:
    found = [
        str(path.relative_to(ROOT))
        for folder in ("shared/stagify", "services")
        for path in (ROOT / folder).rglob("*.py")
        if not {"tests", "engine", "gateway"} & {*path.parts}
        if OTHER_WAYS.search(path.read_text())
    ]
    assert set(found) == ELSEWHERE

"""Roles: what each may do, and what it may not."""

from typing import get_args

from identity_svc.roles.schemas import Role
from identity_svc.roles.service import permissions_of
from stagify.permissions import ALL_PERMISSIONS


def test_each_role_may_do_what_the_one_below_may() -> None:
    owner, admin, member, viewer = (permissions_of(role) for role in get_args(Role))
    assert viewer < member < admin < owner == ALL_PERMISSIONS


def test_a_viewer_changes_nothing() -> None:
    assert {name.partition(":")[2] for name in permissions_of("viewer")} == {"read"}


def test_the_money_is_the_owners() -> None:
    assert permissions_of("owner") - permissions_of("admin") == {"billing:manage"}

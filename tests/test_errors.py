"""docs/errors.md names every code a client may meet, and no other."""

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import gateway
import identity_svc
import stagify
import staging_svc
import tenant_svc
import usage_svc
from gateway.wire.refusals import Refusal
from proof.documented import documented_codes
from stagify.errors import StagifyError

PACKAGES = (stagify, identity_svc, tenant_svc, staging_svc, usage_svc)
# Codes that only other services get, or that stand for a family of codes and are never sent.
NOT_FOR_CLIENTS = {
    "unknown_credential",
    "subscription_not_found",
    "tenant_conflict",
    "tenant_expired",
    "tenant_status",
    "reservation_mismatch",
    "reservation_released",
    "unknown_meter",
    "unknown_plan",
    "conflict",
    "gone",
    "payment_required",
    "precondition_failed",
}


def all_errors(base: type[StagifyError]) -> Iterator[type[StagifyError]]:
    yield base
    for derived in base.__subclasses__():
        # Tests of this run make errors of their own.
        if derived.__module__.partition(".")[0] in {package.__name__ for package in PACKAGES}:
            yield from all_errors(derived)


def test_documented_codes_are_those_there_are() -> None:
    for package in PACKAGES:
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if "migrations" not in module.name and "testing" not in module.name:
                importlib.import_module(module.name)
    codes = {(error.status, error.code) for error in all_errors(StagifyError)}
    for module in pkgutil.walk_packages(gateway.__path__, "gateway."):
        if module.name.endswith(".refusals"):
            codes |= {
                (refusal.status, refusal.code)
                for refusal in vars(importlib.import_module(module.name)).values()
                if isinstance(refusal, Refusal)
            }
    assert documented_codes() == {each for each in codes if each[1] not in NOT_FOR_CLIENTS}


def test_the_example_of_an_error_has_every_member_that_it_is_raised_with() -> None:
    examples = {error.__name__: error.example.keys() for error in all_errors(StagifyError)}
    lacking = {
        (name, keyword.arg)
        for package in PACKAGES
        for file in Path(package.__path__[0]).rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Call)
        if (name := getattr(node.func, "id", getattr(node.func, "attr", ""))) in examples
        for keyword in node.keywords
        if keyword.arg not in {*examples[name], "retry_after"}
    }
    assert not lacking

"""The commands sent to the platform and their answers: the model that the checks compare with."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

from stagify_local.customer import Account

Kind = Literal["sign up", "create", "delete", "plan"]


@dataclass
class Command:
    """One numbered command, with the result of each attempt."""

    number: int
    kind: Kind
    slug: str
    subject: str
    begun_at: datetime
    attempts: list[str] = field(default_factory=list)
    outcome: str = "unknown"

    def __str__(self) -> str:
        tries = ", ".join(self.attempts) or "none"
        return (
            f"{self.begun_at:%H:%M:%S.%f} #{self.number} {self.kind} {self.subject} of {self.slug}:"
            f" {self.outcome} (attempts: {tries})"
        )


@dataclass
class Project:
    """A project as its customer knows it, with the plan then; `id` is set once acknowledged.

    A refused one needs more than the quota has.
    """

    name: str
    slug: str
    plan: str
    id: UUID | None = None
    is_deleted: bool = False
    is_refused: bool = False


@dataclass
class Tenant:
    """A tenant as its owner knows it."""

    account: Account
    id: UUID
    # The plans so far; the last one that was acknowledged comes last.
    plans: list[str] = field(default_factory=lambda: ["free"])
    projects: list[Project] = field(default_factory=list)

    @property
    def slug(self) -> str:
        return self.account.slug

    @property
    def email(self) -> str:
        return self.account.email


class History:
    """Every command and the model they add up to."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self.commands: list[Command] = []
        self.tenants: dict[str, Tenant] = {}

    def begin(self, kind: Kind, slug: str, subject: str) -> Command:
        """Number a command and remember it before it is sent."""
        command = Command(next(self._numbers), kind, slug, subject, datetime.now(UTC))
        self.commands.append(command)
        return command

    @property
    def projects(self) -> Iterator[Project]:
        """Every project that a customer tried to create."""
        for tenant in self.tenants.values():
            yield from tenant.projects

    def counts(self) -> str:
        """How many commands of each kind there were, and how many attempts they took."""
        kinds: dict[str, list[Command]] = {}
        for command in self.commands:
            kinds.setdefault(command.kind, []).append(command)
        return ", ".join(
            f"{kind} {len(of)} ({sum(len(each.attempts) for each in of)} attempts)"
            for kind, of in sorted(kinds.items())
        )

"""Runs every actor in turn, and judges the outcome of all runs."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

from proof.fuzz.run import Failure, Outcome, fuzz
from proof.fuzz.settings import Form
from proof.fuzz.world import Actor, World

# If more of the answers are 429 or 402, they hide what the run is looking for.
MOST_LIMITED = 0.05
# Needs the code of a mail or of an app, a passkey, a password or another owner, which no generator finds; or
# there would be nobody left to go on.
NEVER_SUCCEEDS = {
    "POST /v1/signup/{signup_id}/confirm",
    "POST /v1/session",
    "POST /v1/session/{challenge_id}/verify",
    "POST /v1/session/step-up",
    "POST /v1/me/mfa/totp/confirm",
    "DELETE /v1/me/mfa/totp",
    "POST /v1/me/mfa/recovery-codes",
    "POST /v1/me/mfa/passkeys",
    "PATCH /v1/me/mfa/passkeys/{passkey_id}",
    "DELETE /v1/me/mfa/passkeys/{passkey_id}",
    "DELETE /v1/me/mfa/resets",
    "POST /v1/me/email/{change_id}/confirm",
    "POST /v1/email-changes/undo",
    "DELETE /v1/me",
}


@dataclass
class Verdict:
    """All outcomes, and what is wrong with them."""

    outcomes: list[Outcome]
    operations: list[str]

    @property
    def failures(self) -> list[str]:
        """Everything that is wrong, as text."""
        found: list[Failure] = [
            failure for outcome in self.outcomes for failure in outcome.failures.values()
        ]
        errors = [
            f"{outcome.actor.name}: {error}"
            for outcome in self.outcomes
            for error in outcome.errors
        ]
        return [*map(str, found), *errors, *self._hollow()]

    def _hollow(self) -> list[str]:
        """Signs that the run covered less than it claims."""
        limited = [
            f"{outcome.actor.name}: {share:.0%} of the answers are 429 or 402"
            for outcome in self.outcomes
            if (share := outcome.share(429, 402)) > MOST_LIMITED
        ]
        succeeded = {
            operation
            for outcome in self.outcomes
            for (operation, status) in outcome.answers
            if 200 <= status < 400
        }
        missed = set(self.operations) - succeeded - NEVER_SUCCEEDS
        return limited + [f"{operation} never succeeded" for operation in sorted(missed)]

    def __str__(self) -> str:
        lines = [self.line(outcome) for outcome in self.outcomes]
        answers = sum((outcome.answers for outcome in self.outcomes), Counter())
        for operation in sorted(self.operations):
            statuses = {status: n for (name, status), n in answers.items() if name == operation}
            lines.append(
                f"{operation:<36} {sum(statuses.values())} {dict(sorted(statuses.items()))}"
            )
        lines.append(f"{len(self.operations)} operations, {answers.total()} calls")
        judged = sum((outcome.judged for outcome in self.outcomes), Counter())
        lines.append("judged: " + ", ".join(f"{name} {n}" for name, n in sorted(judged.items())))
        return "\n".join([*lines, *(f"\nWRONG {failure}" for failure in self.failures)])

    def line(self, outcome: Outcome) -> str:
        """What one actor's run did, by phase and by status."""
        phases: Counter[str] = Counter()
        statuses: Counter[int] = Counter()
        for (phase, _), count in outcome.calls.items():
            phases[phase] += count
        for (_, status), count in outcome.answers.items():
            statuses[status] += count
        return (
            f"{outcome.actor.name:<20} {dict(phases)} {dict(sorted(statuses.items()))} "
            f"{outcome.chains} chains, {outcome.log_ins} log-ins"
        )


def fuzz_all(world: World, form: Form, say: Callable[[str], None] = lambda line: None) -> Verdict:
    """Every actor in turn, always in the same order: each may meet what earlier ones left."""
    for party in world.customers:
        world.lift_quota(party)
    # The edges of the schemas are the same for everyone; what is random differs.
    other = replace(form, seed=form.seed + 1, has_edges=False)
    # Most calls of actors who may do little end with the same refusal.
    few = replace(other, cases=max(1, form.cases // 4))
    turns: list[tuple[Callable[[], Actor], Form]] = [
        (world.visitor, form),
        (lambda: world.person("first"), few),
        (lambda: world.owner("first"), form),
        (lambda: world.owner("second"), other),
        (lambda: world.limited_key("first"), few),
        (lambda: world.anonymous("second"), few),
    ]
    verdict = Verdict([], operations_of(world))
    for make_actor, length in turns:
        # Made now, because an owner before it may have revoked every key it found.
        verdict.outcomes.append(fuzz(world, make_actor(), length))
        say(verdict.line(verdict.outcomes[-1]))
    return verdict


def operations_of(world: World) -> list[str]:
    """Every operation of the document, as schemathesis labels it."""
    return [
        f"{method.upper()} {path}"
        for path, item in world.document["paths"].items()
        for method in item
    ]

"""Answers that go on after their head, above all event streams, and whose they are.

Such an answer was authorised once, and can last for minutes. It ends when its credential is revoked
or expires, when its tenant is suspended or gone, or when its host no longer leads to the tenant. And
an old verdict is believed no longer than for a new request: identity-svc is asked again, and the
answer ends if the caller may do other things than before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING
from uuid import UUID

from gateway.callers.refusals import INVALID_CREDENTIAL
from gateway.callers.revocations import MemberOf
from gateway.wire.decisions import Lasting
from gateway.wire.record import REVOKED
from gateway.wire.refusals import Refusal
from gateway.wire.request import Request

if TYPE_CHECKING:
    from gateway.callers.callers import Caller


class _Authorised:
    """The answers to one credential, and its caller as of the newest look-up."""

    __slots__ = ("answers", "caller")

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self.answers: set[Lasting] = set()


class LastingAnswers:
    """All of them, by credential and by tenant. Nothing is kept of other answers."""

    def __init__(self) -> None:
        self._by_credential: dict[UUID, _Authorised] = {}
        self._by_tenant: dict[UUID, set[Lasting]] = {}

    def __len__(self) -> int:
        return sum(len(answers) for answers in self._by_tenant.values())

    def add(self, answer: Lasting, caller: Caller) -> None:
        """`answer`, which `caller` has asked for, has begun."""
        tenant_id, credential_id = caller.principal.tenant_id, caller.principal.credential_id
        if tenant_id is not None:
            self._by_tenant.setdefault(tenant_id, set()).add(answer)
        if credential_id is not None:
            authorised = self._by_credential.get(credential_id)
            if authorised is None:
                authorised = self._by_credential[credential_id] = _Authorised(caller)
            authorised.answers.add(answer)

    def discard(self, answer: Lasting, caller: Caller) -> None:
        """`answer` is over."""
        tenant_id, credential_id = caller.principal.tenant_id, caller.principal.credential_id
        at_tenant = self._by_tenant.get(tenant_id) if tenant_id is not None else None
        if at_tenant is not None and tenant_id is not None:
            at_tenant.discard(answer)
            if not at_tenant:
                del self._by_tenant[tenant_id]
        if credential_id is not None:
            authorised = self._by_credential.get(credential_id)
            if authorised is not None:
                authorised.answers.discard(answer)
                if not authorised.answers:
                    del self._by_credential[credential_id]

    def callers(self) -> Iterator[Caller]:
        """Those who have shown a credential, each as of the newest look-up."""
        return (authorised.caller for authorised in list(self._by_credential.values()))

    def on_checked(self, credential_id: UUID, result: Caller | Refusal) -> None:
        """The credential has been looked up again."""
        authorised = self._by_credential.get(credential_id)
        if authorised is None:
            return
        if isinstance(result, Refusal):
            # Without an answer nothing is known; it is asked again.
            if result is INVALID_CREDENTIAL:
                self.end_of_credential(credential_id)
        elif result.principal == authorised.caller.principal:
            authorised.caller = result
        else:
            self.end_of_credential(credential_id)

    def end_of_credential(self, credential_id: UUID) -> None:
        """The credential gives access to nothing any more, or to something else."""
        authorised = self._by_credential.get(credential_id)
        for answer in list(authorised.answers) if authorised is not None else ():
            answer.cut_off(REVOKED)

    def end_of_member(self, member: MemberOf) -> None:
        """The credentials of a member may be worth something else now."""
        for credential_id, authorised in list(self._by_credential.items()):
            if authorised.caller.member == member:
                self.end_of_credential(credential_id)

    def end_at_tenant(self, tenant_id: UUID, is_open: Callable[[Request], bool]) -> None:
        """Something about the tenant has changed: end what would not be begun now."""
        for answer in list(self._by_tenant.get(tenant_id, ())):
            if not is_open(answer.request):
                answer.cut_off(REVOKED)

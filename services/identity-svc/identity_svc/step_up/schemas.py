"""The HTTP contract of a step-up."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, WrapValidator

from identity_svc.factors.service import PasskeyProof
from identity_svc.sessions.schemas import CodeAnswer, PasskeyUse, RecoveryCodeAnswer
from stagify.inputs import Opaque, Password


class PasswordStepUp(BaseModel):
    """The present password, of somebody who has no second factor."""

    model_config = ConfigDict(extra="forbid")

    # In this way, because the type has an example already.
    current_password: Annotated[
        Password, Field(json_schema_extra={"examples": ["correct horse battery staple"]})
    ]


class PasskeyStepUp(BaseModel):
    """One of one's passkeys, on the platform's host, and the challenge that it was asked with."""

    model_config = ConfigDict(extra="forbid")

    challenge_id: Annotated[Opaque, Field(examples=["01a20796-68cf-776b-99d7-1dbbe564cdb6"])]
    passkey: PasskeyUse

    def proof(self) -> PasskeyProof:
        """What it shows."""
        return PasskeyProof(self.passkey.model_dump(by_alias=True, exclude_none=True))


_Form = PasswordStepUp | CodeAnswer | RecoveryCodeAnswer | PasskeyStepUp
_FORMS: dict[str, type[CodeAnswer] | type[RecoveryCodeAnswer] | type[PasskeyStepUp]] = {
    "code": CodeAnswer,
    "recovery_code": RecoveryCodeAnswer,
    "passkey": PasskeyStepUp,
    "challenge_id": PasskeyStepUp,
}


def _by_what_it_names(body: Any, _: Any) -> _Form:
    # By hand, so that what is wrong is told of one form, under the names that were sent.
    named = body.keys() if isinstance(body, dict) else ()
    form = next((_FORMS[name] for name in _FORMS if name in named), PasswordStepUp)
    return form.model_validate(body)


StepUp = Annotated[_Form, WrapValidator(_by_what_it_names)]

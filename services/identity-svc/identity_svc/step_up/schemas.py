"""The HTTP contract of a step-up."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, WrapValidator

from identity_svc.sessions.schemas import CODE_ANSWERS, CodeAnswer, RecoveryCodeAnswer
from stagify.inputs import Password


class PasswordStepUp(BaseModel):
    """The present password, of somebody who has no second factor."""

    model_config = ConfigDict(extra="forbid")

    # In this way, because the type has an example already.
    current_password: Annotated[
        Password, Field(json_schema_extra={"examples": ["correct horse battery staple"]})
    ]


def _by_what_it_names(body: Any, _: Any) -> PasswordStepUp | CodeAnswer | RecoveryCodeAnswer:
    # By hand, so that what is wrong is told of one form, under the names that were sent.
    named = body.keys() if isinstance(body, dict) else ()
    form = next((CODE_ANSWERS[name] for name in CODE_ANSWERS if name in named), PasswordStepUp)
    return form.model_validate(body)


StepUp = Annotated[
    PasswordStepUp | CodeAnswer | RecoveryCodeAnswer, WrapValidator(_by_what_it_names)
]

"""The HTTP contract of a step-up."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from stagify.inputs import Password


class StepUp(BaseModel):
    """The present password."""

    model_config = ConfigDict(extra="forbid")

    # In this way, because the type has an example already.
    current_password: Annotated[
        Password, Field(json_schema_extra={"examples": ["correct horse battery staple"]})
    ]

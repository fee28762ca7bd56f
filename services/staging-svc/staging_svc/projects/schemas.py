"""The HTTP contract of projects."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Annotated, Any, Literal, Self
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from stagify.inputs import Choice, Flag, Name, Real, Whole
from stagify.pagination import Page, encode_cursor
from staging_engine.port import MAX_CEILING_M, MIN_CEILING_M
from staging_svc.images.schemas import ImageRead, image_url
from staging_svc.projects.rules import fault_of_door, fault_of_floor, needs_look

ProjectStatus = Literal["queued", "processing", "staged", "failed", "cancelled"]
FINAL_STATUSES: frozenset[str] = frozenset({"staged", "failed", "cancelled"})


class Corner(BaseModel):
    """A point in shares of the photo's width and height, from the upper left corner of the photo as it
    is shown; below 0 and above 1 it lies outside."""

    model_config = ConfigDict(extra="forbid")

    x: Annotated[float, Real(-1, 2)]
    y: Annotated[float, Real(-1, 2)]


class Spot(BaseModel):
    """A point in the photo, in shares of its width and height, from its upper left corner."""

    model_config = ConfigDict(extra="forbid")

    x: Annotated[float, Real(0, 1)]
    y: Annotated[float, Real(0, 1)]


class Door(BaseModel):
    """A door that is seen as a whole: where it stands on the floor, and its upper edge straight above."""

    model_config = ConfigDict(extra="forbid")

    foot: Spot
    head: Spot


class Layout(BaseModel):
    """Where the room is in the photo, if a person says so. The far corners of the floor are in the
    photo. A near one is often outside of it: any point of the floor's edge there will do."""

    model_config = ConfigDict(extra="forbid")

    floor_corners: Annotated[
        list[Corner],
        Field(
            min_length=4,
            max_length=4,
            description="Near left, far left, far right, near right.",
            examples=[
                [
                    {"x": -0.2, "y": 1.1},
                    {"x": 0.3, "y": 0.6},
                    {"x": 0.7, "y": 0.6},
                    {"x": 1.2, "y": 1.1},
                ]
            ],
        ),
    ]
    door: Door | None = None

    @field_validator("floor_corners")
    @classmethod
    def _check_floor(cls, corners: list[Corner]) -> list[Corner]:
        if fault := fault_of_floor([(corner.x, corner.y) for corner in corners]):
            raise ValueError(fault)
        return corners

    @field_validator("door")
    @classmethod
    def _check_door(cls, door: Door | None) -> Door | None:
        if door and (
            fault := fault_of_door((door.foot.x, door.foot.y), (door.head.x, door.head.y))
        ):
            raise ValueError(fault)
        return door


CeilingHeight = Annotated[
    float,
    Real(MIN_CEILING_M, MAX_CEILING_M),
    Field(description="How high the room is, in metres, if that is known."),
]


class ProjectOptions(BaseModel):
    """How to stage. The same photo, choices and seed give the same image. `layout` and
    `ceiling_height_m` are for rooms that are not recognised, or not in their true size."""

    model_config = ConfigDict(extra="forbid")

    quality: Choice = "standard"
    seed: Annotated[int, Whole(0, 2**31 - 1)] = 0
    label: Flag = Field(
        default=True, description='Whether "Virtually staged" is written into the image.'
    )
    layout: Layout | None = None
    ceiling_height_m: CeilingHeight | None = None


class ProjectCreate(BaseModel):
    """What a customer asks for. The catalog has the room types, styles and qualities."""

    model_config = ConfigDict(extra="forbid")

    upload_id: UUID
    name: Name | None = None
    room_type: Annotated[Choice, Field(examples=["living_room"])]
    style: Annotated[Choice, Field(examples=["modern"])]
    options: ProjectOptions = Field(default_factory=ProjectOptions)


class ProjectUpdate(BaseModel):
    """What can be changed of a project; what is not named stays."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"minProperties": 1})

    name: Annotated[Name, Field(examples=["Living room, evening"])] | None = None
    is_favourite: Flag | None = None

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if self.name is None and self.is_favourite is None:
            raise ValueError("give a name, or is_favourite")
        return self


class VariationOptions(BaseModel):
    """How to stage; what is not given is as before. With `null`, nobody says any more where the room is,
    or how high."""

    model_config = ConfigDict(extra="forbid")

    quality: Choice | None = None
    seed: Annotated[int, Whole(0, 2**31 - 1)] | None = None
    label: Flag | None = None
    layout: Layout | None = None
    ceiling_height_m: CeilingHeight | None = None


class VariationCreate(BaseModel):
    """What is to be different. Without anything, another seed gives another picture."""

    model_config = ConfigDict(extra="forbid")

    room_type: Annotated[Choice, Field(examples=["bedroom"])] | None = None
    style: Annotated[Choice, Field(examples=["industrial"])] | None = None
    options: VariationOptions | None = None


class RetryOptions(BaseModel):
    """What helps to recognise the room; what is not given is as before, `null` takes it back."""

    model_config = ConfigDict(extra="forbid")

    layout: Layout | None = None
    ceiling_height_m: CeilingHeight | None = None


class RetryCreate(BaseModel):
    """What is to be different this time."""

    model_config = ConfigDict(extra="forbid")

    options: RetryOptions | None = None


class FailureRead(BaseModel):
    """Why a project failed."""

    code: str
    message: str


class HintRead(BaseModel):
    """What would make a better photo. A hint changes neither the result nor the price; `code` is
    stable: `black_bars`, `sideways`, `first_picture_only`."""

    code: str
    message: str


class CheckRead(BaseModel):
    """What was looked at in the photo, and what was seen. `code` is stable; new ones may come."""

    code: str
    passed: bool
    message: str


class SpotRead(BaseModel):
    """A point, in shares of the photo's width and height, from its upper left corner."""

    x: float
    y: float


class DoorRead(BaseModel):
    """A door that a person has marked."""

    foot: SpotRead
    head: SpotRead


class LayoutRead(BaseModel):
    """Where the room is, as a person has marked it."""

    floor_corners: list[SpotRead]
    door: DoorRead | None = None


class ProjectOptionsRead(BaseModel):
    """How the photo is staged. `layout` and `ceiling_height_m` are there if somebody gave them."""

    quality: str
    seed: int
    label: bool
    layout: LayoutRead | None = None
    ceiling_height_m: float | None = None


class ProjectRead(BaseModel):
    """A project. `original` appears when the photo has been checked, `staged` at the end, and `hints`
    at any time. `checks` are what the engine looked at: they come with a result and with a refusal.
    `confidence`, from 0 to 1, is how likely it is that the result can be published as it is; if it is
    low, `needs_look` asks a person to look at it first.

    Projects of one uploaded photo have the same `photo_id` and `original`; at most one of them is
    final. `is_favourite` is for the whole workspace. With `deleted_at` it is in the trash. `eta_seconds` is an estimate, from how long the last
    photos of the workspace took, while the project waits or is being staged; null if there is none."""

    id: UUID
    photo_id: UUID
    name: str
    room_type: str
    style: str
    options: ProjectOptionsRead
    status: ProjectStatus
    progress: float = Field(ge=0, le=1)
    failure: FailureRead | None
    hints: list[HintRead]
    confidence: Annotated[float, Field(ge=0, le=1)] | None
    needs_look: bool
    checks: list[CheckRead]
    original: ImageRead | None
    staged: ImageRead | None
    is_final: bool
    is_favourite: bool
    eta_seconds: int | None
    created_by: UUID | None = Field(description="The person who asked for it, if it was one.")
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None


class ProjectPage(Page[ProjectRead]):
    """Projects, newest first; `next_cursor` is null on the last page."""


IMAGE_COLUMNS = {
    kind: itemgetter(
        *(
            f"{kind}_{name}"
            for name in (
                "id",
                "width",
                "height",
                "content_type",
                "size",
                "sha256",
                "placeholder",
            )
        )
    )
    for kind in ("original", "staged")
}


def dump_project(row: Mapping[str, Any]) -> bytes:
    """A row of `queries` as the JSON of `ProjectRead`. Written by hand, like `dump_page`: clients ask
    for nothing more often, and Pydantic would take several times as long."""
    return orjson.dumps(_project(row), option=orjson.OPT_UTC_Z)


def dump_page(rows: Sequence[Mapping[str, Any]], limit: int) -> bytes:
    """The first `limit` rows as the JSON of `ProjectPage`; if there are more rows, there is a
    next page."""
    shown = rows[:limit]
    page = {
        "items": [_project(row) for row in shown],
        "next_cursor": encode_cursor(shown[-1]["id"]) if len(rows) > limit else None,
    }
    return orjson.dumps(page, option=orjson.OPT_UTC_Z)


def _project(row: Mapping[str, Any]) -> dict[str, Any]:
    code, created_by = row["failure_code"], row["created_by"]
    return {
        "id": str(row["id"]),
        "photo_id": str(row["photo_id"]),
        "name": row["name"],
        "room_type": row["room_type"],
        "style": row["style"],
        "options": orjson.Fragment(row["options"]),
        "status": row["status"],
        "progress": row["progress"],
        "failure": {"code": code, "message": row["failure_message"]} if code else None,
        "hints": orjson.Fragment(row["hints"]),
        "confidence": row["confidence"],
        "needs_look": needs_look(row["status"], row["confidence"]),
        "checks": orjson.Fragment(row["checks"]),
        "original": _image(row, "original"),
        "staged": _image(row, "staged"),
        "is_final": row["is_final"],
        "is_favourite": row["is_favourite"],
        "eta_seconds": row["eta_seconds"],
        "created_by": None if created_by is None else str(created_by),
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
        "deleted_at": row["deleted_at"],
    }


def _image(row: Mapping[str, Any], kind: Literal["original", "staged"]) -> dict[str, Any] | None:
    if row[f"{kind}_id"] is None:
        return None
    found_id, width, height, content_type, size, sha256, placeholder = IMAGE_COLUMNS[kind](row)
    image_id = str(found_id)
    return {
        "id": image_id,
        "url": image_url(image_id),
        "width": width,
        "height": height,
        "content_type": content_type,
        "size": size,
        "sha256": sha256,
        "placeholder": placeholder,
    }

"""The tables of images."""

from typing import Annotated
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Float, ForeignKeyConstraint, Index, Text
from sqlmodel import Field

from stagify.personal import Personal
from stagify.tables import TenantTable
from staging_svc.tables import ServiceTable


class Image(TenantTable, ServiceTable, table=True):
    """A stored photo of a project.

    `kind`: `source` is the upload, bit for bit, never shown; `original` its cleaned derivative,
    which everything shows; `staged` the furnished result. `has_label` says of that whether it is
    written into the pixels that the photo was staged virtually. `placeholder` is a thumbhash in base64.
    `focal_35mm` of an original is what it was taken with, the one thing that is kept of what the camera
    wrote.
    """

    __tablename__ = "images"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "project_id"], ["projects.tenant_id", "projects.id"]),
        CheckConstraint("kind IN ('source', 'original', 'staged')", name="kind"),
        Index(
            "uq_images_tenant_id_project_id_kind", "tenant_id", "project_id", "kind", unique=True
        ),
    )

    project_id: UUID
    kind: str = Field(sa_type=Text)
    filename: Annotated[str, Personal] = Field(sa_type=Text)
    bucket: str = Field(sa_type=Text)
    object_key: str = Field(sa_type=Text)
    content_type: str = Field(sa_type=Text)
    width: int
    height: int
    size: int = Field(sa_type=BigInteger)
    sha256: str = Field(sa_type=Text)
    has_label: bool | None = None
    placeholder: str | None = Field(default=None, sa_type=Text)
    focal_35mm: float | None = Field(default=None, sa_type=Float)


class Rendition(TenantTable, ServiceTable, table=True):
    """Another form of an image, with an object of its own.

    `kind`: `smaller` is the image for screens; `other_label` the whole staged image, without the label
    if the image has it, else with it. Renditions come and go with their image.
    """

    __tablename__ = "renditions"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "image_id"], ["images.tenant_id", "images.id"]),
        CheckConstraint("kind IN ('smaller', 'other_label')", name="kind"),
        Index(
            "uq_renditions_tenant_id_image_id_kind_width",
            "tenant_id",
            "image_id",
            "kind",
            "width",
            unique=True,
        ),
    )

    image_id: UUID
    kind: str = Field(sa_type=Text)
    bucket: str = Field(sa_type=Text)
    object_key: str = Field(sa_type=Text)
    content_type: str = Field(sa_type=Text)
    width: int
    height: int
    size: int = Field(sa_type=BigInteger)

"""Branding over HTTP."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from stagify.inputs import Color, Name


class BrandingColors(BaseModel):
    """Colours as `#rrggbb`. Areas, buttons and links have the primary one; what has the focus or is
    selected is marked in the accent colour."""

    model_config = ConfigDict(from_attributes=True)

    primary: str
    accent: str


class BrandingTheme(BaseModel):
    """What is shown for the colours on light or on dark pages. Where a colour could not be read or seen,
    it is a lighter or darker one of the same hue."""

    model_config = ConfigDict(from_attributes=True)

    brand: str = Field(description="Fills areas, such as the main button.")
    on_brand: str = Field(description="Text on such an area: white or ink.")
    brand_text: str = Field(description="The primary colour as text on the page.")
    brand_ring: str = Field(description="The accent colour around what has the focus.")


class BrandingTokens(BaseModel):
    """The colours that are shown."""

    model_config = ConfigDict(from_attributes=True)

    light: BrandingTheme
    dark: BrandingTheme


class BrandingRead(BaseModel):
    """How a tenant presents itself; readable without a credential. `colors` are those it has chosen,
    `tokens` those that are shown."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    colors: BrandingColors
    tokens: BrandingTokens
    logo_url: str | None = None


class BrandingColorsUpdate(BaseModel):
    """Any two colours: those that could not be read are adjusted, not refused."""

    model_config = ConfigDict(extra="forbid")

    primary: Annotated[Color, Field(examples=["#0b3d91"])]
    accent: Annotated[Color, Field(examples=["#e07a1f"])]


class BrandingUpdate(BaseModel):
    """What shall change; what is left out stays as it is. With null for its name a tenant is shown under
    the name of the workspace, with null for its colours in those of the platform."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[Name, Field(examples=["Lakeside Homes"])] | None = None
    colors: BrandingColorsUpdate | None = None

"""Branding over HTTP."""

from pydantic import BaseModel


class BrandingColors(BaseModel):
    """Colours as `#rrggbb`."""

    primary: str
    accent: str


class BrandingRead(BaseModel):
    """How a tenant presents itself; readable without a credential."""

    name: str
    colors: BrandingColors
    logo_url: str | None = None

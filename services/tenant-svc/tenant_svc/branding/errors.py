"""Refusals about branding."""

from stagify.errors import PreconditionFailedError


class BrandingChangedError(PreconditionFailedError):
    """Somebody has changed the branding in the meantime: look at it again."""

    code = "branding_changed"

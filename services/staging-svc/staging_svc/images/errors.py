"""Refusals about images."""

from stagify.errors import NotFoundError


class ImageNotFoundError(NotFoundError):
    """There is no such image here."""

    code = "image_not_found"

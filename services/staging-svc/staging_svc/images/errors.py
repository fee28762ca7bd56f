"""Refusals about images."""

from stagify.errors import NotFoundError


class ImageNotFoundError(NotFoundError):
    """This image does not exist."""

    code = "image_not_found"

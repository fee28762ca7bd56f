"""Refusals about the catalog."""

from stagify.errors import NotFoundError


class PreviewNotFoundError(NotFoundError):
    """This picture does not exist: the catalog names those that do."""

    code = "preview_not_found"

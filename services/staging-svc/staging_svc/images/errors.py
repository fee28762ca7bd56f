"""Refusals about images."""

from stagify.errors import NotFoundError


class ImageNotFoundError(NotFoundError):
    """This image does not exist."""

    code = "image_not_found"


class ImageFormNotFoundError(NotFoundError):
    """This image was staged before both forms were kept, with the label and without it: stage the photo
    again, or leave `label` out."""

    code = "image_form_not_found"

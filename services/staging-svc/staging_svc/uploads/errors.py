"""Refusals about uploads."""

from stagify.errors import (
    ConflictError,
    GoneError,
    InvalidInputError,
    NotFoundError,
    RateLimitedError,
    TooLargeError,
)


class UploadNotFoundError(NotFoundError):
    """There is no such upload here."""

    code = "upload_not_found"


class UnsupportedPhotoTypeError(InvalidInputError):
    """Photos may be JPEG, PNG or WebP."""

    code = "unsupported_photo_type"


class UploadTooLargeError(TooLargeError):
    """The photo is larger than allowed."""

    code = "upload_too_large"


class TooManyOpenUploadsError(RateLimitedError):
    """Too many uploads are open: use them or wait until they expire."""

    code = "too_many_open_uploads"


class UploadNotFilledError(ConflictError):
    """Nothing has been put to the upload's address yet."""

    code = "upload_not_filled"


class UploadExpiredError(GoneError):
    """The upload expired before anything was put there: ask for a new one."""

    code = "upload_expired"


class UploadAlreadyUsedError(ConflictError):
    """A project has already been made from this upload."""

    code = "upload_already_used"


class UploadMismatchError(InvalidInputError):
    """What was put there is not of the declared size and type."""

    code = "upload_mismatch"

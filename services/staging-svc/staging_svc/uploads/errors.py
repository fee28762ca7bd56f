"""Refusals about uploads."""

from stagify.errors import (
    ConflictError,
    GoneError,
    InvalidInputError,
    Members,
    NotFoundError,
    RateLimitedError,
    TooLargeError,
    UnavailableError,
)


class UploadNotFoundError(NotFoundError):
    """This upload does not exist."""

    code = "upload_not_found"


class UnsupportedPhotoTypeError(InvalidInputError):
    """A photo must be a JPEG, PNG, WebP, HEIC or AVIF file."""

    code = "unsupported_photo_type"
    example = Members(allowed=["image/jpeg", "image/png", "image/webp"])


class UploadTooLargeError(TooLargeError):
    """The photo is larger than allowed."""

    code = "upload_too_large"
    example = Members(limit_bytes=26_214_400)


class PhotoTooManyPixelsError(InvalidInputError):
    """The photo has more pixels than allowed."""

    code = "photo_too_large"
    example = Members(limit_pixels=50_000_000)


class PhotoTooFewPixelsError(InvalidInputError):
    """One side of the photo is too short."""

    code = "photo_too_small"
    example = Members(minimum_pixels=400)


class PhotoTooNarrowError(InvalidInputError):
    """The photo is too long for its width."""

    code = "photo_too_narrow"


class TooManyOpenUploadsError(RateLimitedError):
    """Too many uploads are unused: use or delete some of them, or wait until they expire."""

    code = "too_many_open_uploads"
    example = Members(limit=100, limit_bytes=1_048_576_000)


class UploadNotFilledError(ConflictError):
    """The photo has not been uploaded yet."""

    code = "upload_not_filled"


class UploadExpiredError(GoneError):
    """The upload expired before a photo arrived: start a new one."""

    code = "upload_expired"


class UploadAlreadyUsedError(ConflictError):
    """This upload has already been used for a project."""

    code = "upload_already_used"


class UploadMismatchError(InvalidInputError):
    """The uploaded file does not have the declared size and type."""

    code = "upload_mismatch"


class QuotaUnavailableError(UnavailableError):
    """How much this workspace may still store cannot be checked right now: try again soon."""

    code = "quota_unavailable"
    example = Members(limit_bytes=104_857_600)


class NoBucketError(UnavailableError):
    """Photos of this workspace cannot be stored right now."""

    code = "region_unavailable"

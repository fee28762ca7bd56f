"""What ends an attempt at a job; `runner` says what then becomes of the job."""

from staging_engine.port import Check, Hint


class RefusedError(Exception):
    """This project can never be staged: it fails at once. `message` is for the customer."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        is_photo_useless: bool = False,
        checks: tuple[Check, ...] = (),
        hints: tuple[Hint, ...] = (),
    ) -> None:
        super().__init__(code)
        self.checks = checks
        self.hints = hints
        self.code = code
        self.message = message
        self.is_photo_useless = is_photo_useless


class NotYetError(Exception):
    """Another part of the platform does not answer: the job waits, and the attempt does not count."""

"""The Date header of the gateway's own answers, rendered once a second."""

from email.utils import formatdate


class Clock:
    """Holds the current `date:` line; the listener calls `tick` about once a second."""

    __slots__ = ("date_line",)

    def __init__(self) -> None:
        self.tick()

    def tick(self) -> None:
        """Render the current line."""
        self.date_line = b"date: " + formatdate(usegmt=True).encode() + b"\r\n"


clock = Clock()

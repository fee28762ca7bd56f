"""The Date header, rendered once a second for every answer the gateway makes itself."""

from email.utils import formatdate


class Clock:
    """Holds the current `date:` line; whoever runs the loop calls `tick` about once a second."""

    __slots__ = ("date_line",)

    def __init__(self) -> None:
        self.tick()

    def tick(self) -> None:
        """Render the line for now."""
        self.date_line = b"date: " + formatdate(usegmt=True).encode() + b"\r\n"


clock = Clock()

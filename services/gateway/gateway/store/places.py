"""How many transfers run at a time, so that nobody can take all threads of the store."""

from collections.abc import Callable

from gateway.store.refusals import TOO_MANY_TRANSFERS, UPLOAD_IN_PROGRESS
from gateway.wire.refusals import OVERLOADED, Refusal
from gateway.wire.sources import Source


class Places:
    """The transfers under way: all together, by source, and the objects that are being uploaded.

    Uploads, which are slow, get no more than three quarters of the places, so that photos are still
    shown.
    """

    def __init__(self, max_transfers: int, max_by_source: int) -> None:
        self._max = max_transfers
        self._max_uploads = max_transfers * 3 // 4
        self._max_by_source = max_by_source
        self._by_source: dict[Source, int] = {}
        self._uploading: set[bytes] = set()
        self._taken = 0

    def __len__(self) -> int:
        return self._taken

    def enter(self, source: Source, uploaded: bytes | None) -> Refusal | Callable[[], None]:
        """Take a place for a transfer from `source`, of an upload to the object `uploaded` if it
        is one. Returns the function that gives the place back, or why there is none."""
        if uploaded is not None and uploaded in self._uploading:
            return UPLOAD_IN_PROGRESS
        held = self._by_source.get(source, 0)
        if held >= self._max_by_source:
            return TOO_MANY_TRANSFERS
        if self._taken >= self._max or (
            uploaded is not None and len(self._uploading) >= self._max_uploads
        ):
            return OVERLOADED
        self._taken += 1
        self._by_source[source] = held + 1
        if uploaded is not None:
            self._uploading.add(uploaded)

        def leave() -> None:
            self._taken -= 1
            remaining = self._by_source[source] - 1
            if remaining:
                self._by_source[source] = remaining
            else:
                del self._by_source[source]
            if uploaded is not None:
                self._uploading.discard(uploaded)

        return leave

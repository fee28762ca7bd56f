"""A usage-svc that keeps the seats of a test, and an identity-svc that asks it."""

import asyncio
import re
from dataclasses import dataclass, field

import httpx
import orjson

QUOTA = {
    "code": "quota_exceeded",
    "meter": "seats",
    "used": 3,
    "reserved": 0,
    "limit": 3,
    "resets_at": None,
}


@dataclass
class SeatKeeper:
    """Holds seats by the ids of their reservations, as usage-svc does; `client` calls the app."""

    # How many the plan includes, and how many are left.
    seats: int | None = 25
    left: int = 1_000
    # How many it says that there are.
    counted: int = 0
    is_away: bool = False
    # What the plan includes besides.
    features: list[str] = field(default_factory=list)
    # The ids of reservations, in the order in which they were first made.
    reserved: list[str] = field(default_factory=list)
    port: int = 0
    client: httpx.AsyncClient = field(default_factory=httpx.AsyncClient)

    def answer(self, path: str, body: bytes) -> tuple[int, object]:
        if self.is_away:
            return 503, {"code": "unavailable"}
        if path.endswith("/entitlements"):
            return 200, {"plan": "pro", "features": self.features, "limits": {"seats": self.seats}}
        if path.endswith("/levels/seats"):
            return 200, {"used": self.counted}
        reservation_id = orjson.loads(body)["reservation_id"]
        if reservation_id not in self.reserved:
            if self.left == 0:
                return 402, QUOTA
            self.left -= 1
            self.reserved.append(reservation_id)
        return 201, {"reservation_id": reservation_id, "expires_at": "2099-01-01T00:00:00Z"}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                length = re.search(r"content-length: (\d+)", head)
                body = await reader.readexactly(int(length.group(1)) if length else 0)
                status, answer = self.answer(head.split(" ", 2)[1], body)
                content = orjson.dumps(answer)
                writer.write(
                    b"HTTP/1.1 %d X\r\ncontent-length: %d\r\n\r\n%s"
                    % (status, len(content), content)
                )
        except asyncio.IncompleteReadError:
            writer.close()

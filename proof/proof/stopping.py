"""How those who send requests are told to stop."""

import asyncio


class Stopping(asyncio.Event):
    """The wish that somebody stops, for which they look between two steps."""

    async def comes_within(self, seconds: float) -> bool:
        """Whether it is there, or comes in so many seconds; without it, they have passed."""
        try:
            async with asyncio.timeout(seconds):
                await self.wait()
        except TimeoutError:
            return False
        return True

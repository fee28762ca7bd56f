"""Group commit without a database."""

import asyncio

import pytest

from stagify.testing import next_turn
from usage_svc.quotas.batching import Batches


class Recorder:
    """Work that notes its batches and ends when it is told to."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.gate = asyncio.Event()

    async def work(self, key: str, items: list[int]) -> list[int | Exception]:
        self.batches.append(items)
        await self.gate.wait()
        if -1 in items:
            raise RuntimeError("the transaction failed")
        return [ValueError(item) if item < 0 else item * 10 for item in items]


async def started(batches: Batches[str, int, int], *items: int) -> list[asyncio.Task[int]]:
    tasks = [asyncio.create_task(batches.submit("key", item)) for item in items]
    await next_turn()
    return tasks


async def test_alone_it_waits_for_nobody() -> None:
    recorder = Recorder()
    recorder.gate.set()
    batches = Batches(recorder.work)
    assert [await batches.submit("key", item) for item in (1, 2)] == [10, 20]
    assert recorder.batches == [[1], [2]]


async def test_what_comes_meanwhile_shares_the_next_batch() -> None:
    recorder = Recorder()
    batches = Batches(recorder.work)
    first = await started(batches, 1)
    await next_turn()
    rest = await started(batches, 2, 3, 4)
    recorder.gate.set()
    assert await asyncio.gather(*first, *rest) == [10, 20, 30, 40]
    assert recorder.batches == [[1], [2, 3, 4]]


async def test_each_gets_its_own_answer() -> None:
    recorder = Recorder()
    recorder.gate.set()
    tasks = await started(Batches(recorder.work), 1, -2, 3)
    good, bad, also_good = await asyncio.gather(*tasks, return_exceptions=True)
    assert (good, also_good) == (10, 30)
    assert isinstance(bad, ValueError)


async def test_failed_batch_fails_all_of_it_and_nothing_else() -> None:
    recorder = Recorder()
    batches = Batches(recorder.work)
    first = await started(batches, 1)
    await next_turn()
    rest = await started(batches, -1, 2)
    recorder.gate.set()
    answers = await asyncio.gather(*first, *rest, return_exceptions=True)
    assert answers[0] == 10
    assert [type(answer) for answer in answers[1:]] == [RuntimeError, RuntimeError]
    assert await batches.submit("key", 5) == 50


async def test_keys_do_not_wait_for_each_other() -> None:
    recorder = Recorder()
    batches = Batches(recorder.work)
    tasks = [asyncio.create_task(batches.submit(key, 1)) for key in ("a", "b")]
    await next_turn()
    await next_turn()
    assert recorder.batches == [[1], [1]]
    recorder.gate.set()
    await asyncio.gather(*tasks)


async def test_caller_that_goes_away_harms_nobody() -> None:
    recorder = Recorder()
    batches = Batches(recorder.work)
    first, second = await started(batches, 1, 2)
    first.cancel()
    recorder.gate.set()
    assert await second == 20
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_batches_are_bounded_and_close_waits() -> None:
    recorder = Recorder()
    batches = Batches(recorder.work, max_batch=2)
    first = await started(batches, 1)
    await next_turn()
    rest = await started(batches, 2, 3, 4)
    recorder.gate.set()
    await batches.close()
    assert recorder.batches == [[1], [2, 3], [4]]
    assert all(task.done() for task in await asyncio.wait_for(_settled(first + rest), 5))


async def _settled(tasks: list[asyncio.Task[int]]) -> list[asyncio.Task[int]]:
    await asyncio.gather(*tasks)
    return tasks

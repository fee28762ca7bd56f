"""Whose turn it is at a service: fair between tenants, and never for long."""

import gc
import weakref
from collections.abc import Awaitable, Callable
from time import monotonic

import pytest

from gateway.fairness.limits import Limits, LimitSettings, Party, Rate
from gateway.fairness.turns import Turns, TurnSettings
from gateway.testing.client import HOST, request
from gateway.testing.running import Running
from gateway.testing.service import FakeService, Hang, Received, Wire
from gateway.wire.refusals import OVERLOADED, Refusal
from stagify.testing import next_turn

MakeGateway = Callable[..., Awaitable[Running]]
NOW = 100.0


class Asking:
    """A request of one tenant; `became` says what became of it."""

    def __init__(self, turns: Turns, party: Party, now: float = NOW) -> None:
        self.lane = turns.lane_of(party)
        self.became: str | Refusal = "waiting"
        self.started = now
        self.is_done = False
        refusal = self.lane.take_turn(self, now)
        if refusal is not None:
            self.refuse(refusal)

    def start(self, now: float) -> None:
        assert self.became == "waiting"
        self.became = "running"

    def refuse(self, refusal: Refusal) -> None:
        self.became, self.is_done = refusal, True

    def end(self, now: float = NOW) -> None:
        """The service has answered."""
        assert self.became == "running"
        self.became, self.is_done = "answered", True
        self.lane.leave_turn(now - self.started, now)


def turns_of(settings: TurnSettings) -> Turns:
    return Turns(settings, Limits(LimitSettings()))


def ask(turns: Turns, party: Party, count: int, now: float = NOW) -> list[Asking]:
    """`count` requests of one tenant."""
    return [Asking(turns, party, now) for _ in range(count)]


def states(requests: list[Asking]) -> list[str | Refusal]:
    return [each.became for each in requests]


@pytest.fixture
def parties() -> list[Party]:
    """Tenants."""
    return [Party(Rate.of("tenant", 1, 1)) for _ in range(3)]


class TestPlaces:
    def test_tenant_alone_leaves_half_of_the_places_free(self, parties: list[Party]) -> None:
        turns = turns_of(TurnSettings(max_running=4))
        greedy = ask(turns, parties[0], 3)
        assert states(greedy) == ["running", "running", "waiting"]
        assert states(ask(turns, parties[1], 2)) == ["running", "running"]
        assert states(ask(turns, parties[2], 1)) == ["waiting"]

    def test_waiting_request_starts_when_another_is_answered(self, parties: list[Party]) -> None:
        turns = turns_of(TurnSettings(max_running=4))
        first, second, third = ask(turns, parties[0], 3)
        first.end()
        assert states([second, third]) == ["running", "running"]
        second.end()
        third.end()
        assert (turns.running, turns.waiting) == (0, 0)

    def test_long_queue_does_not_delay_the_single_request(self, parties: list[Party]) -> None:
        turns = turns_of(TurnSettings(max_running=2))
        greedy = ask(turns, parties[0], 100)
        first, second = Asking(turns, parties[1]), Asking(turns, parties[2])
        assert states([first, second]) == ["running", "waiting"]
        greedy[0].end()
        greedy[1].end()
        assert states([*greedy[:3], second]) == ["answered", "answered", "waiting", "running"]

    def test_tenants_with_queues_take_turns(self, parties: list[Party]) -> None:
        turns = turns_of(TurnSettings(max_running=2))
        queues = [ask(turns, party, 10) for party in parties]
        running: list[Asking] = []
        for _ in range(12):
            started = [each for queue in queues for each in queue if each.became == "running"]
            running += [each for each in started if each not in running]
            running.pop(0).end()
        answered = [states(queue).count("answered") for queue in queues]
        assert max(answered) - min(answered) <= 2

    def test_tenant_that_used_most_gets_what_the_others_leave(self, parties: list[Party]) -> None:
        turns = turns_of(TurnSettings(max_running=8))
        for party, seconds in zip(parties, (8.0, 1.0, 1.0), strict=True):
            Asking(turns, party).end(NOW + seconds)
        other = Asking(turns, parties[1], NOW + 8)
        greedy = ask(turns, parties[0], 3, NOW + 8)
        assert states([other, *greedy]) == ["running"] * 2 + ["waiting"] * 2
        others = [other, *ask(turns, parties[1], 3, NOW + 8), *ask(turns, parties[2], 3, NOW + 8)]
        assert states(others) == ["running"] * 7
        greedy[0].end(NOW + 8)
        assert states(greedy[1:]) == ["waiting"] * 2
        for other in others:
            other.end(NOW + 8)
        assert states(greedy[1:]) == ["running"] * 2

    def test_lane_is_gone_with_its_party(self) -> None:
        turns, party = turns_of(TurnSettings()), Party(Rate.of("tenant", 1, 1))
        lane = weakref.ref(turns.lane_of(party))
        assert turns.lane_of(party) is lane()
        Asking(turns, party).end(NOW + 1)
        del party
        gc.collect()
        assert lane() is None

    def test_what_was_used_is_forgotten(self, parties: list[Party]) -> None:
        turns = turns_of(TurnSettings(max_running=6))
        Asking(turns, parties[0]).end(NOW + 8)
        for second in range(20):
            Asking(turns, parties[1], NOW + 8 + second).end(NOW + 9 + second)
        others = ask(turns, parties[1], 3, NOW + 30)
        assert states([*others, Asking(turns, parties[0], NOW + 30)]) == ["running"] * 4


class TestPatience:
    def test_request_that_has_waited_too_long_is_refused(self, parties: list[Party]) -> None:
        turns = turns_of(TurnSettings(max_running=2, patience_seconds=2.0))
        running, late, recent = Asking(turns, parties[0]), Asking(turns, parties[0]), None
        recent = Asking(turns, parties[0], NOW + 2)
        running.end(NOW + 2.001)
        assert states([late]) == [OVERLOADED]
        assert recent.became == "running"

    def test_standing_queue_is_cut_short(self, parties: list[Party]) -> None:
        settings = TurnSettings(max_running=2, patience_seconds=2.0, busy_patience_seconds=0.5)
        turns = turns_of(settings)
        running = Asking(turns, parties[0])
        early = ask(turns, parties[0], 2, NOW + 1)
        running.end(NOW + 1.9)
        assert states(early) == ["running", "waiting"]
        late = ask(turns, parties[0], 2, NOW + 3)
        early[0].end(NOW + 3.4)
        assert states([early[1], *late]) == [OVERLOADED, "running", "waiting"]
        late[0].end(NOW + 3.4)
        # The queue is empty now, but it was too long a moment ago.
        late[1].end(NOW + 3.4)
        running, hasty = ask(turns, parties[0], 2, NOW + 4)
        running.end(NOW + 4.6)
        assert hasty.became is OVERLOADED

    def test_queue_that_was_short_for_a_while_is_patient_again(self, parties: list[Party]) -> None:
        settings = TurnSettings(max_running=2, patience_seconds=2.0, busy_patience_seconds=0.5)
        turns = turns_of(settings)
        running, _ = ask(turns, parties[0], 2)
        running.end(NOW + 2.5)
        running, patient = ask(turns, parties[0], 2, NOW + 5)
        running.end(NOW + 6.5)
        assert patient.became == "running"

    def test_client_that_is_gone_is_passed_over(self, parties: list[Party]) -> None:
        turns = turns_of(TurnSettings(max_running=2))
        running, gone, there = ask(turns, parties[0], 3)
        gone.is_done = True
        running.end()
        assert states([gone, there]) == ["waiting", "running"]

    def test_queue_has_a_limit(self, parties: list[Party]) -> None:
        turns = turns_of(TurnSettings(max_running=2, max_waiting=1))
        assert states(ask(turns, parties[0], 3)) == ["running", "waiting", OVERLOADED]


async def test_service_never_gets_more_than_its_places(
    make_gateway: MakeGateway, service: FakeService
) -> None:
    live = await make_gateway(service_max_running=2)
    running, most = 0, 0

    async def work(received: Received, wire: Wire) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await next_turn()
        running -= 1
        await wire.respond()

    service.handlers["/v1/projects"] = work
    clients = [await live.connect() for _ in range(10)]
    for client in clients:
        await client.send(request())
    assert [(await client.answer()).status for client in clients] == [200] * 10
    assert most == 1
    for client in clients:
        await client.close()


async def test_service_that_hangs_is_not_waited_for(
    make_gateway: MakeGateway, service: FakeService
) -> None:
    live = await make_gateway(service_max_running=2, turn_timeout_seconds=0.1)
    hang = Hang()
    service.handlers["/v1/projects"] = hang
    client = await live.connect()
    await client.send(request())
    await hang.begun.wait()
    waiting = await live.connect()
    await waiting.send(request())
    # Another service's requests go on, and tell that the gateway has read the one before.
    assert (await live.get(request("/v1/usage"))).status == 200
    await live.run(lambda: live.gateway.listener.sweep(monotonic() + 1))
    answer = await waiting.answer()
    assert (answer.status, answer.code) == (503, "overloaded")
    assert answer.headers["retry-after"] == "1"
    await client.close()
    await waiting.close()


async def test_body_that_comes_slowly_holds_no_place(
    make_gateway: MakeGateway, service: FakeService
) -> None:
    live = await make_gateway(service_max_running=2)
    slow = [await live.connect() for _ in range(4)]
    for client in slow:
        await client.send(
            request("/v1/projects", "Content-Length: 4", method="POST", host=HOST) + b"12"
        )
    assert (await live.get(request())).status == 200
    for client in slow:
        await client.send(b"34")
        assert (await client.answer()).status == 200
        await client.close()
    assert sorted(each.body for each in service.received) == [b"", *[b"1234"] * 4]


async def test_answer_that_is_read_slowly_holds_no_place(
    make_gateway: MakeGateway, service: FakeService
) -> None:
    live = await make_gateway(service_max_running=2)

    async def much(received: Received, wire: Wire) -> None:
        await wire.send(b"HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\nhalf")
        await wire.wait_closed_by_peer()

    service.handlers["/v1/projects"] = much
    slow = [await live.connect() for _ in range(4)]
    for client in slow:
        await client.send(request())
        await client.until(b"half")
    assert (await live.get(request("/v1/projects/1"))).status == 200
    for client in slow:
        await client.close()

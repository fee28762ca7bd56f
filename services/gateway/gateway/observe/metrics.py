"""Figures of the gateway: plain numbers on the hot path, rendered only when Prometheus asks."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector, CollectorRegistry

from gateway.wire.record import Record

_BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
# Refused because there was too much, not because anything was wrong with the request.
_SHED = frozenset({"rate_limited", "too_many_in_flight", "overloaded"})


class _Answers:
    """The answers of one service: how many by status class and by time, and their total time."""

    __slots__ = ("buckets", "seconds", "statuses")

    def __init__(self) -> None:
        self.statuses = [0] * 6
        self.buckets = [0] * (len(_BOUNDS) + 1)
        self.seconds = 0.0


class Metrics(Collector):
    """Counts by service and status class, and the times until the head of the answer."""

    def __init__(self, services: Iterable[str]) -> None:
        self._answers = {name: _Answers() for name in services}
        self._refusals: dict[str, int] = {}
        self._gauges: dict[str, tuple[str, Callable[[], float]]] = {}
        self._counters: dict[str, tuple[str, Callable[[], float]]] = {}

    def answered(self, record: Record) -> None:
        """A service has begun its answer, or the gateway itself has given one."""
        if record.code:
            code = record.code.decode()
            self._refusals[code] = self._refusals.get(code, 0) + 1
        elif record.service is not None:
            answers = self._answers[record.service.name]
            answers.statuses[record.status // 100] += 1
            answers.buckets[bisect_left(_BOUNDS, record.answer_seconds)] += 1
            answers.seconds += record.answer_seconds

    def watch_gauge(self, name: str, meaning: str, read: Callable[[], float]) -> None:
        """Report `read()` as a gauge."""
        self._gauges[f"stagify_gateway_{name}"] = (meaning, read)

    def watch_counter(self, name: str, meaning: str, read: Callable[[], float]) -> None:
        """Report `read()` as a counter."""
        self._counters[f"stagify_gateway_{name}"] = (meaning, read)

    def register(self, registry: CollectorRegistry) -> None:
        """Show these figures in `registry`."""
        registry.register(self)

    def collect(self) -> Iterable[Metric]:
        """See prometheus_client."""
        yield self._requests()
        yield self._latency()
        yield self._refused("refusals", "Requests the gateway refused.", self._refusals)
        shed = {code: count for code, count in self._refusals.items() if code in _SHED}
        yield self._refused("shed", "Requests refused because there were too many.", shed)
        for name, (meaning, read) in self._gauges.items():
            yield GaugeMetricFamily(name, meaning, value=read())
        for name, (meaning, read) in self._counters.items():
            yield CounterMetricFamily(name, meaning, value=read())

    def _requests(self) -> Metric:
        family = CounterMetricFamily(
            "stagify_gateway_requests",
            "Requests a service answered, by class of status.",
            labels=["service", "status"],
        )
        for service, answers in self._answers.items():
            for status_class, count in enumerate(answers.statuses):
                if count:
                    family.add_metric([service, f"{status_class}xx"], count)
        return family

    def _latency(self) -> Metric:
        family = HistogramMetricFamily(
            "stagify_gateway_upstream_seconds",
            "Time from sending a request to the head of its answer.",
            labels=["service"],
        )
        for service, answers in self._answers.items():
            total = 0
            buckets: list[tuple[str, float]] = []
            for bound, count in zip((*_BOUNDS, "+Inf"), answers.buckets, strict=True):
                total += count
                buckets.append((str(bound), total))
            family.add_metric([service], buckets, answers.seconds)
        return family

    @staticmethod
    def _refused(name: str, meaning: str, counts: Mapping[str, int]) -> Metric:
        family = CounterMetricFamily(f"stagify_gateway_{name}", meaning, labels=["code"])
        for code, count in counts.items():
            family.add_metric([code], count)
        return family

"""A benchmark that misses its bar says so and fails."""

import json
from pathlib import Path

import pytest

from proof import figures
from proof.figures import Bar, missed, report


@pytest.mark.parametrize(
    ("bar", "good", "bad"),
    [
        (Bar("x", at_least=2.0), [2.0, 3], [1.99, 0, float("nan")]),
        (Bar("x", at_most=25), [25, 24.9, -1], [25.01, float("inf"), float("nan")]),
        (Bar("x", at_least=500, at_most=500), [500], [499, 501]),
    ],
    ids=str,
)
def test_a_bar_is_compared(bar: Bar, good: list[float], bad: list[float]) -> None:
    assert [missed({"x": value}, [bar]) for value in good] == [[] for _ in good]
    assert all(missed({"x": value}, [bar]) for value in bad)


def test_every_bar_that_is_missed_is_named() -> None:
    bars = [Bar("a", at_least=1), Bar("b", at_most=1), Bar("c", at_most=1)]
    assert missed({"a": 0.5, "b": 2, "c": 1}, bars) == [
        "a: 0.50, must be at least 1",
        "b: 2, must be at most 1",
    ]


def test_a_bar_without_its_figure_is_an_error() -> None:
    with pytest.raises(KeyError):
        missed({"speed": 1.0}, [Bar("sped", at_least=1)])


class TestReport:
    @pytest.fixture(autouse=True)
    def results(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setattr(figures, "RESULTS", tmp_path)
        return tmp_path

    def test_it_ends_well_when_all_is_met(self, capsys: pytest.CaptureFixture[str]) -> None:
        report("x", {"ratio": 2.5}, {}, bars=[Bar("ratio", at_least=2)])
        assert capsys.readouterr().out == "ratio  2.50  (at least 2)\n"

    def test_it_keeps_what_it_measured_and_fails(self, results: Path) -> None:
        with pytest.raises(SystemExit, match=r"NOT MET ratio: 1\.50, must be at least 2"):
            report("x", {"ratio": 1.5}, {"rounds": [1.5]}, bars=[Bar("ratio", at_least=2)])
        kept = json.loads((results / "x.json").read_text())
        assert kept["figures"] == {"ratio": 1.5}
        assert kept["bars"] == {"ratio": "at least 2"}

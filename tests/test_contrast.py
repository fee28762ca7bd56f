"""The contrast guard of tenant-svc and that of the web app are the same."""

from proof import contrast


def test_the_vectors_are_those_of_the_guard() -> None:
    assert contrast.FILE.read_text() == contrast.render(), "run: make contract"

"""The list of `make mutants` fits the code: each of its mistakes can be made."""

import pytest

from proof.mutants.mistakes import REPOSITORY, Mistake, StaleMistakeError, read_mistakes

MISTAKES = read_mistakes()


def member_of(path: str) -> str:
    """The folder of the workspace member that `path` is in."""
    folder = REPOSITORY / path
    while not (folder / "pyproject.toml").exists():
        folder = folder.parent
    return str(folder.relative_to(REPOSITORY))


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.what)
def test_can_be_made(mistake: Mistake) -> None:
    text = (REPOSITORY / mistake.file).read_text("utf-8")
    assert mistake.made_in(text) != text
    for tests in mistake.tests:
        assert (REPOSITORY / tests).exists()
        assert member_of(tests) == member_of(mistake.file)


def test_there_are_forty_of_them_each_with_its_own_words() -> None:
    assert len({mistake.what for mistake in MISTAKES}) == len(MISTAKES) >= 40


def test_one_that_no_longer_fits_is_told() -> None:
    mistake = Mistake("Nothing.", "README.md", "was", "becomes", ())
    with pytest.raises(StaleMistakeError, match="found 2 times"):
        mistake.made_in("was and was")

"""Which identifiers belong to which party, and where those of another party turn up."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Known:
    """The identifiers of every party, learned from the answers it got."""

    def __init__(self) -> None:
        self._owners: dict[str, str] = {}
        self._shared: set[str] = set()
        # Such as slugs and addresses, which are looked for anywhere in a text.
        self._names: dict[str, str] = {}

    def add(self, party: str, *names: str) -> None:
        """`names` are the party's own."""
        self._names |= dict.fromkeys(names, party)

    def share(self, *identifiers: str) -> None:
        """Everybody may be told of these."""
        self._shared.update(identifiers)

    def learn(self, party: str, answer: Any) -> None:
        """The ids in a successful answer were made for `party`, unless another had them before."""
        for identifier in found_in(answer):
            self._owners.setdefault(identifier, party)

    def foreign(self, party: str, answer: str, *, asked: str) -> set[str]:
        """Names and ids of others in an `answer` to `party`, except those that it `asked` with."""
        ids = {
            identifier
            for identifier in UUID.findall(answer)
            if self._owners.get(identifier, party) != party and identifier not in self._shared
        }
        names = {name for name, owner in self._names.items() if owner != party and name in answer}
        return {each for each in ids | names if each not in asked}


def found_in(answer: Any) -> Iterator[str]:
    """Every UUID that is a value in a JSON document."""
    if isinstance(answer, str):
        if UUID.fullmatch(answer):
            yield answer
        return
    values: Iterable[Any] = ()
    if isinstance(answer, dict):
        values = answer.values()
    elif isinstance(answer, list):
        values = answer
    for value in values:
        yield from found_in(value)

"""Which passwords are refused."""

from functools import cache
from importlib.resources import files

from identity_svc.people.errors import WeakPasswordError

# With whatever figures and signs around them.
CONTEXT_WORDS = frozenset({"stagify", "stagifyai", "staging", "homestaging", "virtualstaging"})


def check_password(password: str, email: str) -> None:
    """WeakPasswordError if `password` is one of the first that anyone would try."""
    candidate = password.casefold()
    local_part = email.partition("@")[0]
    if candidate in worst_passwords() or candidate in (email.casefold(), local_part.casefold()):
        raise WeakPasswordError
    if len(set(candidate)) == 1:
        raise WeakPasswordError
    if "".join(each for each in candidate if each.isalpha()) in CONTEXT_WORDS:
        raise WeakPasswordError


@cache
def worst_passwords() -> frozenset[str]:
    """The passwords at the top of published lists of leaked ones, in lower case: those of zxcvbn (MIT licence) that
    are long enough to be one here, and some more."""
    text = files("identity_svc.people").joinpath("worst_passwords.txt").read_text(encoding="utf-8")
    return frozenset(line for line in text.split() if line)

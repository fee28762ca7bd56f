"""Recovery codes: ten, of 120 random bits each, in letters and digits that nobody mixes up."""

import secrets

HOW_MANY = 10
# Crockford's base 32 has neither I, L, O nor U.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH, _GROUP = 24, 4


def new_codes() -> list[str]:
    """Codes, as they are shown."""
    return [_new_code() for _ in range(HOW_MANY)]


def _new_code() -> str:
    letters = [secrets.choice(_ALPHABET) for _ in range(_LENGTH)]
    return "-".join("".join(letters[at : at + _GROUP]) for at in range(0, _LENGTH, _GROUP))


def canonical(code: str) -> str:
    """A code as it is compared: typed in whatever case, with or without what stands between, and with
    the letters that look like digits."""
    kept = "".join(each for each in code.upper() if each.isalnum())
    return kept.translate(str.maketrans("OIL", "011"))

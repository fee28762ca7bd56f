"""The bodies of requests as I-JSON (RFC 7493): UTF-8, every member once, and numbers that are numbers.

Two programs may read anything else differently, or not at all.
"""

import json
from typing import Any


class MalformedError(ValueError):
    """Why a body is not I-JSON, as a sentence for customers."""


def check(body: bytes) -> None:
    """MalformedError unless `body` is one JSON document that everyone reads alike."""
    try:
        json.loads(body.decode("utf-8-sig"), object_pairs_hook=_once, parse_constant=_no_number)
    except UnicodeDecodeError as error:
        raise MalformedError("The body is not in UTF-8.") from error
    except json.JSONDecodeError as error:
        raise MalformedError(f"The body is not valid JSON at character {error.pos}.") from error
    except RecursionError as error:
        raise MalformedError("The body is nested too deeply.") from error
    except MalformedError:
        raise
    except ValueError as error:
        # Python reads no integer of more than 4,300 digits.
        raise MalformedError("The body has a number that is too long.") from error


def _once(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) < len(members):
        raise MalformedError("The body has a member twice in one object.")
    return found


def _no_number(name: str) -> None:
    raise MalformedError(f"{name} is not a number in JSON.")

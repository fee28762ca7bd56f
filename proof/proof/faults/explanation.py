"""Everything known about the key of a difference: commands, events, log lines."""

import re
from collections.abc import Mapping

from proof.faults.history import History
from proof.faults.invariants import Difference, Picture, project_of
from proof.faults.world import Message

SHOWN_LINES = 40
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def explained(
    difference: Difference, history: History, picture: Picture, logs: Mapping[str, str]
) -> str:
    """The difference and the history of its key."""
    keys = set(UUID.findall(difference.key))
    # An event is explained by its project, an object by the project that its key names.
    keys |= {project_of(each) or "" for each in picture.messages if each.event_id in keys} - {""}
    projects = keys & {str(each.id) for each in history.projects}
    keys = projects | (keys - _tenants(history)) if projects else keys
    events = [str(each) for each in picture.messages if _ids(each) & keys]
    lines = [
        f"{name}: {line}"
        for name, log in logs.items()
        for line in log.splitlines()
        if any(key in line for key in keys)
    ]
    commands = _commands(history, keys)
    parts = [f"{difference.key}: {difference.text}", *commands, *_end(events), *_end(lines)]
    return "\n    ".join(parts)


def _commands(history: History, keys: set[str]) -> list[str]:
    names = {each.name for each in history.projects if str(each.id) in keys}
    slugs = {each.slug for each in history.tenants.values() if str(each.id) in keys}
    return [
        str(each)
        for each in history.commands
        if each.subject in names or (each.slug in slugs and each.kind in ("sign up", "plan"))
    ]


def _ids(message: Message) -> set[str]:
    return {message.key, message.event_id, project_of(message) or message.key}


def _tenants(history: History) -> set[str]:
    return {str(each.id) for each in history.tenants.values()}


def _end(lines: list[str]) -> list[str]:
    left_out = len(lines) - SHOWN_LINES
    return [f"({left_out} earlier ones)", *lines[left_out:]] if left_out > 0 else lines

"""Folders and files that only their owner may read: they hold mails, codes, secrets, photos."""

import os
from pathlib import Path


def private_folder(folder: Path) -> None:
    """Make the folder, or close one that was open to others."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)


def open_private(path: Path, flags: int = os.O_WRONLY | os.O_TRUNC) -> int:
    """The descriptor of a file that is made if it is not there, and closed to others if it is."""
    descriptor = os.open(path, flags | os.O_CREAT | os.O_CLOEXEC, 0o600)
    os.fchmod(descriptor, 0o600)
    return descriptor


def write_private(path: Path, content: str | bytes) -> None:
    """Write the whole file."""
    data = content.encode() if isinstance(content, str) else content
    with os.fdopen(open_private(path), "wb") as file:
        file.write(data)

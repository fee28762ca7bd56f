"""What `make up` writes can be read by its owner alone."""

from pathlib import Path

from stagify_local.customer import Customer
from stagify_local.platform import Platform


def readable_by_others(folder: Path) -> list[Path]:
    """The files that somebody else could open: neither they nor a folder above them are closed."""
    if not folder.stat().st_mode & 0o011:
        return []
    found = []
    for path in folder.iterdir():
        if path.is_dir():
            found += readable_by_others(path)
        elif path.stat().st_mode & 0o044:
            found.append(path)
    return found


def test_nobody_else_can_read_what_the_platform_writes(
    platform: Platform, customer: Customer
) -> None:
    folder = platform.installation.folder
    assert list(platform.mail_dir.glob("*.eml"))
    log = folder / "logs" / "gateway-access.log"
    assert log.stat().st_mode & 0o777 == 0o600
    # Which processes run, their pids and ports, is no secret.
    open_to_all = {folder / "running.json", folder / "lock"}
    assert set(readable_by_others(folder)) <= open_to_all

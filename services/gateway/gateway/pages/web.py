"""The web app as it was built, read into memory once: its pages by the kind of host, and its assets."""

import logging
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from gateway.hosts.sites import SiteKind
from gateway.pages.document import Document
from gateway.pages.entries import Addresses, Entry

logger = logging.getLogger(__name__)

ASSETS = b"/assets/"
_KINDS: tuple[SiteKind, ...] = ("tenant", "platform", "ops")
# The name of an asset changes with its content.
_FOREVER = "public, max-age=31536000, immutable"
_OF_ASSETS = {
    # Nobody opens one as a page; should one be, it can do nothing.
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cross-origin-resource-policy": "same-origin",
}
# The best first.
_CODINGS = {b"br": ".br", b"gzip": ".gz"}
_CONTENT_TYPES = {
    ".avif": "image/avif",
    ".css": "text/css; charset=utf-8",
    ".ico": "image/x-icon",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}


class WebApp:
    """One build, and the assets of the build before for pages that are still open."""

    def __init__(self, entries: Mapping[SiteKind, Entry], assets: Mapping[bytes, Document]) -> None:
        self.entries = entries
        self.assets = assets


def load(folder: Path | None, previous: Path | None, addresses: Addresses) -> WebApp | None:
    """The build in `folder`; None if there is none that is complete."""
    if folder is None:
        return None
    try:
        assets = _assets(folder)
        pages = {kind: (folder / f"{kind}.html").read_text("utf-8") for kind in _KINDS}
        build = _build(pages, assets)
        entries = {kind: Entry(page, build, addresses) for kind, page in pages.items()}
    except (OSError, ValueError) as error:
        logger.warning("web.not_built", extra={"folder": str(folder), "reason": str(error)})
        return None
    earlier = {} if previous is None else _earlier(previous)
    logger.info(
        "web.loaded", extra={"build": build, "assets": len(assets), "earlier": len(earlier)}
    )
    return WebApp(entries, earlier | assets)


def _build(pages: Mapping[SiteKind, str], assets: Mapping[bytes, Document]) -> str:
    """A name for the build: that of an asset says what is in it."""
    digest = sha256()
    for part in (*pages.values(), *map(bytes.decode, sorted(assets))):
        digest.update(sha256(part.encode()).digest())
    return digest.hexdigest()[:16]


def _earlier(folder: Path) -> dict[bytes, Document]:
    try:
        return _assets(folder)
    except OSError:
        return {}


def _assets(folder: Path) -> dict[bytes, Document]:
    """The assets by their paths. The forms that the build has compressed lie beside each."""
    found: dict[bytes, Document] = {}
    for file in sorted((folder / "assets").rglob("*")):
        if not file.is_file() or file.suffix in _CODINGS.values():
            continue
        path = b"/" + file.relative_to(folder).as_posix().encode()
        found[path] = _asset(file)
    if not found:
        raise FileNotFoundError(f"{folder / 'assets'} has no files")
    return found


def _asset(file: Path) -> Document:
    body = file.read_bytes()
    forms = {}
    for coding, suffix in _CODINGS.items():
        packed = file.with_name(file.name + suffix)
        if packed.is_file() and packed.stat().st_size < len(body):
            forms[coding] = packed.read_bytes()
    content_type = _CONTENT_TYPES.get(file.suffix, "application/octet-stream")
    return Document(content_type, body, _FOREVER, headers=_OF_ASSETS, forms=forms)

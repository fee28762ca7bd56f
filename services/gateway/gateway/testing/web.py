"""A small build of a web app, as the real one is laid out."""

import gzip
from pathlib import Path

_PAGE = """<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <!--stagify:head-->
    <script type="module" crossorigin src="/assets/{kind}-{version}.js"></script>
    <link rel="stylesheet" crossorigin href="/assets/base-{version}.css">
  </head>
  <body><div id="root"></div></body>
</html>
"""
SCRIPT = b'document.getElementById("root").textContent = "works";\n' * 40
STYLE = b"#root{color:var(--brand)}\n" * 40


def packed(body: bytes) -> bytes:
    """What stands for `body` compressed with Brotli, for which Python has no library."""
    return b"br:" + body[:40]


def build_web(folder: Path, version: str = "a1") -> Path:
    """Write a build into `folder`, and return it."""
    assets = folder / "assets"
    assets.mkdir(parents=True)
    for kind in ("tenant", "platform", "ops"):
        (folder / f"{kind}.html").write_text(_PAGE.format(kind=kind, version=version))
        _write(assets / f"{kind}-{version}.js", SCRIPT + kind.encode())
    _write(assets / f"base-{version}.css", STYLE)
    (assets / f"sans-{version}.woff2").write_bytes(b"wOF2" * 10)
    (folder / "manifest.json").write_text("{}")
    return folder


def _write(file: Path, body: bytes) -> None:
    file.write_bytes(body)
    file.with_name(file.name + ".br").write_bytes(packed(body))
    file.with_name(file.name + ".gz").write_bytes(gzip.compress(body, mtime=0))

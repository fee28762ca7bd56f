"""A small page that shows a folder of mails. Mails are untrusted text, so all of it is escaped."""

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path

SHOWN = 200
NAME = re.compile(r"/(\d{1,20})")
LOCAL_NAMES = ("127.0.0.1", "localhost")
# No scripts, no remote pictures; a mail's HTML is shown only inside its sandboxed frame.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; frame-ancestors 'self'"

PAGE = """\
<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }}
table {{ border-collapse: collapse; width: 100%; }}
td, th {{ text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #ddd; }}
pre {{ white-space: pre-wrap; background: #f6f6f6; padding: 1rem; }}
iframe {{ width: 100%; height: 30rem; border: 1px solid #ddd; }}
</style></head><body>{body}</body></html>
"""


def read_mail(path: Path) -> EmailMessage:
    """The mail in a file."""
    message = message_from_bytes(path.read_bytes(), policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def text_of(message: EmailMessage) -> str:
    """Its plain text; empty if it has none."""
    part = message.get_body(("plain",))
    return "" if part is None else str(part.get_content())


def html_of(message: EmailMessage) -> str | None:
    part = message.get_body(("html",))
    return None if part is None else str(part.get_content())


def render_list(folder: Path) -> str:
    """The newest mails."""
    rows = "".join(render_row(path) for path in newest(folder))
    table = f"<table><tr><th>Subject</th><th>To</th><th>Date</th></tr>{rows}</table>"
    empty = "<p>No mail yet.</p>"
    return PAGE.format(title="Mail", body=f"<h1>Mail</h1>{table if rows else empty}")


def render_row(path: Path) -> str:
    mail = read_mail(path)
    subject, to, date = (escape(str(mail[name] or "")) for name in ("subject", "to", "date"))
    link = f'<a href="/{path.stem}">{subject or "(no subject)"}</a>'
    return f"<tr><td>{link}</td><td>{to}</td><td>{date}</td></tr>"


def render_mail(path: Path) -> str:
    """One mail: headers, its text, and its HTML in a frame that runs nothing."""
    mail = read_mail(path)
    subject, sender, to = (escape(str(mail[name] or "")) for name in ("subject", "from", "to"))
    html = html_of(mail)
    frame = "" if html is None else f'<iframe sandbox srcdoc="{escape(html)}"></iframe>'
    body = (
        f'<p><a href="/">All mail</a></p><h1>{subject}</h1><p>From {sender} to {to}</p>'
        f"<pre>{escape(text_of(mail))}</pre>{frame}"
    )
    return PAGE.format(title=subject, body=body)


def newest(folder: Path) -> list[Path]:
    """The latest mails first; names are times of arrival."""
    return sorted(folder.glob("*.eml"), key=lambda path: path.stem, reverse=True)[:SHOWN]


def texts_to(folder: Path, email: str, since: int = 0) -> Iterator[str]:
    """What the mails to an address say that have arrived since then, in nanoseconds; the newest first. Those
    to others are not parsed: who waits for a mail asks often."""
    for path in newest(folder):
        if int(path.stem) < since:
            return
        with path.open("rb") as file:
            is_ours = email.encode() in file.readline()
        if is_ours:
            yield text_of(read_mail(path))


def make_handler(folder: Path) -> type[BaseHTTPRequestHandler]:
    """The request handler of the page over `folder`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            # A website whose name points to this address (DNS rebinding) must not read mails.
            if self.headers.get("Host", "").partition(":")[0] not in LOCAL_NAMES:
                self._answer(HTTPStatus.FORBIDDEN, PAGE.format(title="Mail", body="Not for you."))
                return
            if self.path == "/":
                self._answer(HTTPStatus.OK, render_list(folder))
                return
            match = NAME.fullmatch(self.path)
            path = folder / f"{match[1]}.eml" if match else None
            if path is None or not path.exists():
                self._answer(HTTPStatus.NOT_FOUND, PAGE.format(title="Mail", body="No such mail."))
                return
            self._answer(HTTPStatus.OK, render_mail(path))

        def _answer(self, status: HTTPStatus, page: str) -> None:
            content = page.encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Content-Security-Policy", POLICY)
            self.send_header("X-Content-Type-Options", "nosniff")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Silent: the page shares the terminal of the supervisor."""

    return Handler

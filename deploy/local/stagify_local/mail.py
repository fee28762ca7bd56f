"""The mail server of a development machine: every mail becomes a file and can be read on a page.

Nothing is ever sent on.
"""

import time
from http.server import ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from stagify_local.mail_page import make_handler
from stagify_local.ports import LOOPBACK, free_port
from stagify_local.private import private_folder, write_private

MAX_MAIL_BYTES = 5 * 1024 * 1024


class MailServer:
    """SMTP on one loopback port, the page on another; mails are `<folder>/*.eml`."""

    name = "mail"

    def __init__(
        self, folder: Path, *, smtp_port: int | None = None, page_port: int | None = None
    ) -> None:
        self.folder = folder
        self.smtp_port = smtp_port or free_port()
        self.page_port = page_port or free_port()
        self._smtp = Controller(
            MailFolder(folder),
            hostname=LOOPBACK,
            port=self.smtp_port,
            data_size_limit=MAX_MAIL_BYTES,
        )
        self._page: ThreadingHTTPServer | None = None

    @property
    def page_url(self) -> str:
        return f"http://{LOOPBACK}:{self.page_port}"

    def start(self) -> None:
        """Serve from threads of this process until `stop`."""
        private_folder(self.folder)
        self._smtp.start()
        self._page = ThreadingHTTPServer((LOOPBACK, self.page_port), make_handler(self.folder))
        Thread(target=self._page.serve_forever, name="mail-page", daemon=True).start()

    def stop(self) -> None:
        self._smtp.stop()
        if self._page is not None:
            self._page.shutdown()
            self._page.server_close()


class MailFolder:
    """The handler aiosmtpd calls with each mail."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Store one mail; the file appears whole or not at all."""
        content = envelope.original_content or b""
        # The nanoseconds sort the files by arrival; the envelope names the real recipients.
        name = f"{time.time_ns()}.eml"
        recipients = ", ".join(envelope.rcpt_tos)
        part = self._folder / f"{name}.part"
        write_private(part, f"X-Envelope-To: {recipients}\r\n".encode() + content)
        part.replace(self._folder / name)
        return "250 Stored"

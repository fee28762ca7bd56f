"""Handing a mail to the mail server."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid, parseaddr

import aiosmtplib
from email_validator import validate_email

from identity_svc.mail.service import Message
from identity_svc.mail.templates import in_one_line
from identity_svc.settings import Settings
from stagify.clock import utc_now

TIMEOUT_SECONDS = 15.0


class MailRefusedError(Exception):
    """The server will never take this mail: no such recipient."""


class SmtpSender:
    """Sends mail through the configured server, one connection a mail."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        name, address = parseaddr(settings.mail_from)
        self._sender = Address(display_name=name, addr_spec=address)

    async def send(self, message: Message) -> None:
        """Return once the server has taken responsibility for `message`."""
        settings = self._settings
        password = settings.smtp_password
        try:
            await aiosmtplib.send(
                self._mime(message),
                hostname=settings.smtp_host,
                port=settings.smtp_port,
                username=settings.smtp_username,
                password=password.get_secret_value() if password else None,
                # False means never and None means if offered: a server that offers it is trusted.
                start_tls=True if settings.smtp_starttls else None,
                timeout=TIMEOUT_SECONDS,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            if all(refusal.code >= 500 for refusal in error.recipients):
                raise MailRefusedError from error
            raise

    def _mime(self, message: Message) -> EmailMessage:
        mime = EmailMessage()
        mime["From"] = self._from(message.sender)
        mime["To"] = Address(addr_spec=_deliverable(message.to))
        mime["Subject"] = in_one_line(message.subject)
        mime["Date"] = format_datetime(utc_now())
        mime["Message-ID"] = make_msgid(domain=self._sender.domain)
        # RFC 3834: no vacation notes in return.
        mime["Auto-Submitted"] = "auto-generated"
        mime.set_content(message.text)
        mime.add_alternative(message.html, subtype="html")
        return mime

    def _from(self, sender: str | None) -> Address:
        """The platform; if the mail comes from a tenant, with that name before its own."""
        ours = self._sender
        if sender is None:
            return ours
        name = in_one_line(f"{sender} via {ours.display_name or ours.domain}")
        return Address(display_name=name, addr_spec=ours.addr_spec)


def _deliverable(address: str) -> str:
    """The address with its domain in ASCII (IDNA), which every mail server takes."""
    valid = validate_email(address, check_deliverability=False)
    return valid.ascii_email or valid.normalized

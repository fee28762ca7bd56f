"""The mail server: real SMTP in, a file and an escaped page out."""

import smtplib
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from stagify_local.mail import MailServer
from stagify_local.mail_page import read_mail, text_of, texts_to


@pytest.fixture
def mail(tmp_path: Path) -> Iterator[MailServer]:
    server = MailServer(tmp_path / "mail")
    server.start()
    yield server
    server.stop()


def send(server: MailServer, subject: str, text: str, html: str | None = None) -> None:
    message = EmailMessage()
    message["From"] = "no-reply@example.com"
    message["To"] = "ada@example.com"
    message["Subject"] = subject
    message.set_content(text)
    if html is not None:
        message.add_alternative(html, subtype="html")
    with smtplib.SMTP("127.0.0.1", server.smtp_port) as client:
        client.send_message(message)


def get(url: str) -> str:
    with urllib.request.urlopen(url) as answer:
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        return str(answer.read().decode())


def test_a_mail_becomes_a_file(mail: MailServer) -> None:
    send(mail, "Your code", "It is 123456. Grüße")
    (path,) = mail.folder.glob("*.eml")
    assert read_mail(path)["subject"] == "Your code"
    assert text_of(read_mail(path)).strip() == "It is 123456. Grüße"


def test_the_mails_to_an_address_are_read_newest_first(mail: MailServer) -> None:
    for text in ("the first", "the second"):
        send(mail, "To Ada", text)
    assert [*map(str.strip, texts_to(mail.folder, "ada@example.com"))] == [
        "the second",
        "the first",
    ]
    assert [*texts_to(mail.folder, "grace@example.com")] == []
    assert [*texts_to(mail.folder, "ada@example.com", time.time_ns())] == []


def test_a_mail_can_be_read_by_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "mail"
    # As an earlier release has left it.
    folder.mkdir(mode=0o755)
    server = MailServer(folder)
    server.start()
    try:
        send(server, "Your code", "It is 123456.")
    finally:
        server.stop()
    (path,) = folder.glob("*.eml")
    assert [each.stat().st_mode & 0o777 for each in (folder, path)] == [0o700, 0o600]


def test_the_page_lists_the_newest_first(mail: MailServer) -> None:
    send(mail, "First", "1")
    send(mail, "Second", "2")
    page = get(mail.page_url)
    assert page.index("Second") < page.index("First")


def test_the_page_escapes_what_a_mail_says(mail: MailServer) -> None:
    attack = "<script>alert(1)</script>"
    send(mail, attack, attack, html=f'"><p>{attack}</p>')
    (path,) = mail.folder.glob("*.eml")
    for page in (get(mail.page_url), get(f"{mail.page_url}/{path.stem}")):
        assert "&lt;script&gt;" in page
        assert "<script" not in page
    assert '<iframe sandbox srcdoc="&quot;&gt;&lt;p&gt;' in page


@pytest.mark.parametrize("path", ["/12", "/../state", "/%2e%2e/state", "/x.eml", "/1?x"])
def test_anything_else_is_not_found(mail: MailServer, path: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(mail.page_url + path)
    assert refused.value.code == 404
    refused.value.close()


def test_a_foreign_name_is_refused(mail: MailServer) -> None:
    request = urllib.request.Request(mail.page_url, headers={"Host": "attacker.example"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)
    assert refused.value.code == 403
    refused.value.close()

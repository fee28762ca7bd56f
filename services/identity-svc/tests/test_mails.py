"""What mails say: every one of them, in each language and look, as its reader gets it."""

import re
from email.header import decode_header, make_header
from email.message import Message as EmailMessage
from html.parser import HTMLParser
from typing import get_args
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from jinja2 import UndefinedError

from identity_svc.mail.service import Brand, Brands, Mail, Message
from identity_svc.mail.smtp import SmtpSender
from identity_svc.mail.templates import FOLDER, compiled, in_one_line
from identity_svc.mails import MAILS
from identity_svc.people.schemas import Locale
from identity_svc.settings import Settings
from identity_svc.tenants import service as tenants
from identity_testing import MailServer, Member, part_of, text_of
from stagify.brands import PLATFORM_TOKENS
from stagify.database import Database
from stagify.events.tenant import BrandColors, Branding, TenantDirectoryEntry

PLATFORM = Brand("StagifyAI", "https://app.stagify.example", is_platform=True)
LAKESIDE = Brand(
    "Müller & Söhne <Büro>",
    "https://lakeside.stagify.example",
    logo_url="https://lakeside.stagify.example/logo.png",
)
HOSTS = {"app.stagify.example", "lakeside.stagify.example"}
READER = "ada@example.com"
NASTY = "Ann<b>\"'&amp;{{ 7*7 }}</style>"

EVERY_MAIL = pytest.mark.parametrize("mail", MAILS, ids=lambda mail: mail.name)
EVERY_LANGUAGE = pytest.mark.parametrize("locale", get_args(Locale))
EVERY_LOOK = pytest.mark.parametrize("brand", [PLATFORM, LAKESIDE], ids=["platform", "tenant"])


class Page(HTMLParser):
    """The HTML of a mail as a mail program reads it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._is_style = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._is_style = tag == "style"
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        self._is_style = False

    def handle_data(self, data: str) -> None:
        if not self._is_style:
            self.words.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())


def written(mail: Mail, locale: Locale, brand: Brand, **values: object) -> Message:
    return mail.write(READER, locale, brand, **{**mail.example, **values})


def subject_of(mail: EmailMessage) -> str:
    return str(make_header(decode_header(mail["Subject"])))


async def received(settings: Settings, server: MailServer, message: Message) -> EmailMessage:
    """The mail as it arrives."""
    await SmtpSender(settings).send(message)
    return server.received[-1]


def test_every_template_is_a_mail_in_every_language() -> None:
    files = {path.name for path in FOLDER.iterdir()}
    languages = get_args(Locale)
    shared = {"layout.mjml", *(f"footer.{locale}.mjml" for locale in languages)}
    assert files - shared == {
        f"{mail.name}.{locale}.mjml" for mail in MAILS for locale in languages
    }


@EVERY_MAIL
@EVERY_LANGUAGE
@EVERY_LOOK
class TestEveryMail:
    def test_is_whole(self, mail: Mail, locale: Locale, brand: Brand) -> None:
        message = written(mail, locale, brand)
        for part in (message.subject, message.text, message.html):
            assert part.strip()
            assert not re.search(r"\{\{|\{%|\[\[|\[%|<mj-|None|\x00", part), part
        # The text is for reading: no markup, no entities, and nothing that HTML says besides.
        assert not re.search(r"</?[a-z]+[ >/]|&[a-z]+;", message.text.replace(brand.name, ""))
        assert not re.search(r"\n{3}|[ \t]\n", message.text)
        assert message.text.endswith("\n")

    def test_says_the_same_in_both_parts(self, mail: Mail, locale: Locale, brand: Brand) -> None:
        message = written(mail, locale, brand)
        page = Page(message.html)
        for line in message.text.splitlines():
            if line != brand.name and not line.startswith("https://"):
                assert line.rstrip(":") in page.text, line

    def test_leads_only_to_stored_hosts(self, mail: Mail, locale: Locale, brand: Brand) -> None:
        message = written(mail, locale, brand)
        links = [each["href"] or "" for each in Page(message.html).all("a")]
        addresses = [*links, *re.findall(r"https?://[^\s\"')<>]+", message.text)]
        assert {urlsplit(each).netloc for each in addresses} <= HOSTS
        assert {urlsplit(each).scheme for each in addresses} <= {"https"}

    def test_has_each_link_on_a_line_of_its_own(
        self, mail: Mail, locale: Locale, brand: Brand
    ) -> None:
        message = written(mail, locale, brand)
        buttons = {each["href"] for each in Page(message.html).all("a")} - {brand.url}
        lines = message.text.splitlines()
        assert buttons <= set(lines)
        assert all(len(line) <= 70 for line in lines if line.startswith("https://"))

    def test_loads_nothing_but_the_logo(self, mail: Mail, locale: Locale, brand: Brand) -> None:
        page = Page(written(mail, locale, brand).html)
        assert [each["src"] for each in page.all("img")] == [brand.logo_url] * bool(brand.logo_url)
        assert {name for name, _ in page.elements} & {"link", "script", "iframe", "form"} == set()
        assert "@import" not in written(mail, locale, brand).html
        assert "url(" not in written(mail, locale, brand).html
        for image in page.all("img"):
            assert image["alt"] == brand.name

    def test_tells_its_language_and_has_a_dark_look(
        self, mail: Mail, locale: Locale, brand: Brand
    ) -> None:
        html = written(mail, locale, brand).html
        page = Page(html)
        assert page.all("html")[0]["lang"] == locale
        schemes = [each for each in page.all("meta") if each.get("name") == "color-scheme"]
        assert [each["content"] for each in schemes] == ["light dark"]
        assert "prefers-color-scheme: dark" in html

    def test_has_nothing_personal_in_its_subject(
        self, mail: Mail, locale: Locale, brand: Brand
    ) -> None:
        subject = written(mail, locale, brand).subject
        assert "@" not in subject
        assert brand.is_platform or brand.name not in subject
        # A code is no secret of the reader's that others could use: it confirms their own request.
        names = {name for name in mail.example if name not in ("code", "days")}
        marked = written(mail, locale, brand, **{name: _Marked() for name in names})
        assert _Marked.MARK not in marked.subject

    async def test_arrives_as_it_was_written(
        self,
        settings: Settings,
        mail_server: MailServer,
        mail: Mail,
        locale: Locale,
        brand: Brand,
    ) -> None:
        message = written(mail, locale, brand)
        arrived = await received(settings, mail_server, message)
        assert subject_of(arrived) == message.subject
        assert text_of(arrived) == message.text
        assert part_of(arrived, "html").rstrip() == message.html.rstrip()
        assert arrived.get_content_type() == "multipart/alternative"
        kinds = [part.get_content_type() for part in arrived.walk() if not part.is_multipart()]
        # The last one is what a mail program prefers.
        assert kinds == ["text/plain", "text/html"]
        assert max(map(len, arrived.as_bytes().splitlines())) <= 998
        sender = str(make_header(decode_header(arrived["From"])))
        name = "StagifyAI" if brand.is_platform else f"{brand.name} via StagifyAI"
        assert sender.replace('"', "") == f"{name} <no-reply@stagify.example>"
        # All of them answer something that their reader has done, or tell of a change that concerns them.
        assert arrived["List-Unsubscribe"] is None


class _Marked:
    """A value that is recognized wherever it is written."""

    MARK = "\u2603"

    def __str__(self) -> str:
        return self.MARK

    def astimezone(self, _: object) -> "_Marked":
        return self

    def strftime(self, _: str) -> str:
        return self.MARK


@pytest.mark.parametrize("locale", get_args(Locale))
def test_names_are_never_markup(locale: Locale) -> None:
    brand = Brand(NASTY, LAKESIDE.url)
    message = written(MAILS[0], locale, brand)
    assert NASTY in Page(message.html).text
    assert "<b>" not in message.html
    assert NASTY in message.text
    # Escaped once, not twice.
    assert "&amp;amp;amp;" not in message.html


async def test_line_breaks_in_names_make_no_headers(
    settings: Settings, mail_server: MailServer
) -> None:
    brand = Brand("Acme\r\nBcc: eve@example.com\u2028\x00", LAKESIDE.url)
    arrived = await received(
        settings, mail_server, written(MAILS[0], "en", brand, code="1\r\nTo: x")
    )
    assert arrived["Bcc"] is None
    assert mail_server.recipients == [READER]
    assert subject_of(arrived) == "1 To: x is your StagifyAI code"


def test_names_from_right_to_left_reorder_nothing() -> None:
    hebrew, english = "\u05d0\u05d1\u05d2", "Acme"
    message = written(MAILS[0], "en", Brand(hebrew, LAKESIDE.url))
    assert f"for \u2068{hebrew}\u2069, lakeside" in message.text
    assert f"for <bdi>{hebrew}</bdi>, " in message.html
    assert "\u2068" not in written(MAILS[0], "en", Brand(english, LAKESIDE.url)).text


def test_headers_have_one_line() -> None:
    assert in_one_line("a\r\n b\t\x07c\u202e\u2029d") == "a b c d"


def test_a_value_that_is_missing_is_noticed() -> None:
    with pytest.raises(UndefinedError):
        MAILS[0].write(READER, "en", PLATFORM)


def test_who_has_chosen_no_language_reads_english() -> None:
    assert written(MAILS[0], "de", PLATFORM) != written(MAILS[0], "en", PLATFORM)
    example = MAILS[0].example
    assert MAILS[0].write(READER, None, PLATFORM, **example) == written(MAILS[0], "en", PLATFORM)


def test_templates_are_made_once() -> None:
    assert compiled("signup_code", "en") is compiled("signup_code", "en")


class TestLooks:
    """Whose look a mail has."""

    def test_the_platforms_links_have_its_own_host(self, settings: Settings) -> None:
        assert Brands(settings).platform == Brand(
            "StagifyAI", "http://app.localhost:8080", is_platform=True
        )

    async def test_a_tenant_without_a_brand_looks_like_the_platform(
        self, settings: Settings, database: Database, member: Member
    ) -> None:
        assert await look(settings, database, member.tenant_id) == Brand(
            "Acme Homes", f"http://{member.slug}.localhost:8080"
        )

    async def test_a_tenant_has_the_name_and_colours_that_the_directory_tells(
        self, settings: Settings, database: Database, member: Member
    ) -> None:
        theme = PLATFORM_TOKENS.light.model_copy(update={"brand": "#123456"})
        tokens = PLATFORM_TOKENS.model_copy(update={"light": theme})
        entry = entry_of(member, tokens=tokens, logo_url="/brand/logo.png")
        # An older entry that comes late changes nothing.
        older = entry_of(member, name="Before").model_copy(update={"event_id": UUID(int=1)})
        await record(database, entry)
        await record(database, older)
        url = f"http://{member.slug}.localhost:8080"
        assert await look(settings, database, member.tenant_id) == Brand(
            "Lakeside", url, tokens, f"{url}/brand/logo.png"
        )

    @pytest.mark.parametrize(
        "logo",
        ["https://evil.example/l.png", "//evil.example/l.png", "javascript:alert(1)", "data:x"],
    )
    async def test_a_logo_from_elsewhere_is_left_out(
        self, settings: Settings, database: Database, member: Member, logo: str
    ) -> None:
        await record(database, entry_of(member, logo_url=logo))
        assert (await look(settings, database, member.tenant_id)).logo_url is None

    async def test_what_is_no_colour_is_not_shown(
        self, settings: Settings, database: Database, member: Member
    ) -> None:
        theme = PLATFORM_TOKENS.dark.model_copy(update={"brand_text": "red;} body{display:none"})
        tokens = PLATFORM_TOKENS.model_copy(update={"dark": theme})
        await record(database, entry_of(member, tokens=tokens))
        assert (await look(settings, database, member.tenant_id)).tokens == PLATFORM_TOKENS


async def look(settings: Settings, database: Database, tenant_id: UUID) -> Brand:
    async with database.tenant(tenant_id) as session:
        return await Brands(settings).of_tenant(session, tenant_id)


async def record(database: Database, entry: TenantDirectoryEntry) -> None:
    async with database.tenant(entry.tenant_id) as session:
        await tenants.record_brand(session, entry)


def entry_of(member: Member, name: str = "Lakeside", **changes: object) -> TenantDirectoryEntry:
    branding = Branding(
        name=name,
        colors=BrandColors(primary="#123456", accent="#654321"),
        tokens=PLATFORM_TOKENS,
    )
    return TenantDirectoryEntry(
        tenant_id=member.tenant_id,
        slug=member.slug,
        name="Acme Homes",
        type="organization",
        status="active",
        plan="free",
        region="eu",
        hosts=[f"{member.slug}.localhost"],
        branding=branding.model_copy(update=changes),
    )

"""`make mails`: every mail of identity-svc, in each language and two looks, on one page.

The page loads nothing from elsewhere. What it shows has the values of the examples in the code.
"""

import sys
from html import escape
from pathlib import Path
from typing import get_args

from identity_svc.mail.service import Brand, Message
from identity_svc.mails import MAILS
from identity_svc.people.schemas import Locale
from stagify.events.tenant import BrandColors
from tenant_svc.brands.rules import tokens_of

PAGE = Path(__file__).resolve().parent.parent / ".stagify" / "mails" / "index.html"

# A picture inside the page, in place of an uploaded logo.
LOGO = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='140' height='40'%3E"
    "%3Crect width='140' height='40' rx='8' fill='%230b3d91'/%3E%3C/svg%3E"
)
BRANDS = (
    Brand("StagifyAI", "https://app.stagify.example", is_platform=True),
    Brand(
        "Müller & Söhne <Büro>",
        "https://lakeside.stagify.example",
        tokens_of(BrandColors(primary="#ffd23f", accent="#0b3d91")),
        LOGO,
    ),
)

START = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Mails</title><style>
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { margin: 32px } section { margin: 48px 0 }
.looks { display: grid; grid-template-columns: repeat(auto-fit, minmax(380px, 1fr)); gap: 24px }
iframe { width: 100%; height: 640px; border: 1px solid #8888; border-radius: 8px }
pre { white-space: pre-wrap; overflow-wrap: anywhere }
</style><h1>Mails</h1>
"""


def shown(message: Message) -> str:
    """One mail: its subject, its HTML in a frame that runs nothing, its text."""
    return (
        f"<div><strong>{escape(message.subject)}</strong>"
        f'<iframe sandbox title="{escape(message.subject)}" srcdoc="{escape(message.html)}"></iframe>'
        f"<details><summary>Text</summary><pre>{escape(message.text)}</pre></details></div>"
    )


def main() -> None:
    """Write the page and say where it is."""
    parts = [START]
    for mail in MAILS:
        for locale in get_args(Locale):
            looks = (
                mail.write("ada@example.com", locale, brand, **mail.example) for brand in BRANDS
            )
            parts.append(f"<section><h2>{mail.name}, {locale}</h2><div class=looks>")
            parts.extend(map(shown, looks))
            parts.append("</div></section>")
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text("".join(parts))
    sys.stdout.write(f"{PAGE}\n")


if __name__ == "__main__":
    main()

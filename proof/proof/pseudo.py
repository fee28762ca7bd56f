"""A language that nobody speaks: the English texts of the web app with every letter marked, so that a
text that was never given to the translators stands out."""

import json
import re
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Page, Route

from stagify_local.ports import LOOPBACK

PLAIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
MARKED = "ÅƁĆĎĚḞĜĤĬĴĶĹṀŃŌṔǪŔŚŤŬṼŴẊŶŽåƀćďěḟĝĥĭĵķĺṁńōṕǫŕśťŭṽŵẋŷž"
TO_MARKED = str.maketrans(PLAIN, MARKED)
# The file of the build with all English texts: each catalog is JSON in a template literal.
TEXTS = re.compile(r"/assets/en-[\w-]+\.js$")
CATALOG = re.compile(r"JSON\.parse\(`((?:[^`\\]|\\.)*)`\)", re.DOTALL)
ESCAPED = re.compile(r"\\([`$\\])")
ESCAPE = re.compile(r"[`\\]|\$(?=\{)")
# `<0>` and the like stand for elements.
TAG = re.compile(r"(</?\d+/?>)")

# Everything that can be read or heard, but what a program reads.
READ = """() => {
  const found = [];
  const isShown = (each) => each.checkVisibility({ visibilityProperty: true });
  for (const each of document.querySelectorAll("body *:not(script, style, code, pre)")) {
    if (each.closest("code, pre") || !isShown(each)) continue;
    for (const node of each.childNodes) if (node.nodeType === Node.TEXT_NODE) found.push(node.data);
    for (const name of ["aria-label", "aria-valuetext", "aria-roledescription", "title", "alt",
      "placeholder"]) if (each.hasAttribute(name)) found.push(each.getAttribute(name));
  }
  return found;
}"""
WORD = re.compile(r"[A-Za-z]{2,}")
COLOR = re.compile(r"#[0-9a-fA-F]{6}\b")


def speak_pseudo(page: Page) -> None:
    """From the next load on, the page shows its English texts with marked letters."""

    def answer(route: Route) -> None:
        # Only browsers know where `*.localhost` is.
        url = urlsplit(route.request.url)
        here = url._replace(netloc=f"{LOOPBACK}:{url.port}").geturl()
        response = route.fetch(url=here, headers={**route.request.headers, "host": url.netloc})
        route.fulfill(response=response, body=CATALOG.sub(_marked_catalog, response.text()))

    page.route(TEXTS, answer)


def unmarked(page: Page, *names: str) -> list[str]:
    """What the page shows in plain letters, except `names`, which are data."""
    found = []
    for text in page.evaluate(READ):
        rest = COLOR.sub(" ", text)
        for name in sorted(names, key=len, reverse=True):
            rest = rest.replace(name, " ")
        if WORD.search(rest):
            found.append(" ".join(text.split()))
    return sorted(set(found))


def marked(text: str) -> str:
    """How the page shows a text of its own."""
    return text.translate(TO_MARKED)


def _marked_catalog(found: re.Match[str]) -> str:
    catalog = json.loads(ESCAPED.sub(r"\1", found[1]))
    marked = json.dumps({key: _marked(message) for key, message in catalog.items()})
    escaped = ESCAPE.sub(lambda each: "\\" + each[0], marked)
    return f"JSON.parse(`{escaped}`)"


def _marked(message: Any) -> Any:
    """A compiled message: texts between placeholders, which are lists that begin with a name."""
    if isinstance(message, str):
        parts = TAG.split(message)
        return "".join(part if TAG.fullmatch(part) else marked(part) for part in parts)
    return [
        _marked(part) if isinstance(part, str) else [_marked_choice(each) for each in part]
        for part in message
    ]


def _marked_choice(part: Any) -> Any:
    """Of a placeholder only the texts that it chooses from, as those of a plural."""
    if not isinstance(part, dict):
        return part
    return {name: text if name == "offset" else _marked(text) for name, text in part.items()}

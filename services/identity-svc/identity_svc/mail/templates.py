"""Mails as they are written: MJML with values in braces, one file for each mail and language.

A file fills the blocks of `layout.mjml`, in tags with brackets. From the whole, MJML makes HTML that
every mail program shows, and `_paragraphs` the text for those who read that instead. This happens once
in a process: what is left to do for a mail is to put in its values. So no value is ever read as
MJML, and in the HTML each is escaped.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from xml.etree import ElementTree

import mrml
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from identity_svc.people.schemas import Locale

# Left out, MJML would load some from elsewhere.
NO_FONTS = mrml.RenderOptions(fonts={})
FOLDER = Path(__file__).parent / "templates"

Render = Callable[[Mapping[str, object]], str]

# Puts a mail into the layout.
_layouts = Environment(
    block_start_string="[%",
    block_end_string="%]",
    variable_start_string="[[",
    variable_end_string="]]",
    comment_start_string="[#",
    comment_end_string="#]",
    loader=FileSystemLoader(FOLDER),
    undefined=StrictUndefined,
    # What is typed into a mail is escaped when it is put in; this is our own MJML.
    autoescape=False,
)
_texts = Environment(undefined=StrictUndefined, autoescape=False, trim_blocks=True)
_pages = Environment(undefined=StrictUndefined, autoescape=True)


def _utc(moment: datetime, form: str) -> str:
    return moment.astimezone(UTC).strftime(form)


def _isolated(name: str) -> str:
    """The name; if it is written from right to left, so that it reorders nothing around it."""
    if any(unicodedata.bidirectional(each) in ("R", "AL") for each in name):
        return f"\u2068{name}\u2069"
    return name


_texts.filters |= {"utc": _utc, "isolated": _isolated}
_pages.filters |= {"utc": _utc}


@dataclass(frozen=True, slots=True)
class Template:
    """A mail in one language, ready for its values."""

    subject: Render
    text: Render
    html: Render


class TemplateError(Exception):
    """This file is no mail: what is wrong with it."""


@lru_cache
def compiled(name: str, locale: Locale) -> Template:
    """The mail of this name in this language."""
    source = _layouts.get_template(f"{name}.{locale}.mjml").render(locale=locale)
    tree = ElementTree.fromstring(source)
    made = mrml.to_html(source, render_options=NO_FONTS)
    if made.warnings:
        raise TemplateError(f"{name}.{locale}.mjml: {made.warnings[0].kind}")
    subject = _texts.from_string(tree.findtext("mj-head/mj-title", "")).render
    text = _texts.from_string("".join(_paragraphs(tree))).render
    return Template(
        subject=lambda values: in_one_line(subject(values)),
        text=lambda values: text(values).rstrip() + "\n",
        html=_pages.from_string(made.content).render,
    )


def in_one_line(text: str) -> str:
    """The text without line breaks and other characters that no header may have."""
    return "".join(each for each in " ".join(text.split()) if each.isprintable())


def _paragraphs(tree: ElementTree.Element) -> Iterator[str]:
    """The template of the text: paragraphs, and under the words of each button where it leads."""
    for element in tree.iterfind("mj-body//*"):
        if element.tag == "mj-text":
            yield f"{_words(element)}\n\n"
        elif element.tag == "mj-button":
            yield f"{_words(element)}:\n{element.get('href')}\n\n"
        elif element.tag == "mj-raw":
            # Only for conditions.
            yield f"{_words(element)}\n"


def _words(element: ElementTree.Element) -> str:
    for line_break in element.iter("br"):
        line_break.text = "\0"
    for name in element.iter("bdi"):
        name.text = f"{{% filter isolated %}}{name.text}{{% endfilter %}}"
    words = re.sub(r"\s+", " ", "".join(element.itertext())).strip()
    return re.sub(r" ?\0 ?", "\n", words)

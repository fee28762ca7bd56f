"""What the other tests here rely on: that trouble in a browser is noticed."""

import pytest
from playwright.sync_api import Page

from proof.accessibility import too_wide, violations
from proof.person import Person
from stagify_local.waiting import eventually

SCRIPTS = {
    "policy: img-src refused": "() => { new Image().src = 'https://example.com/x.png' }",
    "policy: require-trusted-types-for": "() => { try { document.body.innerHTML = '' } catch {} }",
    "policy: style-src-attr": "() => { document.body.setAttribute('style', 'color: red') }",
    "console: broken": "() => console.error('broken')",
    "error: broken": "() => { setTimeout(() => { throw new Error('broken') }) }",
    "answer: 404 to GET": "() => { fetch('/assets/none-1a2b3c4d.js') }",
}


@pytest.fixture
def page(person: Person) -> Page:
    """A page of ours."""
    person.open("/")
    person.page.get_by_role("heading").first.wait_for()
    return person.page


class TestWatching:
    @pytest.mark.parametrize("trouble", SCRIPTS)
    def test_trouble_is_noticed(self, person: Person, page: Page, trouble: str) -> None:
        page.evaluate(SCRIPTS[trouble])

        def is_noticed() -> bool:
            # What a browser reports arrives while something is asked of it.
            page.title()
            return any(each.startswith(trouble) for each in person.watch.troubles)

        eventually(is_noticed, what=trouble)
        person.watch.troubles.clear()

    def test_a_page_of_another_tab_is_watched_too(self, person: Person, page: Page) -> None:
        person.new_tab()
        person.open("/")
        with person.context.expect_event("console"):
            person.page.evaluate("() => console.error('broken')")
        assert person.watch.troubles == ["console: broken"]
        person.watch.troubles.clear()


class TestAccessibility:
    def test_a_violation_is_found(self, page: Page) -> None:
        page.evaluate(
            "() => { const image = new Image(); image.src = '/favicon.svg';"
            " document.querySelector('main').append(image) }"
        )
        assert [each for each in violations(page) if each.startswith("image-alt")]

    def test_what_is_too_wide_is_found(self, page: Page) -> None:
        assert too_wide(page) == []
        page.evaluate(
            "() => { const wide = document.createElement('pre'); wide.textContent = 'x'.repeat(999);"
            " document.body.append(wide) }"
        )
        assert too_wide(page) != []

"""Translators of browsers put elements of their own in the place of texts; the pages go on."""

from playwright.sync_api import expect

from proof.customers import photo
from proof.person import Person
from stagify_local.customer import Customer

# As Google's does it: the text is gone, and an element with another one is where it was.
TRANSLATE = """() => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const all = [];
  while (texts.nextNode()) all.push(texts.currentNode);
  for (const text of all) {
    if (!text.data.trim() || text.parentElement.closest("script, style")) continue;
    const font = document.createElement("font");
    font.textContent = text.data.toUpperCase();
    text.replaceWith(font);
  }
  return all.length;
}"""


class TestTranslators:
    def test_a_translated_page_goes_on(self, signed_in: Person, customer: Customer) -> None:
        page = signed_in.page
        signed_in.sees("Your first room takes a minute")
        assert page.evaluate(TRANSLATE) > 10
        # What was empty is a list now.
        customer.stage(photo())
        tile = page.get_by_role("region", name="Photos").get_by_role("link")
        expect(tile).to_have_count(1)
        page.evaluate(TRANSLATE)
        tile.click()
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        page.evaluate(TRANSLATE)
        page.get_by_role("link", name="Office").click()
        signed_in.is_at("/office")
        page.evaluate(TRANSLATE)
        page.get_by_role("link", name="Photos").first.click()
        expect(tile).to_have_count(1)

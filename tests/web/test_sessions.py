"""Nobody sees or keeps what belongs to somebody else, on one browser."""

import json
import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from proof.customers import photo
from proof.person import Person, Picture
from stagify_local.customer import Customer
from stagify_local.waiting import eventually

SECRET = "Villa-Rosenhof"


# What the page is answered when it asks for its session.
SESSION = "async () => (await fetch('/v1/session')).status"


def stage(customer: Customer) -> None:
    """Have a room furnished whose name nobody else may see."""
    project = customer.stage(photo())
    answer = customer.http.patch(f"/v1/projects/{project['id']}", json={"name": SECRET})
    assert answer.status_code == 200, answer.text


# Everything that a browser keeps of an origin and that scripts can read.
KEPT = """async () => {
  const found = { local: { ...localStorage }, session: { ...sessionStorage }, cookie: document.cookie };
  found.databases = {};
  for (const { name } of await indexedDB.databases()) {
    const database = await new Promise((resolve, reject) => {
      const request = indexedDB.open(name);
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    found.databases[name] = {};
    for (const store of database.objectStoreNames) {
      const rows = database.transaction(store).objectStore(store).getAll();
      await new Promise((resolve) => { rows.onsuccess = resolve });
      found.databases[name][store] = rows.result;
    }
    database.close();
  }
  found.caches = await caches.keys();
  return JSON.stringify(found);
}"""


def kept(page: Page) -> str:
    """What scripts can read of what the browser keeps for the page's origin."""
    found: str = page.evaluate(KEPT)
    return found


class TestOneBrowser:
    def test_two_workspaces_in_two_tabs_know_nothing_of_each_other(
        self, person: Person, new_customer: Callable[[], Customer]
    ) -> None:
        one, other = new_customer(), new_customer()
        stage(one)
        person.log_in(one.account)
        first = person.page
        person.new_tab()
        person.log_in(other.account)
        person.sees("Your first room takes a minute")
        assert SECRET not in person.page.content() + kept(person.page)
        first.bring_to_front()
        first.reload()
        expect(first.get_by_role("region", name="Photos").get_by_role("link")).to_have_count(1)
        assert one.account.slug != other.account.slug

    def test_the_second_person_finds_nothing_of_the_first(
        self, signed_in: Person, customer: Customer
    ) -> None:
        stage(customer)
        page = signed_in.page
        signed_in.choose([Picture(f"{SECRET}.jpg", photo())])
        signed_in.sees("Stage 1 photo")
        user = customer.browser.get("/v1/session").json()["user"]
        assert user["id"] in kept(page)
        page.keyboard.press("Escape")
        signed_in.log_out()
        signed_in.sees("Welcome back")
        left = kept(page)
        for trace in (SECRET, user["id"], user["email"]):
            assert trace not in left + page.content()

    def test_back_after_the_log_out_shows_nothing(
        self, signed_in: Person, customer: Customer
    ) -> None:
        stage(customer)
        signed_in.open("/?q=Villa", slug=customer.account.slug)
        signed_in.sees(SECRET)
        signed_in.log_out()
        for _ in range(2):
            signed_in.page.go_back()
            signed_in.sees("Welcome back")
            assert SECRET not in signed_in.page.content()

    def test_a_log_out_is_seen_in_the_other_tab(
        self, signed_in: Person, customer: Customer
    ) -> None:
        other = signed_in.page
        signed_in.new_tab()
        signed_in.open("/", slug=customer.account.slug)
        signed_in.log_out()
        expect(other).to_have_url(re.compile(r"/login"))

    def test_what_belongs_to_the_browser_outlives_the_log_out(
        self, signed_in: Person, customer: Customer
    ) -> None:
        page = signed_in.page
        signed_in.open("/me", slug=customer.account.slug)
        page.get_by_role("radio", name="Dark").check()
        expect(page.locator("html")).to_have_attribute("data-look", "dark")
        signed_in.button("Log out").first.click()
        signed_in.is_at("/login")
        page.reload()
        expect(page.locator("html")).to_have_attribute("data-look", "dark")


class TestMemory:
    """Browsers keep a page that is left, and show it again as it was; what they tell it then."""

    def come_back(self, page: Page) -> None:
        page.evaluate(
            "() => { dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })) }"
        )

    def test_a_page_of_an_ended_session_is_not_shown_again(
        self, signed_in: Person, customer: Customer
    ) -> None:
        stage(customer)
        signed_in.sees(SECRET)
        assert customer.browser.delete("/v1/me/sessions").status_code == 204
        signed_in.watch.faults_expected = True
        page = signed_in.page
        eventually(lambda: page.evaluate(SESSION) == 401, what="the session to end")
        self.come_back(page)
        signed_in.sees("Welcome back")
        assert SECRET not in signed_in.page.content()

    def test_a_page_of_the_same_person_is_brought_up_to_date(
        self, signed_in: Person, customer: Customer
    ) -> None:
        signed_in.hears_nothing()
        signed_in.page.reload()
        signed_in.sees("Your first room takes a minute")
        stage(customer)
        self.come_back(signed_in.page)
        signed_in.sees(re.compile(SECRET))


class TestExpiry:
    def end(self, customer: Customer, person: Person) -> None:
        """End every session of the person, from elsewhere."""
        answer = customer.browser.delete("/v1/me/sessions")
        assert answer.status_code == 204, answer.text

    def test_what_was_typed_is_still_there_and_is_done_once(
        self, signed_in: Person, customer: Customer
    ) -> None:
        page = signed_in.page
        signed_in.hears_nothing()
        signed_in.open("/office/api-keys", slug=customer.account.slug)
        before = len(customer.browser.get("/v1/api-keys").json()["items"])
        signed_in.button("New key").click()
        page.get_by_label("Name").fill("Half done")
        self.end(customer, signed_in)
        keys: list[str | None] = []
        page.on(
            "request",
            lambda request: (
                keys.append(request.headers.get("idempotency-key"))
                if (request.method, request.url[-12:]) == ("POST", "/v1/api-keys")
                else None
            ),
        )
        signed_in.button("Make the key").click()
        signed_in.sees("Are you still there?")
        dialog = page.get_by_role("alertdialog")
        expect(dialog.get_by_label("Email")).to_have_value(customer.account.email)
        signed_in.come_back(customer.account)
        signed_in.sees("Your new key")
        # The same wish, asked twice.
        assert len(keys) == 2
        assert keys[0] == keys[1] is not None
        assert len(customer.browser.get("/v1/api-keys").json()["items"]) == before + 1

    def test_somebody_else_begins_anew(self, signed_in: Person, customer: Customer) -> None:
        self.end(customer, signed_in)
        signed_in.sees("Are you still there?")
        expect(signed_in.page.get_by_label("Email")).to_have_attribute("readonly", "")


class TestDump:
    def test_what_is_kept_has_no_secret(self, signed_in: Person) -> None:
        found = json.loads(kept(signed_in.page))
        assert "__Host-stagify_session" not in found["cookie"]

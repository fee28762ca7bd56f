"""The actors: two tenants with things of their own, each in several roles, and a visitor."""

import time
from dataclasses import dataclass, field
from typing import Any

import httpx

from proof.authenticator import Authenticator
from proof.customers import hire, photo, sign_up
from proof.fuzz.issuer import issuer
from proof.fuzz.known import Known
from stagify_local.customer import (
    PLATFORM,
    SESSION_COOKIE,
    Customer,
    client,
    cookie_of,
    good,
    host_of,
    openapi_of,
    put,
)
from stagify_local.platform import Platform
from stagify_local.waiting import eventually

VISITOR = "visitor"
# Limits that would answer 429 or 409 instead of what the run is looking for.
ROOMY_LIMITS = {
    "MAX_OPEN_UPLOADS": "1000000",
    "MAX_OPEN_BYTES": "1000000000000",
    "API_KEYS_PER_TENANT": "1000000",
    "ROLES_PER_TENANT": "1000000",
    "SIGNUPS_PER_HOUR": "1000000",
    "LOGINS_PER_SOURCE_MINUTE": "1000000",
    "PASSWORD_RESETS_PER_SOURCE_HOUR": "1000000",
    "FACTOR_TRIES_PER_HOUR": "1000000",
    "EMAIL_CHANGES_PER_DAY": "1000000",
    "ADDRESS_REQUESTS_PER_SECOND": "1000000",
    "ADDRESS_BURST": "1000000",
}
# For staging-svc: whoever reads every answer to its end would read the streams of a workspace for ever.
SHORT_STREAMS = {"STREAM_MAX_SECONDS": "1"}
PHOTO = photo(640, 520)
# So many parties try everything there is; those after them only what the matrix sends.
TRYING = 2

# Half as long as a log-in counts as a step-up.
STEP_UP_SECONDS = 300.0


@dataclass
class Actor:
    """Someone who calls one host, and whose answers may mention only `party`."""

    name: str
    party: str
    host: str
    # Whether it may do everything there is to do on its host.
    is_owner: bool = False
    bearer: str | None = None
    cookie: str | None = None
    customer: Customer | None = field(default=None, repr=False)

    def log_in(self) -> None:
        """Start a session; what the actor does may have ended the last one."""
        assert self.customer is not None
        self.customer.log_in()
        self.cookie = self.customer.browser.headers["Cookie"].removeprefix(f"{SESSION_COOKIE}=")


@dataclass
class PlatformActor(Actor):
    """Somebody on the platform's host, in no tenant."""

    def log_in(self) -> None:
        assert self.customer is not None
        self.cookie = log_in_person(self.customer)


def log_in_person(customer: Customer) -> str:
    """A session of the customer on the platform's host."""
    account = customer.account
    with client(account.port, PLATFORM) as http:
        body = {"email": account.email, "password": account.password}
        answer = http.post("/v1/session", json=body).raise_for_status()
    return cookie_of(answer).removeprefix(f"{SESSION_COOKIE}=")


class World:
    """The parties on one platform, and what is known of each."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.known = Known()
        # One thing of each kind, by the name of the parameter that takes its id.
        self.things: dict[str, dict[str, str]] = {}
        self.customers: dict[str, Customer] = {}
        # Invites the owners of the parties, and is of no party itself.
        self.inviter = sign_up(platform)
        self.known.share(self.inviter.browser.get("/v1/session").json()["tenant"]["id"])
        for name in ("first", "second"):
            self.settle(name)
        self._logged_in_at: dict[str, float] = {}
        first = self.customers["first"]
        self.document = openapi_of(first.http)
        self.catalog: dict[str, Any] = first.http.get("/v1/catalog").raise_for_status().json()

    def close(self) -> None:
        """Close the customers' clients."""
        for customer in (self.inviter, *self.customers.values()):
            customer.close()

    def renew_upload(self, party: str) -> None:
        """Put a photo for the party's next project; an upload can be used for one project."""
        self.things[party]["upload_id"] = self.customers[party].upload(PHOTO)

    def forgive(self, party: str) -> None:
        """Let the party name its password again: who names a wrong one often has to wait until they name
        the right one."""
        self.customers[party].log_in()
        self._logged_in_at[party] = time.monotonic()

    def step_up(self, party: str) -> None:
        """Have the party's log-in be young. Not anew each time, because log-ins are counted too."""
        if time.monotonic() - self._logged_in_at.get(party, -STEP_UP_SECONDS) >= STEP_UP_SECONDS:
            self.forgive(party)

    def fill(self, ticket: dict[str, Any]) -> None:
        """Put a photo where the ticket says."""
        self.customers["first"].http.send(put(ticket, PHOTO))

    def lift_quota(self, party: str) -> None:
        """Put the tenant on a plan without limits."""
        customer = self.customers[party]
        self.platform.run("usage-svc", "set-plan", customer.account.slug, "enterprise")
        eventually(lambda: customer.meter("staging")["limit"] is None)

    def owner(self, party: str) -> Actor:
        """The tenant's owner, in a browser."""
        customer = self.customers[party]
        slug = customer.account.slug
        actor = Actor(f"{party} owner", party, slug, is_owner=True, customer=customer)
        actor.log_in()
        return actor

    def person(self, party: str) -> Actor:
        """The tenant's owner, on the platform's host."""
        customer = self.customers[party]
        actor = PlatformActor(f"{party} person", party, PLATFORM, is_owner=True, customer=customer)
        actor.log_in()
        return actor

    def limited_key(self, party: str) -> Actor:
        """A program of the tenant that may look at projects and nothing else."""
        self.owner(party)
        customer = self.customers[party]
        answer = customer.browser.post(
            "/v1/api-keys", json={"name": "limited", "scopes": ["projects:read"]}
        )
        key = answer.raise_for_status().json()["key"]
        return Actor(f"{party} limited key", party, customer.account.slug, bearer=key)

    def anonymous(self, party: str) -> Actor:
        """Anyone, on the tenant's host."""
        return Actor(f"{party} anonymous", party, self.customers[party].account.slug)

    def visitor(self) -> Actor:
        """Anyone, on the platform's host."""
        return Actor(VISITOR, VISITOR, PLATFORM, is_owner=True)

    def url(self) -> str:
        """Where the gateway answers."""
        return f"http://127.0.0.1:{self.platform.gateway_port}"

    def host(self, actor: Actor) -> str:
        """The actor's Host header."""
        return host_of(self.platform.gateway_port, actor.host)

    def candidates(self, parameter: str) -> list[str]:
        """Ids worth trying for a parameter: those of its kind, else those of all kinds."""
        return sorted(
            identifier
            for things in self.things.values()
            for kind, identifier in things.items()
            if kind == parameter or parameter not in things
        )

    def visit(self, actor: Actor) -> httpx.Client:
        """A client of the actor's host without a credential."""
        return client(self.platform.gateway_port, actor.host)

    def _passkey(self, customer: Customer) -> str:
        """A passkey of the tenant's owner, which ends their other sessions. Only of parties that do not try
        everything: with one, they could make log-ins ask for it."""
        account = customer.account
        device = Authenticator(f"http://{host_of(account.port, PLATFORM)}")
        kept = {SESSION_COOKIE: log_in_person(customer)}

        def call(path: str, **body: Any) -> Any:
            pairs = "; ".join(f"{name}={value}" for name, value in kept.items())
            answer = http.post(path, json=body or None, headers={"Cookie": pairs})
            for line in answer.raise_for_status().headers.get_list("set-cookie"):
                name, _, value = line.partition(";")[0].partition("=")
                kept[name] = value
            return answer.json()

        with client(account.port, PLATFORM) as http:
            started = call("/v1/me/mfa/passkeys/start")
            made = call(
                "/v1/me/mfa/passkeys",
                challenge_id=started["challenge_id"],
                name="laptop",
                credential=device.create(started["options"]),
            )
        customer.log_in()
        return str(made["id"])

    def _second_session(self, customer: Customer) -> str:
        """A session of the tenant's owner that no browser here uses."""
        with client(self.platform.gateway_port, customer.account.slug) as http:
            http.send(customer.account.log_in()).raise_for_status()
        found = customer.browser.get("/v1/me/sessions").raise_for_status().json()["items"]
        return next(str(each["id"]) for each in found if not each["is_current"])

    def _team(self, customer: Customer) -> dict[str, str]:
        """Other members, of now and of lately, and what leads to more of them."""
        http, slug = customer.browser, customer.account.slug
        with hire(self.platform, customer) as member, hire(self.platform, customer) as former:
            good(http.delete(f"/v1/members/{former.member_id}"))
        asked = {"emails": [f"asked@{slug}.example.com"], "role": "viewer"}
        (invited,) = good(http.post("/v1/invitations", json=asked)).json()["items"]
        link = good(
            http.post("/v1/invitation-links", json={"role": "viewer", "max_uses": 3})
        ).json()
        transfer = good(http.post("/v1/ownership-transfers", json={"member_id": member.member_id}))
        ours = {"emails": [customer.account.email], "role": "viewer"}
        good(self.inviter.browser.post("/v1/invitations", json=ours))
        (addressed,) = good(http.get("/v1/me/invitations")).json()["items"]
        wanted = {"name": "importer", "role": "member"}
        account = good(http.post("/v1/service-accounts", json=wanted)).json()
        # Their plan includes roles of their own for a moment.
        self.platform.run("usage-svc", "set-plan", slug, "enterprise")
        own = {"name": "Photographer", "permissions": ["projects:read"]}
        role = good(http.post("/v1/roles", json=own)).json()
        with issuer() as address:
            client = {"name": "Company", "issuer": address, "client_id": "stagify"}
            connection = good(http.post("/v1/sso/connections", json=client)).json()
        domain = {"domain": f"{slug}.example"}
        good(http.post(f"/v1/sso/connections/{connection['id']}/domains", json=domain))
        self.platform.run("usage-svc", "set-plan", slug, "free")
        return {
            "member_id": member.member_id,
            "former_member_id": former.member_id,
            "invitation_id": invited["invitation_id"],
            "addressed_invitation_id": addressed["id"],
            "invitation_link_id": link["id"],
            "ownership_transfer_id": transfer.json()["id"],
            "role_id": role["key"],
            "service_account_id": account["id"],
            "connection_id": connection["id"],
            **domain,
        }

    def settle(self, party: str) -> Customer:
        """A new tenant with one of everything, which replaces the last one of that name."""
        if party in self.customers:
            self.customers.pop(party).close()
        customer = sign_up(self.platform)
        self.known.add(party, customer.account.slug, customer.account.email)
        # First, because it ends sessions.
        passkey_id = self._passkey(customer) if len(self.customers) >= TRYING else ""
        # Two, so that there is still an image when `project_id` has been deleted.
        kept, project = customer.stage(PHOTO), customer.stage(PHOTO)
        assert (kept["status"], project["status"]) == ("staged", "staged"), (kept, project)
        keys = customer.browser.get("/v1/api-keys").raise_for_status().json()["items"]
        session = customer.browser.get("/v1/session").raise_for_status().json()
        self.things[party] = {
            "project_id": project["id"],
            "image_id": kept["staged"]["id"],
            "upload_id": customer.upload(PHOTO),
            "api_key_id": keys[0]["id"],
            "session_id": self._second_session(customer),
            "tenant_id": session["tenant"]["id"],
            "user_id": session["user"]["id"],
            **self._team(customer),
        }
        self.customers[party] = customer
        if len(self.customers) > TRYING:
            self.things[party]["passkey_id"] = passkey_id
        for answer in (kept, project, keys, session, self.things[party]):
            self.known.learn(party, answer)
        return customer

"""Who fuzzes: two tenants with things of their own, each in several roles, and a visitor."""

from dataclasses import dataclass, field
from typing import Any

import httpx

from proof.customers import PASSWORD, Tenant, client, eventually, photo, sign_up
from proof.fuzz.known import Known
from stagify_local.journey import SESSION_COOKIE
from stagify_local.platform import Platform

VISITOR = "visitor"
# Limits that would answer 429 or 409 in the place of what is looked for.
ROOMY_LIMITS = {
    "MAX_OPEN_UPLOADS": "1000000",
    "API_KEYS_PER_TENANT": "1000000",
    "LOGINS_PER_TENANT_MINUTE": "1000000",
    "SIGNUPS_PER_HOUR": "1000000",
    "ADDRESS_REQUESTS_PER_SECOND": "1000000",
    "ADDRESS_BURST": "1000000",
}
PHOTO = photo(640, 520)


@dataclass
class Actor:
    """Someone who calls one host, and whose answers may speak of `party` only."""

    name: str
    party: str
    host: str
    # Whether it may do everything there is to do on its host.
    is_owner: bool = False
    bearer: str | None = None
    cookie: str | None = None
    tenant: Tenant | None = field(default=None, repr=False)

    def log_in(self) -> None:
        """Start a session; what the actor does may have ended the last one."""
        assert self.tenant is not None
        body = {"email": self.tenant.email, "password": PASSWORD}
        answer = self.tenant.member.post("/v1/session", json=body, headers={"Cookie": ""})
        assert answer.status_code == 201, answer.text
        pair = answer.headers["set-cookie"].partition(";")[0]
        self.tenant.member.headers["Cookie"] = pair
        self.cookie = pair.removeprefix(f"{SESSION_COOKIE}=")


class World:
    """The parties on one platform, and what is known of each."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.known = Known()
        # One thing of each kind, by the name of the parameter that takes its id.
        self.things: dict[str, dict[str, str]] = {}
        self.tenants: dict[str, Tenant] = {}
        for name in ("first", "second"):
            self.settle(name)
        first = self.tenants["first"]
        self.document: dict[str, Any] = first.http.get("/openapi.json").raise_for_status().json()
        self.catalog: dict[str, Any] = first.http.get("/v1/catalog").raise_for_status().json()

    def close(self) -> None:
        """Close the tenants' clients."""
        for tenant in self.tenants.values():
            tenant.close()

    def renew_upload(self, party: str) -> None:
        """Put a photo for the party's next project: an upload makes one."""
        self.things[party]["upload_id"] = self.tenants[party].upload(PHOTO)

    def lift_quota(self, party: str) -> None:
        """Put the tenant on a plan without limits."""
        tenant = self.tenants[party]
        self.platform.run("usage-svc", "set-plan", tenant.slug, "enterprise")
        eventually(lambda: tenant.meter("staging")["limit"] is None or None)

    def owner(self, party: str) -> Actor:
        """The tenant's owner, in a browser."""
        tenant = self.tenants[party]
        actor = Actor(f"{party} owner", party, tenant.slug, is_owner=True, tenant=tenant)
        actor.log_in()
        return actor

    def limited_key(self, party: str) -> Actor:
        """A program of the tenant that may look at projects and nothing else."""
        self.owner(party)
        tenant = self.tenants[party]
        answer = tenant.member.post(
            "/v1/api-keys", json={"name": "limited", "scopes": ["projects:read"]}
        )
        key = answer.raise_for_status().json()["key"]
        return Actor(f"{party} limited key", party, tenant.slug, bearer=key)

    def anonymous(self, party: str) -> Actor:
        """Anyone, on the tenant's host."""
        return Actor(f"{party} anonymous", party, self.tenants[party].slug)

    def visitor(self) -> Actor:
        """Anyone, on the platform's host."""
        return Actor(VISITOR, VISITOR, "app", is_owner=True)

    def url(self) -> str:
        """Where the gateway answers."""
        return f"http://127.0.0.1:{self.platform.gateway_port}"

    def host(self, actor: Actor) -> str:
        """The actor's Host header."""
        return f"{actor.host}.localhost:{self.platform.gateway_port}"

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
        return client(self.platform, actor.host)

    def settle(self, party: str) -> Tenant:
        """A new tenant with one of everything, in the place of the last one of that name."""
        if party in self.tenants:
            self.tenants.pop(party).close()
        tenant = sign_up(self.platform)
        self.known.add(party, tenant.slug, tenant.email)
        # Two, so that there is still an image when `project_id` has been deleted.
        kept, project = tenant.stage(PHOTO), tenant.stage(PHOTO)
        assert (kept["status"], project["status"]) == ("staged", "staged"), (kept, project)
        keys = tenant.member.get("/v1/api-keys").raise_for_status().json()["items"]
        session = tenant.member.get("/v1/session").raise_for_status().json()
        self.things[party] = {
            "project_id": project["id"],
            "image_id": kept["staged"]["id"],
            "upload_id": tenant.upload(PHOTO),
            "api_key_id": keys[0]["id"],
            "tenant_id": session["tenant"]["id"],
            "user_id": session["user"]["id"],
        }
        self.tenants[party] = tenant
        for answer in (kept, project, keys, session, self.things[party]):
            self.known.learn(party, answer)
        return tenant

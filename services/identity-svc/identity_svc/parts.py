"""The collaborators of identity-svc: made once in each process and passed down."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from identity_svc.api_keys.keyring import KeyRing
from identity_svc.credentials.usage import UsageRecorder
from identity_svc.digests.service import Digester
from identity_svc.entitlements import service as entitlements
from identity_svc.entitlements.service import Entitlements
from identity_svc.factors.sealing import Sealer
from identity_svc.people.breaches import Breaches
from identity_svc.people.passwords import Passwords
from identity_svc.sessions.devices import Devices
from identity_svc.settings import Settings
from identity_svc.sso.domains import Domains
from identity_svc.sso.provider import Providers
from stagify.calls.client import InternalClient
from stagify.database import Database
from stagify.strangers import Strangers
from stagify.tokens import TokenSigner

NAME = "identity-svc"
# What people do with their own account is seldom and short.
PERSON_POOL_SIZE = 2


@dataclass(frozen=True, slots=True)
class Parts:
    """The collaborators of the use cases."""

    settings: Settings
    database: Database
    # The same database as the role that sees what belongs to one person in all tenants.
    person_database: Database
    digester: Digester
    passwords: Passwords
    breaches: Breaches
    keys: KeyRing
    devices: Devices
    sealer: Sealer
    tenant_svc: InternalClient
    usage_svc: InternalClient
    entitlements: Entitlements
    usage: UsageRecorder
    strangers: Strangers
    providers: Providers
    domains: Domains

    async def aclose(self) -> None:
        """Close everything; whoever made the parts does this last."""
        await self.tenant_svc.close()
        await self.usage_svc.close()
        await self.strangers.close()
        await self.breaches.close()
        self.passwords.close()
        await self.person_database.close()
        await self.database.close()


def make_parts(settings: Settings) -> Parts:
    """The parts that these settings describe."""
    database = Database.from_settings(settings, service=NAME)
    signer = TokenSigner.from_settings(settings)
    tenant_svc = InternalClient(str(settings.tenant_svc_url), audience="tenant-svc", signer=signer)
    usage_svc = InternalClient(
        str(settings.usage_svc_url),
        audience="usage-svc",
        signer=signer,
        timeout_seconds=entitlements.TIMEOUT_SECONDS,
    )
    strangers = Strangers(is_local_allowed=settings.sso_local_providers)
    return Parts(
        settings=settings,
        database=database,
        person_database=Database(
            settings.person_database_url.get_secret_value(),
            service=NAME,
            base_host=settings.base_host,
            pool_size=PERSON_POOL_SIZE,
        ),
        digester=Digester(settings.identity_hash_secret.get_secret_value()),
        passwords=Passwords(settings),
        breaches=Breaches(
            None
            if settings.breached_passwords_url is None
            else str(settings.breached_passwords_url)
        ),
        keys=KeyRing(settings.api_key_secret_list),
        devices=Devices(settings.device_cookie_secret_list),
        sealer=Sealer(settings.factor_secret_list),
        tenant_svc=tenant_svc,
        usage_svc=usage_svc,
        entitlements=Entitlements(usage_svc),
        usage=UsageRecorder(database),
        strangers=strangers,
        providers=Providers(strangers),
        domains=Domains(settings.sso_nameserver, is_example_proved=settings.sso_local_providers),
    )


async def request_parts(request: Request) -> Parts:
    """The parts this app was composed with."""
    parts: Parts = request.app.state.parts
    return parts


PartsDep = Annotated[Parts, Depends(request_parts)]

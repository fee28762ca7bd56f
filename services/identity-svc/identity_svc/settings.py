"""What identity-svc reads from its environment."""

import os
from typing import Annotated, Self

from pydantic import AnyHttpUrl, AwareDatetime, Field, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from stagify.settings import Port, ServiceSettings

# RFC 2104: a key shorter than the hash's output weakens the HMAC.
MIN_SECRET_BYTES = 32

Secret = Annotated[SecretStr, Field(min_length=MIN_SECRET_BYTES)]


class Settings(ServiceSettings):
    """The settings of identity-svc, besides those of every service."""

    # A process that fails to start says which variable is wrong, but not its value.
    model_config = SettingsConfigDict(hide_input_in_errors=True)

    # The database as the person role: it sees what belongs to one person in all tenants.
    person_database_url: SecretStr

    # Secret keys for the hashes of API keys, comma separated: the first signs, all verify.
    api_key_secrets: SecretStr
    # Secret keys for device cookies, comma separated: the first signs, all verify.
    device_cookie_secrets: SecretStr
    # Secret keys for the secrets of apps for codes, comma separated: the first encrypts, all decrypt.
    factor_secrets: SecretStr
    # Secret key for the hashes of mailed codes, session tokens and throttled addresses.
    identity_hash_secret: Secret

    # The mail server.
    smtp_host: str
    # Port of the mail server.
    smtp_port: Port = 25
    # Account at the mail server, if it asks for one.
    smtp_username: str | None = None
    # Password of that account.
    smtp_password: SecretStr | None = None
    # Whether to refuse to send without TLS (STARTTLS).
    smtp_starttls: bool = False
    # Sender of every mail.
    mail_from: str

    # Where tenant-svc answers internal calls.
    tenant_svc_url: AnyHttpUrl
    # Where usage-svc answers internal calls.
    usage_svc_url: AnyHttpUrl

    # Argon2id cost: memory in KiB, passes and lanes (OWASP Password Storage, second choice).
    argon2_memory_kib: int = Field(default=19_456, ge=8)
    # Passes over that memory.
    argon2_time_cost: int = Field(default=2, ge=1)
    # Passwords hashed at the same time; each holds a core and the memory above.
    password_hash_threads: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1)
    # Passwords that may wait for a thread; if there are more, callers are told to try again.
    password_hash_queue: int = Field(default=64, ge=0)

    # Where passwords of breaches are asked for, by the first five figures of their SHA-1 hash, such as
    # https://api.pwnedpasswords.com/range/ or a copy of it; by default nobody is asked.
    breached_passwords_url: AnyHttpUrl | None = None

    # Sign-ups of all addresses together, an hour; bounds the mail this platform can be made to send.
    signups_per_hour: int = Field(default=1_000, ge=1)
    # Sign-ups an hour from one source, which is an IPv4 address or an IPv6 /64.
    signups_per_source_hour: int = Field(default=60, ge=1)
    # Mails for a new password that one source may ask for in an hour.
    password_resets_per_source_hour: int = Field(default=30, ge=1)
    # Log-in attempts a minute from one source, except those of known devices.
    logins_per_source_minute: int = Field(default=30, ge=1)
    # Wrong codes of one kind of second factor that strangers, and each known device, may try in an hour.
    factor_tries_per_hour: int = Field(default=10, ge=1)
    # From when on every workspace asks for a second factor, as a time with its zone; by default each decides.
    mfa_due_at: AwareDatetime | None = None
    # How many steps of thirty seconds a code of an app may be early or late; with 0 it counts for its own step alone.
    totp_steps_off: int = Field(default=1, ge=0, le=1)
    # Former base domains whose passkeys are given up, comma separated: nobody can use them any more. With passkeys of
    # another domain than these and BASE_DOMAIN the API does not start.
    lost_passkey_domains: str = ""
    # Changes of the address that one person may ask for in a day.
    email_changes_per_day: int = Field(default=10, ge=1)
    # API keys that one tenant may have at a time.
    api_keys_per_tenant: int = Field(default=50, ge=1)
    # Roles of its own that one tenant may have.
    roles_per_tenant: int = Field(default=50, ge=1)
    # Service accounts that one tenant may have.
    service_accounts_per_tenant: int = Field(default=50, ge=1)

    # Connections for single sign-on that one tenant may have.
    sso_connections_per_tenant: int = Field(default=5, ge=1)
    # Whether providers for single sign-on may run on this very machine, without TLS, and domains under `.example` need
    # no record in DNS: for tests and laptops alone.
    sso_local_providers: bool = False
    # Name server that is asked whose a domain is, as address:port; by default those of the machine.
    sso_nameserver: str | None = None

    @property
    def api_key_secret_list(self) -> tuple[bytes, ...]:
        """The secret keys for the hashes of API keys; the first one signs."""
        return tuple(secret.encode() for secret in _listed(self.api_key_secrets))

    @property
    def passkey_site(self) -> tuple[str, str]:
        """The host that passkeys are of, which is the platform's own, and the origin of its pages."""
        return f"app.{self.base_host}", self.app_url

    @property
    def lost_passkey_domain_set(self) -> frozenset[str]:
        """The former base domains, without ports, whose passkeys are given up."""
        listed = self.lost_passkey_domains.lower().split(",")
        return frozenset(each.partition(":")[0].strip() for each in listed) - {""}

    @property
    def factor_secret_list(self) -> tuple[bytes, ...]:
        """The secret keys for the secrets of apps for codes; the first one encrypts."""
        return tuple(secret.encode() for secret in _listed(self.factor_secrets))

    @property
    def device_cookie_secret_list(self) -> tuple[str, ...]:
        """The secret keys for device cookies; the first one signs."""
        return _listed(self.device_cookie_secrets)

    @model_validator(mode="after")
    def _check_secret_lists(self) -> Self:
        for name in ("api_key_secrets", "device_cookie_secrets", "factor_secrets"):
            if any(len(each.encode()) < MIN_SECRET_BYTES for each in _listed(getattr(self, name))):
                raise ValueError(f"{name.upper()}: each needs at least {MIN_SECRET_BYTES} bytes")
        return self

    @model_validator(mode="after")
    def _check_lost_passkeys(self) -> Self:
        if self.base_host in self.lost_passkey_domain_set:
            # Left there, it would give up today's passkeys at the next change.
            raise ValueError("LOST_PASSKEY_DOMAINS must not name BASE_DOMAIN")
        return self

    @model_validator(mode="after")
    def _check_local_providers(self) -> Self:
        if self.sso_local_providers and self.environment == "production":
            raise ValueError("SSO_LOCAL_PROVIDERS is for tests and laptops alone")
        return self


def _listed(secrets: SecretStr) -> tuple[str, ...]:
    return tuple(part.strip() for part in secrets.get_secret_value().split(","))

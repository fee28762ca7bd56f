"""Where Kafka is, and as whom a process connects to it."""

import ssl
from dataclasses import dataclass, field
from typing import Any, Literal, Self

from pydantic import SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

Protocol = Literal["SASL_SSL", "SASL_PLAINTEXT"]
Mechanism = Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"]


@dataclass(frozen=True, slots=True)
class Brokers:
    """The brokers to begin with (host:port, comma separated), and the user to connect as. Without
    a user nothing is proved or encrypted: brokers of tests let anybody in."""

    servers: str
    username: str | None = None
    password: str = field(default="", repr=False)
    protocol: Protocol = "SASL_SSL"
    mechanism: Mechanism = "SCRAM-SHA-512"


def client_options(brokers: Brokers | str) -> dict[str, Any]:
    """What every client of aiokafka needs to connect; a string is the servers of `Brokers`."""
    if isinstance(brokers, str):
        brokers = Brokers(brokers)
    options: dict[str, Any] = {"bootstrap_servers": brokers.servers}
    if brokers.username is not None:
        options |= {
            "security_protocol": brokers.protocol,
            "sasl_mechanism": brokers.mechanism,
            "sasl_plain_username": brokers.username,
            "sasl_plain_password": brokers.password,
        }
        if brokers.protocol == "SASL_SSL":
            options["ssl_context"] = ssl.create_default_context()
    return options


class KafkaSettings(BaseSettings):
    """What every process that talks to Kafka reads."""

    # Errors do not repeat the input: a process that fails to start must not print secrets.
    model_config = SettingsConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    # Kafka brokers, host:port, comma separated.
    kafka_bootstrap_servers: str
    # The user at the brokers, one for each deployable, and its password. In production there must be one.
    kafka_username: str | None = None
    kafka_password: SecretStr | None = None
    # With a user: whether the connection is encrypted, and how the password is proved.
    kafka_security_protocol: Protocol = "SASL_SSL"
    kafka_sasl_mechanism: Mechanism = "SCRAM-SHA-512"

    @model_validator(mode="after")
    def _user_has_a_password(self) -> Self:
        if (self.kafka_username is None) != (self.kafka_password is None):
            raise ValueError("KAFKA_USERNAME and KAFKA_PASSWORD go together")
        return self

    @property
    def brokers(self) -> Brokers:
        """The brokers, and the user."""
        password = self.kafka_password
        return Brokers(
            self.kafka_bootstrap_servers,
            self.kafka_username,
            "" if password is None else password.get_secret_value(),
            self.kafka_security_protocol,
            self.kafka_sasl_mechanism,
        )

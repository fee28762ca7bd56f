"""How a process connects to Kafka: as whom, and when it has to be somebody."""

import ssl

import pytest
from pydantic import ValidationError

from kit_testing import make_settings
from stagify.brokers import Brokers, KafkaSettings, client_options
from stagify.testing import ContextKeys, DatabaseUrls

SERVERS = "kafka:9092"
USER = {"kafka_username": "staging-svc", "kafka_password": "secret-word"}


def settings(**given: str) -> KafkaSettings:
    return KafkaSettings.model_validate({"kafka_bootstrap_servers": SERVERS, **given})


def test_a_plain_address_is_that_of_brokers_that_let_anybody_in() -> None:
    assert client_options(SERVERS) == {"bootstrap_servers": SERVERS}
    assert client_options(Brokers(SERVERS)) == {"bootstrap_servers": SERVERS}


def test_a_user_connects_encrypted_unless_told_otherwise() -> None:
    options = client_options(settings(**USER).brokers)
    context = options.pop("ssl_context")
    assert isinstance(context, ssl.SSLContext)
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert options == {
        "bootstrap_servers": SERVERS,
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "staging-svc",
        "sasl_plain_password": "secret-word",
    }


def test_within_one_machine_it_may_be_in_the_clear() -> None:
    words = {"kafka_security_protocol": "SASL_PLAINTEXT", "kafka_sasl_mechanism": "PLAIN"}
    options = client_options(settings(**USER, **words).brokers)
    assert (options["security_protocol"], options["sasl_mechanism"]) == ("SASL_PLAINTEXT", "PLAIN")
    assert "ssl_context" not in options


@pytest.mark.parametrize("missing", USER)
def test_user_and_password_go_together(missing: str) -> None:
    given = {name: value for name, value in USER.items() if name != missing}
    with pytest.raises(ValidationError, match="go together") as refused:
        settings(**given)
    assert "secret-word" not in str(refused.value)


def test_the_password_is_not_shown() -> None:
    known = settings(**USER)
    assert "secret-word" not in f"{known!r} {known.brokers!r}"


def test_in_production_every_process_is_somebody(
    kit_urls: DatabaseUrls, context_keys: ContextKeys
) -> None:
    with pytest.raises(ValidationError, match="KAFKA_USERNAME and KAFKA_PASSWORD are required"):
        make_settings(kit_urls, context_keys, environment="production")
    known = make_settings(kit_urls, context_keys, environment="production", **USER)
    assert known.brokers.username == "staging-svc"

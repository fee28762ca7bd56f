"""What is kept between runs."""

import socket
import stat
from pathlib import Path

from stagify_local.ports import LOOPBACK
from stagify_local.state import State


def test_ports_secrets_and_keys_persist(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    first = State(path)
    kept = (first.port("kafka"), first.secret("x"), first.key_pair("gateway"))
    again = State(path)
    assert (again.port("kafka"), again.secret("x"), again.key_pair("gateway")) == kept


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    State(path).secret("x")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_taken_port_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    port = State(path).port("kafka")
    with socket.socket() as other:
        other.bind((LOOPBACK, port))
        other.listen()
        replaced = State(path).port("kafka")
        assert replaced != port
    assert State(path).port("kafka") == replaced


def test_two_names_never_share_a_port(tmp_path: Path) -> None:
    state = State(tmp_path / "state.json")
    ports = [state.port(str(number)) for number in range(20)]
    assert len(set(ports)) == len(ports)

from __future__ import annotations

import pytest

from tests.answering import Asked, answering, json_handler
from tests.upkeep.state.plans import look
from upkeep.errors import UpkeepError
from upkeep.state.authorities import look_at


def test_vault_is_asked_without_a_token() -> None:
    asked: list[Asked] = []
    root = look("pki-root")

    def answer(request: Asked) -> tuple[int, object]:
        asked.append(request)
        found = {"issuer_id": "i1", "certificate": f"{root.certificate}\n", "ca_chain": []}
        return 200, {"data": {**found, "ca_chain": [f"{root.certificate}\n"]}}

    with answering(json_handler(answer)) as address:
        found = look_at(address, None)("pki-root")
    assert (found.issuer_id, found.chain) == ("i1", (root.certificate,))
    assert [(one.path, one.token) for one in asked] == [("/v1/pki-root/issuer/default/json", "")]


def test_a_serial_number_is_written_as_vault_does() -> None:
    serial = look("pki-root").serial_number
    assert all(len(byte) == 2 for byte in serial.split(":"))
    assert int(serial.replace(":", ""), 16) == 0x53F7629DAA6F1904BA1924D76E482312EEF5A6D5


def test_a_vault_without_the_mount_is_another_vault() -> None:
    with (
        answering(json_handler(lambda _: (404, {"errors": []}))) as address,
        pytest.raises(UpkeepError, match=r"default issuer of pki/.*Is that the Vault"),
    ):
        look_at(address, None)("pki")

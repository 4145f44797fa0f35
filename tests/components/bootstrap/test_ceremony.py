"""The steps of first contact: each error says what is left in which state, and holds no secret."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest
import requests

from components.bootstrap import ceremony
from components.bootstrap.ceremony import (
    AlreadyInitialisedError,
    BootstrapError,
    Credentials,
    Initialised,
)
from components.bootstrap.names import Names
from rehearsal.certificates import Authority
from tests.clock import Clock
from tests.components.bootstrap.fake_vault import OTP, REFUSED, SHARES, FakeVault, serving


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(ceremony, "time", clock)
    return clock


def initialise(vault: FakeVault, *, auto_unseal: bool = False) -> Initialised:
    client = ceremony.connect(vault.address, None)
    return ceremony.initialise(
        client, auto_unseal=auto_unseal, shares=5, threshold=3, pgp_keys=["key"]
    )


def alone(error: BootstrapError) -> bool:
    """Whether what it came of is not shown: Pulumi would put all of that before it."""
    return error.__suppress_context__ and error.__cause__ is None


def test_a_client_takes_nothing_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".vault-token").write_text("hvs.of-the-person")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("VAULT_TOKEN", "hvs.of-the-shell")
    client = ceremony.connect("http://127.0.0.1:1", None)
    assert not client.token
    assert ceremony.connect("http://127.0.0.1:1", None, "hvs.given").token == "hvs.given"


def test_no_address_is_not_that_of_the_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAULT_ADDR", "https://vault.example.com:8200")
    with pytest.raises(BootstrapError, match="no address, so no Vault was asked"):
        ceremony.connect("", None)


def test_no_proxy_is_shown_what_goes_to_vault(
    monkeypatch: pytest.MonkeyPatch, vault: FakeVault
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    ceremony.wait_until_answering(ceremony.connect(vault.address, None, "hvs.given"), 0)


def test_an_address_that_refuses_is_named_with_its_keys_after_the_timeout(clock: Clock) -> None:
    with socket.socket() as taken:  # bound and not listening: connections are refused
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(BootstrapError) as caught:
            ceremony.wait_until_answering(ceremony.connect(address, None), 300)
    assert 300 <= clock.now <= 302, "no longer than the pause before the last try"
    text = str(caught.value)
    assert f"Vault at {address} did not answer within 300 s" in text
    assert "vaultstack:vaultAddress" in text
    assert "vaultstack:bootstrapTimeout" in text
    assert alone(caught.value)


@pytest.mark.usefixtures("clock")
def test_a_vault_that_starts_late_is_waited_for(vault: FakeVault) -> None:
    vault.answers["sys/seal-status"] = (503, {"errors": ["not yet"]})
    client, told = ceremony.connect(vault.address, None), list[str]()
    with pytest.raises(BootstrapError, match="did not answer"):
        ceremony.wait_until_answering(client, 0.2, tell=told.append)
    asked = len(vault.requests)
    assert asked > 1
    assert told == [
        f"Vault at {vault.address} does not answer (VaultDown); waiting for it, at most 0.2 s"
    ]
    vault.answers.clear()
    ceremony.wait_until_answering(client, 0.2, tell=told.append)
    assert len(vault.requests) == asked + 1
    assert len(told) == 1, "one that answers is not waited for"


@pytest.mark.usefixtures("clock")
def test_of_one_that_says_nothing_waiting_is_told_soon(
    vault: FakeVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault.answers["sys/seal-status"] = (503, {"errors": ["not yet"]})
    client, seconds = ceremony.connect(vault.address, None), list[object]()
    send = requests.Session.request

    def watched(session: requests.Session, method: str, url: str, **how: Any) -> requests.Response:
        seconds.append(how["timeout"])
        return send(session, method, url, **how)

    monkeypatch.setattr(requests.Session, "request", watched)
    with pytest.raises(BootstrapError):
        ceremony.wait_until_answering(client, 0.2)
    assert seconds == [2, 30, 30]


def test_an_error_names_what_its_reader_can_set(clock: Clock) -> None:
    names = Names("--where", "--ca", "--patience")
    client = ceremony.connect("http://127.0.0.1:1", None)
    with pytest.raises(BootstrapError, match=r"Check --where, .*; --patience sets how") as caught:
        ceremony.wait_until_answering(client, 1, names)
    assert "vaultstack:" not in str(caught.value)
    assert clock.now >= 1


def test_a_certificate_that_cannot_be_verified_is_told_at_once(
    clock: Clock, tmp_path: Path
) -> None:
    authority = Authority.create("a CA of its own")
    pair = authority.issue("vault")
    certificate, key, ca = tmp_path / "cert", tmp_path / "key", tmp_path / "ca"
    certificate.write_text(pair.certificate_pem)
    key.write_text(pair.key_pem)
    ca.write_text(authority.certificate_pem)
    with serving(FakeVault(), (certificate, key)) as vault:
        with pytest.raises(BootstrapError) as caught:
            ceremony.wait_until_answering(ceremony.connect(vault.address, None), 30)
        assert clock.now == 0
        assert "a certificate that cannot be verified" in str(caught.value)
        assert "vaultstack:vaultCaCertFile" in str(caught.value)
        assert alone(caught.value)
        client, names = ceremony.connect(vault.address, None), Names("--where", "--ca", "--wait")
        with pytest.raises(BootstrapError, match=r"Set --ca to the CA"):
            ceremony.wait_until_answering(client, 30, names)
        ceremony.wait_until_answering(ceremony.connect(vault.address, str(ca)), 30)


@pytest.mark.parametrize(("auto_unseal", "prefix"), [(False, ""), (True, "recovery_")])
def test_initialising_asks_for_shares_of_the_right_kind(
    vault: FakeVault, auto_unseal: bool, prefix: str
) -> None:
    initialised = initialise(vault, auto_unseal=auto_unseal)
    assert initialised.shares == tuple(SHARES)
    kind = "recovery" if auto_unseal else "secret"
    body = vault.bodies[-1]
    assert body == {f"{kind}_shares": 5, f"{kind}_threshold": 3, f"{prefix}pgp_keys": ["key"]}


def test_init_gets_a_long_time_as_nobody_can_ask_twice(
    vault: FakeVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: dict[str, object] = {}
    send = requests.Session.request

    def watched(session: requests.Session, method: str, url: str, **how: Any) -> requests.Response:
        waited[f"{method.upper()} {url.rpartition('/v1/')[2]}"] = how["timeout"]
        return send(session, method, url, **how)

    monkeypatch.setattr(requests.Session, "request", watched)
    initialise(vault)
    assert waited == {"GET sys/init": 30, "PUT sys/init": 300}


def test_an_initialised_vault_is_left_alone_and_the_way_to_adopt_it_named(
    vault: FakeVault,
) -> None:
    vault.initialised = True
    with pytest.raises(AlreadyInitialisedError) as caught:
        initialise(vault)
    assert vault.writes == []
    text = str(caught.value)
    assert f"Vault at {vault.address} is already initialised, but not by this stack" in text
    assert "Nothing was changed" in text
    assert f"python -m components.bootstrap --address {vault.address}" in text
    assert "VAULT_TOKEN" in text


def test_losing_the_race_to_initialise_is_the_same_error(
    vault: FakeVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = ceremony.connect(vault.address, None)
    answers = iter([False, True])
    monkeypatch.setattr(type(client.sys), "is_initialized", lambda _: next(answers))
    vault.initialised = True
    with pytest.raises(AlreadyInitialisedError):
        ceremony.initialise(client, auto_unseal=False, shares=5, threshold=3, pgp_keys=[])


def test_a_refused_initialisation_says_why(vault: FakeVault) -> None:
    client = ceremony.connect(vault.address, None)
    vault.answers["PUT sys/init"] = REFUSED
    with pytest.raises(BootstrapError, match=r"refused to be initialised: refused by the fake"):
        ceremony.initialise(client, auto_unseal=False, shares=5, threshold=3, pgp_keys=[])


def test_only_as_many_shares_as_needed_are_given(vault: FakeVault) -> None:
    vault.initialised = True
    ceremony.unseal(ceremony.connect(vault.address, None), SHARES)
    assert vault.given == SHARES[:3]
    ceremony.unseal(ceremony.connect(vault.address, None), SHARES)
    assert vault.given == SHARES[:3]


def test_too_few_shares_leave_it_sealed_and_say_so(vault: FakeVault) -> None:
    vault.initialised = True
    with pytest.raises(BootstrapError, match="still sealed after 2 shares") as caught:
        ceremony.unseal(ceremony.connect(vault.address, None), SHARES[:2])
    assert "hidden" not in str(caught.value)


def test_a_vault_that_never_leads_is_told_after_the_timeout(vault: FakeVault) -> None:
    vault.initialised = True
    with pytest.raises(BootstrapError, match=r"initialised but not active after 0.2 s"):
        ceremony.wait_until_active(ceremony.connect(vault.address, None), 0.2)


def test_a_standby_serves_where_it_knows_who_leads(vault: FakeVault) -> None:
    """Behind a load balancer it may be the one that answers, and it forwards."""
    vault.initialised, vault.sealed, vault.clustered = True, False, True
    client = ceremony.connect(vault.address, None)
    with pytest.raises(BootstrapError, match="not active"):
        ceremony.wait_until_active(client, 0.2)
    vault.leader = "https://vault-1.vault-internal:8200"
    ceremony.wait_until_active(client, 0.2)


def test_a_leader_that_goes_away_meanwhile_is_waited_for() -> None:
    client = ceremony.connect("http://127.0.0.1:1", None)
    with pytest.raises(BootstrapError, match="not active after"):
        ceremony.wait_until_active(client, 0.2)


@pytest.mark.parametrize("answer", [(200, {}), (502, {"errors": ["a proxy"]})])
def test_what_is_no_seal_status_waits_for_no_shares(
    vault: FakeVault, answer: tuple[int, dict[str, object]]
) -> None:
    vault.answers["sys/seal-status"] = answer
    assert not ceremony.seen_sealed(vault.address, None)


def test_a_wrong_or_expired_credential_is_one_clear_error(vault: FakeVault) -> None:
    client = ceremony.connect(vault.address, None)
    with pytest.raises(BootstrapError) as caught:
        ceremony.log_in(client, Credentials("the-role-id", "wrong-hidden"))
    text = str(caught.value)
    assert "refused the provisioner's credential: it is wrong, has expired" in text
    assert f"python -m components.bootstrap --address {vault.address}" in text
    assert "hidden" not in text


def test_the_provisioner_is_brought_up_to_date_and_not_mounted_twice(vault: FakeVault) -> None:
    vault.initialised, vault.sealed = True, False
    client = ceremony.connect(vault.address, None, vault.new_root())
    for acl in ("first", "second"):
        credentials = ceremony.install_provisioner(
            client, acl=acl, secret_id_ttl_seconds=60, bound_cidrs=["10.0.0.0/8"]
        )
        assert vault.policies == {"provisioner": acl}
        assert credentials == Credentials("the-role-id", vault.secret_ids[-1])
    assert vault.writes.count("sys/auth/provisioner") == 1
    assert vault.role["secret_id_ttl"] == "60s"
    assert vault.role["token_policies"] in (["provisioner"], "provisioner")
    assert vault.role["token_no_default_policy"] is True
    assert "10.0.0.0/8" in vault.role["token_bound_cidrs"]
    assert "10.0.0.0/8" in vault.role["secret_id_bound_cidrs"]


def test_the_role_can_be_written_alone_and_loses_what_is_no_longer_set(vault: FakeVault) -> None:
    vault.initialised, vault.sealed = True, False
    client = ceremony.connect(vault.address, None, vault.new_root())
    ceremony.write_role(client, secret_id_ttl_seconds=90, bound_cidrs=["10.0.0.0/8"])
    first = vault.role
    ceremony.write_role(client, secret_id_ttl_seconds=90, bound_cidrs=[])
    assert vault.writes == ["auth/provisioner/role/provisioner"] * 2
    # Vault keeps what a request leaves out, so that no network at all must be sent as such.
    cidrs = {"token_bound_cidrs", "secret_id_bound_cidrs"}
    assert [vault.role[key] for key in cidrs] == ["", ""]
    assert {key: value for key, value in first.items() if key not in cidrs} == {
        "token_policies": "provisioner",
        "token_no_default_policy": True,
        "token_ttl": "1h",
        "token_max_ttl": "1h",
        "secret_id_ttl": "90s",
    }


def test_root_is_regained_from_the_shares(vault: FakeVault) -> None:
    vault.initialised, vault.sealed = True, False
    token = ceremony.regain_root(ceremony.connect(vault.address, None), SHARES)
    assert vault.tokens == {token}
    assert len(token) == len(OTP)


def test_root_is_not_regained_from_too_few(vault: FakeVault) -> None:
    vault.initialised, vault.sealed = True, False
    with pytest.raises(BootstrapError, match="wants more than the 2 shares"):
        ceremony.regain_root(ceremony.connect(vault.address, None), SHARES[:2])


def test_nothing_secret_is_in_a_repr() -> None:
    made = (Credentials("role", "secret-hidden"), Initialised(("share-hidden",), "root-hidden"))
    assert [str(item) for item in made] == ["Credentials(...)", "Initialised(<1 shares>)"]
    assert "hidden" not in f"{made!r}"

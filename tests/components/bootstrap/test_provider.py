"""The dynamic resources: shares are never lost, the root token ends, and a diff changes nothing."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import pytest
from pysequoia import Tsk

from components.bootstrap.ceremony import AlreadyInitialisedError, BootstrapError
from components.bootstrap.properties import ADOPTION_INPUTS, INPUTS
from components.bootstrap.provider import AdoptProvider, InitialiseProvider
from tests.components.bootstrap.fake_vault import FORBIDDEN, ROLE, SHARES, FakeVault
from tests.components.settings.keys import encoded, public_keys

SECRET_ID_TTL = 7200


def inputs(address: str, /, **changed: object) -> dict[str, Any]:
    return {
        "acl": "the provisioner's ACL",
        "address": address,
        "auto_unseal": False,
        "bound_cidrs": [],
        "ca_cert_file": "",
        "ci_login": "",
        "pgp_keys": [],
        "secret_id_ttl_seconds": float(SECRET_ID_TTL),  # Pulumi hands over floats
        "share_count": 5.0,
        "share_threshold": 3.0,
        "teams": "",
        "timeout_seconds": 0.5,
        "__provider": "pickled",
        **changed,
    }


def created(vault: FakeVault, **changed: object) -> dict[str, Any]:
    result = InitialiseProvider().create(inputs(vault.address, **changed))
    assert result.id == vault.address
    assert result.outs is not None
    return dict(result.outs)


def updated(olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
    result = InitialiseProvider().update("id", dict(olds), dict(news))
    assert result.outs is not None
    return dict(result.outs)


def changes(olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
    return bool(InitialiseProvider().diff("id", dict(olds), dict(news)).changes)


def test_a_new_vault_is_initialised_and_handed_over(vault: FakeVault) -> None:
    before = int(time.time())
    outs = created(vault)
    assert outs["shares"] == SHARES
    assert outs["problem"] == ""
    assert (outs["role_id"], outs["secret_id"]) == ("the-role-id", vault.secret_ids[-1])
    assert before <= outs["secret_id_issued_at"] <= time.time()
    assert "__provider" not in outs
    assert set(INPUTS) < set(outs)
    assert vault.bodies[vault.requests.index(("PUT", "sys/init"))] == {
        "secret_shares": 5,
        "secret_threshold": 3,
    }
    assert not vault.sealed
    assert vault.policies == {"provisioner": "the provisioner's ACL"}
    assert vault.role["secret_id_ttl"] == "7200s"


def test_the_root_token_ends_and_is_no_output(vault: FakeVault) -> None:
    outs = created(vault)
    assert vault.tokens == set()
    assert len(vault.revoked) == 1
    assert vault.revoked[0] not in str(outs)


def test_a_vault_sealed_by_a_kms_unseals_itself(vault: FakeVault) -> None:
    outs = created(vault, auto_unseal=True)
    assert outs["problem"] == ""
    assert vault.given == []


def test_a_vault_is_not_asked_to_encrypt_to_a_key_that_has_expired(vault: FakeVault) -> None:
    """It would call itself initialised, and hand out no shares."""
    short_lived = Tsk.generate("Holder <holder@example.com>", validity_seconds=1)
    keys = [*public_keys(1), encoded(bytes(short_lived.extract_certificate()))]
    time.sleep(1.1)
    with pytest.raises(BootstrapError, match=r"sharePgpKeys: key 2 has expired.* Nothing was ch"):
        created(vault, auto_unseal=True, pgp_keys=keys)
    assert vault.requests == []


def test_an_initialised_vault_is_refused_and_left_alone(vault: FakeVault) -> None:
    vault.initialised = True
    with pytest.raises(AlreadyInitialisedError):
        created(vault)
    assert vault.writes == []


STEPS: Mapping[str, str] = {
    "unsealing": "sys/unseal",
    "becoming active": "sys/health",
    "writing the ACL policy": "sys/policies/acl/provisioner",
    "enabling the auth method": "sys/auth/provisioner",
    "making the role": ROLE,
    "reading the role ID": f"{ROLE}/role-id",
    "issuing the secret ID": f"{ROLE}/secret-id",
}


@pytest.mark.parametrize("step", STEPS)
def test_a_failure_after_init_keeps_the_shares_and_notes_the_problem(
    vault: FakeVault, step: str
) -> None:
    vault.answers[STEPS[step]] = (500, {"errors": ["disk full"]})
    outs = created(vault)
    assert outs["shares"] == SHARES
    assert (outs["role_id"], outs["secret_id"]) == ("", "")
    problem = outs["problem"]
    assert f"Vault at {vault.address} was initialised" in problem
    assert "The key shares are safe in the state" in problem
    assert "run `pulumi up` again" in problem
    assert "hidden" not in problem


@pytest.mark.parametrize("step", [step for step in STEPS if step != "unsealing"])
def test_the_root_token_ends_also_after_a_failure(vault: FakeVault, step: str) -> None:
    vault.answers[STEPS[step]] = (500, {"errors": ["disk full"]})
    created(vault)
    assert vault.tokens == set()
    assert len(vault.revoked) == 1


def test_a_token_that_vault_repeats_is_cut_out_of_the_problem(vault: FakeVault) -> None:
    root = vault.new_root()
    vault._roots = 0
    vault.answers["sys/policies/acl/provisioner"] = (500, {"errors": [f"no such token {root}"]})
    problem = created(vault)["problem"]
    assert "no such token <token>" in problem
    assert "hidden" not in problem


@pytest.mark.parametrize("step", STEPS)
def test_the_next_up_goes_on_from_there(vault: FakeVault, step: str) -> None:
    vault.answers[STEPS[step]] = (500, {"errors": ["disk full"]})
    olds = created(vault)
    assert changes(olds, inputs(vault.address))
    vault.answers.clear()
    outs = updated(olds, inputs(vault.address))
    assert outs["problem"] == ""
    assert outs["shares"] == SHARES
    assert outs["secret_id"] == vault.secret_ids[-1]
    # A sealed Vault revokes nothing: there the first root token stays, held by nobody.
    assert len(vault.tokens) == (1 if step == "unsealing" else 0)
    assert vault.writes.count("sys/init") == 1
    assert not changes(outs, inputs(vault.address))


def test_going_on_that_fails_again_is_an_error_and_ends_the_new_root(vault: FakeVault) -> None:
    vault.answers["sys/policies/acl/provisioner"] = (500, {"errors": ["disk full"]})
    olds = created(vault)
    with pytest.raises(BootstrapError, match="did not finish") as caught:
        updated(olds, inputs(vault.address))
    assert "hidden" not in str(caught.value)
    assert vault.tokens == set()


def test_encrypted_shares_cannot_go_on_alone_and_the_way_is_told(vault: FakeVault) -> None:
    keys = public_keys()
    vault.answers["sys/policies/acl/provisioner"] = FORBIDDEN
    olds = created(vault, auto_unseal=True, pgp_keys=keys)
    with pytest.raises(BootstrapError) as caught:
        updated(olds, inputs(vault.address, auto_unseal=True, pgp_keys=keys))
    text = str(caught.value)
    assert "encrypted to PGP keys" in text
    assert "vault operator generate-root" in text
    assert f"python -m components.bootstrap --address {vault.address}" in text
    assert "hidden" not in text


def state(**changed: object) -> dict[str, Any]:
    return inputs("http://127.0.0.1:1") | {
        "shares": SHARES,
        "role_id": "the-role-id",
        "secret_id": "secret-id-1-hidden",
        "secret_id_issued_at": time.time(),
        "problem": "",
        **changed,
    }


def test_a_diff_sees_no_change_where_there_is_none_and_asks_nobody() -> None:
    # Port 1 of loopback answers nobody: a diff that asked would fail or wait.
    assert not changes(state(), inputs("http://127.0.0.1:1"))


@pytest.mark.parametrize("key", INPUTS)
def test_a_diff_sees_each_input(key: str) -> None:
    assert changes(state(), inputs("http://127.0.0.1:1", **{key: "something else"}))


def test_a_diff_sees_an_unfinished_problem_and_a_secret_id_that_ages() -> None:
    news = inputs("http://127.0.0.1:1")
    now = time.time()
    assert changes(state(problem="it did not finish"), news)
    assert changes(state(secret_id_issued_at=now - SECRET_ID_TTL / 2 - 60), news)
    assert not changes(state(secret_id_issued_at=now - SECRET_ID_TTL / 2 + 60), news)


def test_a_diff_understands_values_in_their_wire_form() -> None:
    def wired(value: object) -> dict[str, object]:
        return {
            "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
            "value": value,
        }

    news = {key: wired(value) for key, value in inputs("http://127.0.0.1:1").items()}
    assert not changes(state(problem=wired("")), news)
    assert changes(state(problem=wired("it did not finish")), news)


def logged_in(vault: FakeVault, **changed: object) -> dict[str, Any]:
    vault.initialised, vault.sealed = True, False
    vault.secret_ids = ["secret-id-1-hidden"]
    return state(address=vault.address, **changed)


def test_a_diff_sees_that_vault_waits_for_shares_and_the_next_up_gives_them(
    vault: FakeVault,
) -> None:
    olds, news = logged_in(vault), inputs(vault.address)
    assert not changes(olds, news)
    vault.sealed = True
    assert changes(olds, news)
    assert vault.writes == []
    outs = updated(olds, news)
    assert not vault.sealed
    assert outs["secret_id"] == olds["secret_id"]
    assert not changes(outs, news)


def test_a_vault_that_a_kms_unseals_is_asked_nothing(vault: FakeVault) -> None:
    olds, news = logged_in(vault, auto_unseal=True), inputs(vault.address, auto_unseal=True)
    vault.sealed = True
    assert not changes(olds, news)
    assert vault.requests == []


def test_a_vault_that_was_emptied_does_not_wait_for_shares(vault: FakeVault) -> None:
    """Giving it the old ones could not help; the error of what follows says what it is."""
    olds, news = logged_in(vault), inputs(vault.address)
    vault.initialised, vault.sealed = False, True
    assert not changes(olds, news)


def test_an_ageing_secret_id_is_replaced_and_the_old_one_left_to_expire(vault: FakeVault) -> None:
    before = int(time.time())
    olds = logged_in(vault, secret_id_issued_at=1)
    outs = updated(olds, inputs(vault.address))
    assert outs["secret_id"] == "secret-id-2-hidden"
    assert before <= outs["secret_id_issued_at"] <= time.time()
    assert vault.secret_ids == ["secret-id-1-hidden", "secret-id-2-hidden"]
    assert vault.tokens == set()
    assert "__provider" not in outs
    assert not any("destroy" in path for path in vault.writes)


def test_a_changed_acl_is_written_and_a_young_secret_id_kept(vault: FakeVault) -> None:
    olds = logged_in(vault)
    outs = updated(olds, inputs(vault.address, acl="a new ACL"))
    assert vault.policies == {"provisioner": "a new ACL"}
    assert (outs["acl"], outs["secret_id"]) == ("a new ACL", "secret-id-1-hidden")
    assert vault.tokens == set()


ROLE_CHANGES: Mapping[str, tuple[dict[str, object], dict[str, object]]] = {
    # name: (what is changed, what the role then says)
    "from where it may come": (
        {"bound_cidrs": ["10.0.0.0/8"]},
        {"token_bound_cidrs": "10.0.0.0/8", "secret_id_bound_cidrs": "10.0.0.0/8"},
    ),
    "how long its secret IDs live": (
        {"secret_id_ttl_seconds": 3600.0},
        {"secret_id_ttl": "3600s", "token_bound_cidrs": ""},
    ),
}


@pytest.mark.parametrize("name", ROLE_CHANGES)
def test_what_the_role_says_is_brought_up_to_date(vault: FakeVault, name: str) -> None:
    changed, said = ROLE_CHANGES[name]
    outs = updated(logged_in(vault), inputs(vault.address, **changed))
    assert {key: vault.role[key] for key in said} == said
    assert {key: outs[key] for key in changed} == changed
    assert vault.policies == {}
    assert vault.tokens == set()
    assert not changes(outs, inputs(vault.address, **changed))


def test_a_secret_id_that_should_live_otherwise_is_replaced_after_its_role(
    vault: FakeVault,
) -> None:
    """Vault gives it the lifetime that the role has at that moment."""
    before = int(time.time())
    olds = logged_in(vault, secret_id_issued_at=before - 60)
    outs = updated(olds, inputs(vault.address, secret_id_ttl_seconds=3600.0))
    assert outs["secret_id"] == "secret-id-2-hidden"
    assert before <= outs["secret_id_issued_at"] <= time.time()
    assert vault.writes == [
        "auth/provisioner/login",
        ROLE,
        f"{ROLE}/secret-id",
        "auth/token/revoke-self",
    ]


def test_another_network_needs_no_other_secret_id(vault: FakeVault) -> None:
    outs = updated(logged_in(vault), inputs(vault.address, bound_cidrs=["10.0.0.0/8"]))
    assert outs["secret_id"] == "secret-id-1-hidden"
    assert vault.writes == ["auth/provisioner/login", ROLE, "auth/token/revoke-self"]


def test_the_right_to_write_the_role_comes_before_the_role(vault: FakeVault) -> None:
    """An ACL policy of an earlier version does not have it."""
    news = inputs(vault.address, acl="a new ACL", bound_cidrs=["10.0.0.0/8"])
    updated(logged_in(vault), inputs(vault.address) | news)
    assert vault.writes.index("sys/policies/acl/provisioner") < vault.writes.index(ROLE)


def test_a_role_that_has_not_changed_is_not_written(vault: FakeVault) -> None:
    updated(logged_in(vault), inputs(vault.address, acl="a new ACL", timeout_seconds=1.0))
    assert ROLE not in vault.writes
    assert vault.role == {}


FIXED: Mapping[str, tuple[str, object]] = {
    # the input: the setting, and another value
    "auto_unseal": ("seal", True),
    "pgp_keys": ("sharePgpKeys", ["a key"]),
    "share_count": ("shares", 7.0),
    "share_threshold": ("shareThreshold", 2.0),
}


@pytest.mark.parametrize("key", FIXED)
@pytest.mark.parametrize("problem", ["", "it did not finish"])
def test_what_initialisation_fixed_cannot_be_changed(
    vault: FakeVault, key: str, problem: str
) -> None:
    """Nor while it is unfinished: the shares are made."""
    setting, value = FIXED[key]
    news = inputs(vault.address, **{key: value}, acl="a new ACL")
    with pytest.raises(BootstrapError) as caught:
        updated(logged_in(vault, problem=problem), news)
    assert str(caught.value) == (
        f"vaultstack:{setting}: an initialised Vault's seal and key shares cannot be changed by "
        "this program. Vault was not changed, but the configuration of deployed servers was: set "
        "the values back and run `pulumi up` before one restarts. To change them, use `vault "
        "operator rekey` or a seal migration."
    )
    assert vault.requests == []


def test_all_that_initialisation_fixed_is_named_at_once(vault: FakeVault) -> None:
    news = inputs(vault.address, **{key: value for key, (_, value) in FIXED.items()})
    with pytest.raises(BootstrapError) as caught:
        updated(logged_in(vault), news)
    for setting, _ in FIXED.values():
        assert f"vaultstack:{setting}" in str(caught.value)


def test_the_same_values_written_another_way_are_no_change(vault: FakeVault) -> None:
    """Pulumi hands over floats, and the state of an earlier run may hold whole numbers."""
    olds = logged_in(vault, share_count=5, share_threshold=3, pgp_keys=[])
    news = inputs(vault.address)
    assert not changes(olds, news)
    assert updated(olds, news)["share_count"] == 5


def test_renewing_with_an_expired_secret_id_is_one_clear_error(vault: FakeVault) -> None:
    olds = logged_in(vault, secret_id_issued_at=1, secret_id="expired-hidden")
    with pytest.raises(BootstrapError, match="refused the provisioner's credential") as caught:
        updated(olds, inputs(vault.address))
    assert "hidden" not in str(caught.value)


# --- adoption ---------------------------------------------------------------------------------


def adoption(address: str, /, **changed: object) -> dict[str, Any]:
    return {
        "acl": "the provisioner's ACL",
        "address": address,
        "bound_cidrs": [],
        "ca_cert_file": "",
        "ci_login": "",
        "given_role_id": "the-role-id",
        "given_secret_id": "secret-id-1-hidden",
        "secret_id_ttl_seconds": float(SECRET_ID_TTL),
        "teams": "",
        "timeout_seconds": 0.5,
        "__provider": "pickled",
        **changed,
    }


def adopted(address: str, /, **changed: object) -> dict[str, Any]:
    """The state after adoption: the credential of its own is the second that Vault issued."""
    own = {
        "role_id": "the-role-id",
        "secret_id": "secret-id-2-hidden",
        "secret_id_issued_at": time.time(),
    }
    return adoption(address) | own | changed


def adoption_changes(olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
    return bool(AdoptProvider().diff("id", dict(olds), dict(news)).changes)


def readopted(vault: FakeVault, news: Mapping[str, Any], /, **changed: object) -> dict[str, Any]:
    logged_in(vault)
    vault.secret_ids.append("secret-id-2-hidden")
    result = AdoptProvider().update("id", adopted(vault.address, **changed), dict(news))
    assert result.outs is not None
    assert "__provider" not in result.outs
    assert vault.tokens == set()
    return dict(result.outs)


def test_adopting_exchanges_the_credential_for_one_of_its_own(vault: FakeVault) -> None:
    before = int(time.time())
    logged_in(vault)
    given = adoption(vault.address, bound_cidrs=["10.0.0.0/8"])
    result = AdoptProvider().create(given)
    assert result.id == vault.address
    outs = dict(result.outs or {})
    assert before <= outs.pop("secret_id_issued_at") <= time.time()
    inputs_kept = {key: value for key, value in given.items() if key != "__provider"}
    assert outs == inputs_kept | {"role_id": "the-role-id", "secret_id": "secret-id-2-hidden"}
    assert set(inputs_kept) == set(ADOPTION_INPUTS)
    assert vault.secret_ids == ["secret-id-1-hidden", "secret-id-2-hidden"]
    assert vault.tokens == set()


def test_adopting_brings_the_acl_policy_and_then_the_role_up_to_date(vault: FakeVault) -> None:
    """Then issues: Vault gives a secret ID the lifetime that the role has at that moment."""
    logged_in(vault)
    AdoptProvider().create(adoption(vault.address, bound_cidrs=["10.0.0.0/8"]))
    assert vault.policies == {"provisioner": "the provisioner's ACL"}
    assert vault.role["secret_id_ttl"] == f"{SECRET_ID_TTL}s"
    assert vault.role["token_bound_cidrs"] == "10.0.0.0/8"
    assert vault.writes == [
        "auth/provisioner/login",
        "sys/policies/acl/provisioner",
        ROLE,
        f"{ROLE}/secret-id",
        "auth/token/revoke-self",
    ]


def test_adopting_with_a_wrong_credential_is_one_clear_error(vault: FakeVault) -> None:
    logged_in(vault)
    with pytest.raises(BootstrapError, match="wrong, has expired, or may not be used") as caught:
        AdoptProvider().create(adoption(vault.address, given_secret_id="wrong-hidden"))
    assert "hidden" not in str(caught.value)
    assert vault.writes == ["auth/provisioner/login"]
    assert vault.tokens == set()


def test_an_adoptions_diff_sees_each_input_and_asks_nobody() -> None:
    olds, news = adopted("http://127.0.0.1:1"), adoption("http://127.0.0.1:1")
    assert not adoption_changes(olds, news)
    for key in ADOPTION_INPUTS:
        assert adoption_changes(olds, {**news, key: "something else"}), key


def test_an_adoptions_diff_sees_a_secret_id_that_ages() -> None:
    news, half = adoption("http://127.0.0.1:1"), time.time() - SECRET_ID_TTL / 2
    assert adoption_changes(adopted("http://127.0.0.1:1", secret_id_issued_at=half - 60), news)
    assert not adoption_changes(adopted("http://127.0.0.1:1", secret_id_issued_at=half + 60), news)


def test_an_adoption_of_an_earlier_version_is_exchanged(vault: FakeVault) -> None:
    """Its state holds the given credential where the own one now is."""
    logged_in(vault)
    olds = {
        "address": vault.address,
        "ca_cert_file": "",
        "ci_login": "",
        "role_id": "the-role-id",
        "secret_id": "secret-id-1-hidden",
        "timeout_seconds": 0.5,
    }
    news = adoption(vault.address)
    assert adoption_changes(olds, news)
    outs = dict(AdoptProvider().update("id", olds, news).outs or {})
    assert outs["secret_id"] == "secret-id-2-hidden"
    assert not adoption_changes(outs, news)


def test_an_adopted_secret_id_that_ages_is_replaced_with_its_own_login(vault: FakeVault) -> None:
    """The given one may have expired by then."""
    news = adoption(vault.address)
    vault.secret_ids = []
    before = int(time.time())
    outs = readopted(vault, news, secret_id_issued_at=1)
    assert outs["secret_id"] == "secret-id-3-hidden"
    assert before <= outs["secret_id_issued_at"] <= time.time()
    login = vault.bodies[vault.requests.index(("POST", "auth/provisioner/login"))]
    assert login["secret_id"] == "secret-id-2-hidden"
    assert vault.writes == [
        "auth/provisioner/login",
        f"{ROLE}/secret-id",
        "auth/token/revoke-self",
    ]


@pytest.mark.parametrize(
    ("key", "value"), [("given_secret_id", "secret-id-9-hidden"), ("given_role_id", "another")]
)
def test_another_given_credential_is_exchanged_again(
    vault: FakeVault, key: str, value: str
) -> None:
    """The own one may have expired: that is when another is given."""
    news = adoption(vault.address, **{key: value})
    logged_in(vault)
    vault.secret_ids.append(news["given_secret_id"])
    olds = adopted(vault.address, secret_id="expired-hidden")
    outs = dict(AdoptProvider().update("id", olds, news).outs or {})
    assert outs["secret_id"] == "secret-id-3-hidden"
    assert outs[key] == value
    login = vault.bodies[vault.requests.index(("POST", "auth/provisioner/login"))]
    assert login["secret_id"] == news["given_secret_id"]
    assert vault.policies == {"provisioner": "the provisioner's ACL"}
    assert vault.tokens == set()
    assert not adoption_changes(outs, news)


def test_a_changed_acl_of_an_adoption_is_written_and_a_young_secret_id_kept(
    vault: FakeVault,
) -> None:
    outs = readopted(vault, adoption(vault.address, acl="a new ACL"))
    assert vault.policies == {"provisioner": "a new ACL"}
    assert (outs["acl"], outs["secret_id"]) == ("a new ACL", "secret-id-2-hidden")
    assert ROLE not in vault.writes


@pytest.mark.parametrize("name", ROLE_CHANGES)
def test_what_the_role_of_an_adoption_says_is_brought_up_to_date(
    vault: FakeVault, name: str
) -> None:
    changed, said = ROLE_CHANGES[name]
    news = adoption(vault.address, **changed)
    outs = readopted(vault, news)
    assert {key: vault.role[key] for key in said} == said
    assert vault.policies == {}
    assert not adoption_changes(outs, news)


def test_an_adoption_whose_own_credential_expired_is_one_clear_error(vault: FakeVault) -> None:
    logged_in(vault)
    olds = adopted(vault.address, secret_id="expired-hidden", secret_id_issued_at=1)
    with pytest.raises(BootstrapError, match="refused the provisioner's credential") as caught:
        AdoptProvider().update("id", olds, adoption(vault.address))
    assert "hidden" not in str(caught.value)

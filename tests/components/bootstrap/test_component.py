"""First contact as it is declared: one way in, everything secret, nothing asked at preview."""

from __future__ import annotations

import json

import pulumi
import pytest

from components.bootstrap import BootstrapArgs, VaultBootstrap, ci_login
from components.settings import (
    BootstrapSettings,
    CiLoginSettings,
    ProvisionerCredentials,
    Seal,
    VaultSettings,
)
from policies import provisioner
from policies.lifetime import Duration
from tests.recording import (
    ADOPTION,
    INITIALISATION,
    KEY_SHARES,
    PROVIDER,
    PROVISIONER_SECRET,
    Recording,
    Runner,
    is_secret,
    plain,
)

ADDRESS = "https://vault.example:8200"
OWN_SECRET = "own-secret-id-hidden"


def make(
    run: Runner,
    *,
    adopt: str | None = None,
    protect: bool = True,
    seal: Seal = Seal.SHAMIR,
    preview: bool = False,
    problem: str = "",
    ci: CiLoginSettings | None = None,
) -> Recording:
    def program() -> None:
        adopted = ProvisionerCredentials("role", pulumi.Output.secret(adopt)) if adopt else None
        settings = BootstrapSettings(
            seal=seal,
            shares=5,
            threshold=3,
            pgp_keys=(),
            timeout=Duration.parse("5m"),
            adopted=adopted,
            secret_id_ttl=Duration.parse("2160h"),
            bound_cidrs=("10.0.0.0/8",),
            ci=ci,
        )
        args = BootstrapArgs(VaultSettings(ADDRESS, "ca.pem"), settings, protect)
        VaultBootstrap("vault", args)

    answered: dict[str, dict[str, object]] = {
        ADOPTION: {"role_id": "own-role-id", "secret_id": OWN_SECRET, "secret_id_issued_at": 1},
        INITIALISATION: {
            "role_id": "" if problem or ci else "provisioner-role-id",
            "secret_id": "" if problem or ci else PROVISIONER_SECRET,
            "shares": KEY_SHARES,
            "problem": problem,
        },
    }
    return run(program, preview=preview, answers=answered)


def test_a_new_vault_is_initialised_as_set(run: Runner) -> None:
    recording = make(run)
    assert recording["vault"].type == "vaultstack:bootstrap:VaultBootstrap"
    made = recording["vault-initialisation"]
    assert made.type == INITIALISATION
    given = {key: value for key, value in made.values.items() if key != "__provider"}
    assert given == {
        "acl": provisioner.acl(),
        "address": ADDRESS,
        "auto_unseal": False,
        "bound_cidrs": ["10.0.0.0/8"],
        "ca_cert_file": "ca.pem",
        "ci_login": "",
        "pgp_keys": [],
        "secret_id_ttl_seconds": 2160 * 3600,
        "share_count": 5,
        "share_threshold": 3,
        "teams": "",
        "timeout_seconds": 300,
    }
    assert recording.of(ADOPTION) == []


def test_a_kms_unseals(run: Runner) -> None:
    made = make(run, seal=Seal.AWSKMS)["vault-initialisation"]
    assert made.values["auto_unseal"] is True


@pytest.mark.parametrize("protect", [True, False])
def test_the_initialisation_holds_the_shares_and_is_protected_by_setting(
    run: Runner, protect: bool
) -> None:
    recording = make(run, protect=protect)
    protected = {resource.name for resource in recording.resources if resource.protect}
    assert protected == ({"vault-initialisation"} if protect else set())


def test_shares_and_secret_id_are_secret_outputs(run: Runner) -> None:
    recording = make(run)
    assert {"secret_id", "shares"} <= recording["vault-initialisation"].secret_outputs
    shares = recording.outputs_of("vault")["shares"]
    assert is_secret(shares)
    assert plain(shares) == KEY_SHARES
    assert [leaf for leaf in recording.leaves_in_clear() if "hidden" in leaf] == []


@pytest.mark.parametrize("adopt", [None, "adopted-hidden"])
def test_the_provider_logs_in_as_the_provisioner(run: Runner, adopt: str | None) -> None:
    provider = make(run, adopt=adopt)["vault-provisioner"]
    assert provider.type == PROVIDER
    assert provider.inputs["address"] == ADDRESS
    assert provider.inputs["caCertFile"] == "ca.pem"
    assert "token" not in provider.inputs
    assert is_secret(provider.inputs["authLogin"])
    login = plain(provider.inputs["authLogin"])
    assert '"path": "auth/provisioner/login"' in login
    assert (OWN_SECRET if adopt else PROVISIONER_SECRET) in login
    assert "adopted-hidden" not in login  # it is exchanged, and never used again
    if adopt:
        assert "own-role-id" in login


@pytest.mark.parametrize("adopt", [None, "adopted-hidden"])
def test_the_operators_environment_cannot_turn_verification_off(
    run: Runner, adopt: str | None
) -> None:
    """The provider would take it from VAULT_SKIP_VERIFY where it is not told."""
    provider = make(run, adopt=adopt)["vault-provisioner"]
    assert plain(provider.inputs["skipTlsVerify"]) in (False, "false")


def test_everything_is_its_own_child(run: Runner) -> None:
    for adopt in (None, "adopted-hidden"):
        recording = make(run, adopt=adopt)
        parents = {r.parent for r in recording.resources if r.request.custom}
        assert parents == {"vault"}


def test_an_adopted_vault_is_not_initialised(run: Runner) -> None:
    recording = make(run, adopt="adopted-hidden")
    assert recording.of(INITIALISATION) == []
    adoption = recording["vault-adoption"]
    assert adoption.type == ADOPTION
    given = {key: value for key, value in adoption.values.items() if key != "__provider"}
    assert given == {
        "acl": provisioner.acl(),
        "address": ADDRESS,
        "bound_cidrs": ["10.0.0.0/8"],
        "ca_cert_file": "ca.pem",
        "ci_login": "",
        "given_role_id": "role",
        "given_secret_id": "adopted-hidden",
        "secret_id_ttl_seconds": 2160 * 3600,
        "teams": "",
        "timeout_seconds": 300,
    }
    assert is_secret(adoption.inputs["given_secret_id"])
    assert "secret_id" in adoption.secret_outputs
    assert [leaf for leaf in recording.leaves_in_clear() if "hidden" in leaf] == []


def test_a_preview_knows_no_credential_and_goes_on(run: Runner) -> None:
    recording = make(run, preview=True)
    provider = recording["vault-provisioner"].inputs
    assert provider["address"] == ADDRESS
    assert "provisioner" not in str(provider.get("authLogin", ""))


def test_a_problem_after_init_stops_the_program_with_its_text(run: Runner) -> None:
    with pytest.raises(pulumi.RunError, match="it did not finish"):
        make(run, problem="it did not finish")


CI = CiLoginSettings("https://issuer.example", "vault-prod", "acme/vaultstack", ("prod",))


@pytest.mark.parametrize("adopt", [None, "adopted-hidden"])
def test_where_ci_logs_in_no_credential_is_among_the_inputs(
    run: Runner, monkeypatch: pytest.MonkeyPatch, adopt: str | None
) -> None:
    """The provider takes the token from the environment, where it reaches no state."""
    monkeypatch.setenv(ci_login.TOKEN_VARIABLE, "the-runs-token-hidden")
    recording = make(run, adopt=adopt, ci=CI)
    provider = recording["vault-provisioner"]
    assert "authLogin" not in provider.inputs
    assert json.loads(plain(provider.inputs["authLoginJwt"])) == {
        "mount": "ci",
        "role": "provisioner",
    }
    made = recording["vault-adoption" if adopt else "vault-initialisation"]
    assert made.values["ci_login"] == ci_login.described(CI, ["10.0.0.0/8"])
    assert "the-runs-token-hidden" not in str([one.values for one in recording.resources])


def test_an_up_without_the_runs_token_says_what_is_missing(
    run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(ci_login.TOKEN_VARIABLE, raising=False)
    assert make(run, ci=CI).warnings == [ci_login.NO_TOKEN]
    monkeypatch.setenv(ci_login.TOKEN_VARIABLE, "the-runs-token-hidden")
    assert make(run, ci=CI).warnings == []


def test_a_preview_needs_no_token(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ci_login.TOKEN_VARIABLE, raising=False)
    recording = make(run, ci=CI, preview=True)
    assert recording.warnings == []
    # All of its provider is known: what it shows of Vault is exact where the bootstrap changes too.
    login = json.loads(plain(recording["vault-provisioner"].inputs["authLoginJwt"]))
    assert login == {"mount": "ci", "role": "provisioner"}


def test_a_problem_stops_the_program_also_where_ci_logs_in(
    run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ci_login.TOKEN_VARIABLE, "the-runs-token-hidden")
    with pytest.raises(pulumi.RunError, match="it did not finish"):
        make(run, problem="it did not finish", ci=CI)

"""Every kind of difference is found and named, and what is as declared is none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from attest.differences import Difference, Fate, differences, objects_of, reworded
from attest.expected import expected
from attest.kinds import FOLDERS, Kind
from attest.live import Live
from attest.stack import Stack
from policies.environments import Environment
from tests.attest.vaults import body_of, matching, plan_of, settings, with_object, without


def found(stack: Stack, live: Live) -> list[Difference]:
    return list(differences(expected(plan_of(stack), stack), live))


@pytest.mark.parametrize("environment", Environment)
def test_a_vault_that_is_as_declared_has_none(environment: Environment) -> None:
    stack = settings(environment)
    assert found(stack, matching(stack)) == []


MISSING = [
    (Kind.KUBERNETES_ROLE, "kubesentiment"),
    (Kind.APPROLE_ROLE, "kubesentiment-ci"),
    (Kind.OIDC_ROLE, "auditors"),
    (Kind.CI_ROLE, "provisioner"),
    (Kind.CI_ROLE, "attest"),
    (Kind.ACL_POLICY, "people-auditors-prod"),
    (Kind.ACL_POLICY, "provisioner"),
    (Kind.CONNECTION, "kubesentiment"),
    (Kind.DATABASE_ROLE, "kubesentiment-readonly"),
    (Kind.STATIC_ROLE, "kubesentiment-exports"),
    (Kind.AWS_ROLE, "s3-access"),
    (Kind.PKI_ROLE, "kubesentiment-api"),
    (Kind.RATE_LIMIT, "vaultstack"),
]


@pytest.mark.parametrize(("kind", "name"), MISSING)
def test_what_is_declared_and_not_there_is_missing(kind: Kind, name: str) -> None:
    stack = settings()
    live = without(matching(stack), kind, name)
    assert found(stack, live) == [Difference(kind, name, Fate.MISSING)]


@pytest.mark.parametrize("kind", FOLDERS)
def test_what_nobody_declared_is_told_with_what_it_says(kind: Kind) -> None:
    stack = settings()
    live = with_object(matching(stack), kind, "stranger", {"policy": "", "ttl": 7, "empty": ""})
    (one,) = found(stack, live)
    assert (one.kind, one.name, one.fate) == (kind, "stranger", Fate.UNDECLARED)
    assert one.path == f"{kind.where}/stranger"


CHANGED: list[tuple[Kind, str, str, Any, tuple[str, str]]] = [
    (
        Kind.KUBERNETES_ROLE,
        "kubesentiment",
        "bound_service_account_names",
        ["kubesentiment", "*"],
        ("kubesentiment", "*\nkubesentiment"),
    ),
    (
        Kind.KUBERNETES_ROLE,
        "kubesentiment",
        "bound_service_account_namespace_selector",
        "env=prod",
        ("", "env=prod"),
    ),
    (Kind.KUBERNETES_ROLE, "kubesentiment", "token_period", 60, ("", "60")),
    (Kind.KUBERNETES_ROLE, "kubesentiment", "token_type", "batch", ("default", "batch")),
    (Kind.KUBERNETES_ROLE, "kubesentiment", "token_no_default_policy", False, ("yes", "")),
    (Kind.APPROLE_ROLE, "kubesentiment-ci", "bind_secret_id", False, ("yes", "")),
    (Kind.APPROLE_ROLE, "kubesentiment-ci", "secret_id_ttl", 0, ("86400", "")),
    (Kind.OIDC_ROLE, "auditors", "bound_claims_type", "glob", ("string", "glob")),
    (Kind.OIDC_ROLE, "auditors", "bound_claims", {"groups": "x"}, ("vault-auditors-prod", "x")),
    (Kind.CI_ROLE, "provisioner", "user_claim", "actor", ("sub", "actor")),
    (Kind.DATABASE_ROLE, "kubesentiment-readonly", "db_name", "other", ("kubesentiment", "other")),
    (Kind.STATIC_ROLE, "kubesentiment-exports", "rotation_period", 60, ("", "60")),
    (Kind.AWS_ROLE, "s3-access", "policy_arns", ["arn:x"], ("", "arn:x")),
    (Kind.PKI_ROLE, "kubesentiment-api", "allow_any_name", True, ("", "yes")),
    (
        Kind.PKI_ROLE,
        "kubesentiment-api",
        "cn_validations",
        ["disabled"],
        ("email\nhostname", "disabled"),
    ),
    (Kind.RATE_LIMIT, "vaultstack", "rate", 1.0, ("5000", "1")),
    (Kind.RATE_LIMIT, "vaultstack", "path", "secret/", ("", "secret/")),
]


@pytest.mark.parametrize(("kind", "name", "field", "value", "told"), CHANGED)
def test_a_changed_field_is_told_with_both_sides(
    kind: Kind, name: str, field: str, value: Any, told: tuple[str, str]
) -> None:
    stack = settings()
    live = matching(stack)
    live = with_object(live, kind, name, {**body_of(live, kind, name), field: value})
    (one,) = found(stack, live)
    assert (one.kind, one.name, one.fate) == (kind, name, Fate.DIFFERENT)
    (detail,) = one.details
    assert detail.what.partition(".")[0] == field
    assert (detail.declared, detail.live) == told


def test_a_mount_that_is_tuned_or_added_or_gone_is_told() -> None:
    stack = settings()
    live = matching(stack)
    assert live.mounts
    assert live.auth
    mounts = dict(live.mounts)
    mounts["pki/"] = {**mounts["pki/"], "config": {"max_lease_ttl": 1, "default_lease_ttl": 1}}
    mounts["shadow/"] = {"type": "kv", "options": {"version": "1"}}
    del mounts["aws/"]
    auth = {**live.auth, "userpass/": {"type": "userpass"}}
    told = {
        (one.path, one.fate): one.details
        for one in found(stack, replace(live, mounts=mounts, auth=auth))
    }
    assert set(told) == {
        ("sys/mounts/aws", Fate.MISSING),
        ("sys/mounts/pki", Fate.DIFFERENT),
        ("sys/mounts/shadow", Fate.UNDECLARED),
        ("sys/auth/userpass", Fate.UNDECLARED),
    }
    assert [(d.what, d.declared, d.live) for d in told["sys/mounts/pki", Fate.DIFFERENT]] == [
        ("config.default_lease_ttl", "94608000", "1"),
        ("config.max_lease_ttl", "94608000", "1"),
    ]
    assert {d.what for d in told["sys/mounts/shadow", Fate.UNDECLARED]} == {
        "type",
        "options.version",
    }


def test_an_audit_device_that_writes_elsewhere_or_in_clear_is_told() -> None:
    stack = settings()
    live = matching(stack)
    assert live.audit
    file = live.audit["file/"]
    for key, value in (("file_path", "/dev/null"), ("log_raw", "true"), ("mode", "0644")):
        changed = {**file, "options": {**file["options"], key: value}}
        (one,) = found(stack, replace(live, audit={**live.audit, "file/": changed}))
        assert [(d.what, d.live) for d in one.details] == [(f"options.{key}", value)]
    (gone,) = found(stack, replace(live, audit={"file/": file}))
    assert (gone.path, gone.fate) == ("sys/audit/stdout", Fate.MISSING)
    more = {**live.audit, "socket/": {"type": "socket"}}
    (added,) = found(stack, replace(live, audit=more))
    assert (added.path, added.fate) == ("sys/audit/socket", Fate.UNDECLARED)


def test_an_acl_policy_is_compared_by_what_it_decides() -> None:
    stack, name = settings(), "kubesentiment-api-prod"
    live = matching(stack)
    text = str(body_of(live, Kind.ACL_POLICY, name)["policy"])
    wanted = expected(plan_of(stack), stack)
    other_words = with_object(live, Kind.ACL_POLICY, name, {"policy": f"# by hand\n{text}"})
    assert found(stack, other_words) == []
    assert reworded(wanted, other_words) == (name,)
    wider = f'{text}\npath "secret/data/other" {{ capabilities = ["read"] }}\n'
    (one,) = found(stack, with_object(live, Kind.ACL_POLICY, name, {"policy": wider}))
    (detail,) = one.details
    assert detail.what == "gained read on secret/data/other"
    assert (detail.declared, detail.live) == ("no rule", "secret/data/other")
    (less,) = found(stack, with_object(live, Kind.ACL_POLICY, name, {"policy": "# nothing"}))
    assert all(detail.what.startswith("lost ") for detail in less.details)
    (broken,) = found(stack, with_object(live, Kind.ACL_POLICY, name, {"policy": 'path "x" {'}))
    assert broken.details[0].live.startswith("cannot be read: ")


def test_what_a_policy_gives_that_nobody_declared_is_told() -> None:
    stack = settings()
    text = 'path "sys/policies/acl/*" { capabilities = ["update"] }'
    live = with_object(matching(stack), Kind.ACL_POLICY, "backdoor", {"policy": text})
    (one,) = found(stack, live)
    assert [d.what for d in one.details] == ["gained update on sys/policies/acl/*"]


def test_what_could_not_be_read_is_neither_missing_nor_the_same() -> None:
    stack = settings()
    live = matching(stack)
    folders = {**live.folders, Kind.PKI_ROLE.where: None}
    unread = replace(live, mounts=None, auth=None, audit=None, folders=folders)
    assert found(stack, unread) == []
    assert objects_of(unread)[Kind.PKI_ROLE] is None
    one_unread = with_object(live, Kind.KUBERNETES_ROLE, "kubesentiment", None)
    assert found(stack, one_unread) == []


def test_an_empty_vault_lacks_everything_and_has_nothing_undeclared() -> None:
    stack = settings()
    live = matching(stack)
    empty = replace(
        live,
        mounts={name: body for name, body in (live.mounts or {}).items() if name == "sys/"},
        auth={"token/": {}},
        audit={},
        folders={folder: {} for folder in live.folders},
    )
    told = found(stack, empty)
    assert {one.fate for one in told} == {Fate.MISSING}
    assert {one.kind for one in told} >= {Kind.MOUNT, Kind.AUTH, Kind.ACL_POLICY, Kind.AUDIT_DEVICE}


SETTINGS = [
    ("auth/kubernetes/config", "kubernetes_host", "https://elsewhere"),
    ("auth/kubernetes/config", "pem_keys", ["a key"]),
    ("auth/oidc/config", "oidc_discovery_url", "https://elsewhere"),
    ("auth/ci/config", "jwks_url", "https://elsewhere/keys"),
    ("pki/config/acme", "enabled", True),
]
HEADERS = "sys/config/auditing/request-headers"


@pytest.mark.parametrize(("path", "field", "value"), SETTINGS)
def test_whom_a_mount_believes_is_compared(path: str, field: str, value: Any) -> None:
    stack = settings()
    live = matching(stack)
    body = {**(live.settings[path] or {}), field: value}
    (one,) = found(stack, replace(live, settings={**live.settings, path: body}))
    assert (one.path, one.fate) == (path, Fate.DIFFERENT)
    assert [detail.what for detail in one.details] == [field]


def test_a_setting_that_is_gone_is_missing_and_one_that_was_not_read_is_not() -> None:
    stack = settings()
    live, path = matching(stack), "auth/oidc/config"
    left = {name: body for name, body in live.settings.items() if name != path}
    assert [one.path for one in found(stack, replace(live, settings=left))] == [path]
    unread = {**live.settings, path: None, "auth/gone/config": None}
    assert found(stack, replace(live, settings=unread)) == []


@pytest.mark.parametrize(("hmac", "told"), [(False, "in clear"), (True, "hashed")])
def test_a_header_that_the_audit_log_shows_is_told(hmac: bool, told: str) -> None:
    stack = settings()
    live = matching(stack)
    own = {"user-agent": {"hmac": False}}
    assert not found(stack, replace(live, settings={**live.settings, HEADERS: {"headers": own}}))
    body = {"headers": {**own, "authorization": {"hmac": hmac}}}
    (one,) = found(stack, replace(live, settings={**live.settings, HEADERS: body}))
    assert [(d.what, d.live) for d in one.details] == [("headers.authorization.hmac", told)]


@pytest.mark.parametrize("said", ["vault-auditors-prod", ["vault-auditors-prod"]])
def test_one_value_of_a_claim_is_the_same_as_a_text_and_as_a_list(said: object) -> None:
    stack = settings()
    live = matching(stack)
    role = {**body_of(live, Kind.OIDC_ROLE, "auditors"), "bound_claims": {"groups": said}}
    assert not found(stack, with_object(live, Kind.OIDC_ROLE, "auditors", role))


def test_an_empty_name_of_a_header_is_none() -> None:
    stack = settings()
    live = matching(stack)
    auth = dict(live.auth or {})
    config = {**auth["oidc/"]["config"], "passthrough_request_headers": [""]}
    auth["oidc/"] = {**auth["oidc/"], "config": config}
    assert not found(stack, replace(live, auth=auth))
    config["passthrough_request_headers"] = ["", "authorization"]
    (one,) = found(stack, replace(live, auth=auth))
    assert [d.what for d in one.details] == ["config.passthrough_request_headers"]


def test_a_mount_of_vaults_own_that_shows_tokens_in_the_audit_log_is_told() -> None:
    stack = settings()
    live = matching(stack)
    config = {"audit_non_hmac_request_keys": ["token"], "max_lease_ttl": 7}
    auth = {**(live.auth or {}), "token/": {"type": "token", "config": config}}
    (one,) = found(stack, replace(live, auth=auth))
    assert (one.path, one.fate) == ("sys/auth/token", Fate.DIFFERENT)
    assert [(d.what, d.live) for d in one.details] == [
        ("config.audit_non_hmac_request_keys", "token")
    ]

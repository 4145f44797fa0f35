"""`attest` beside a real Vault: nothing differs after the program, every seeded difference is found
and named, and with too few rights it says what it may not read and goes on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

import pytest

from attest import live, output, stack
from attest.connections import HIDDEN
from attest.differences import Fate
from attest.kinds import Kind
from attest.report import Report, Status, report
from attest.vault import Vault
from policies import inspection
from policies.review.output import wording
from rehearsal.inventory import ROLE, inventory, told
from rehearsal.proof.kv import MERGE_PATCH
from rehearsal.stand_up import root_api
from rehearsal.vault_api import VaultApi
from tests.live.conftest import Stage

pytestmark = pytest.mark.live

NOTHING: Mapping[str, Any] = MappingProxyType({})
ADMIN = 'path "sys/policies/acl/*" { capabilities = ["create", "update"] }'


@pytest.fixture(autouse=True, scope="module")
def looked(stage: Stage) -> Report:
    """Before anything was seeded, and before the root token of these tests. Whom other tests let in
    by roles that are gone is taken away: it would be named, and rightly.
    """
    left = inventory(stage).differences
    with root_api(stage) as root:
        for one in left:
            if one.kind is Kind.ENTITY:
                root.call("DELETE", one.path)
            elif one.kind is Kind.TOKEN:
                root.call("POST", "auth/token/revoke-accessor", {"accessor": one.name})
    return inventory(stage)


def test_what_the_program_made_is_what_the_matrix_says(looked: Report) -> None:
    assert looked.differences == ()
    assert told(looked).splitlines()[0] == "dev: Vault is what the matrix says"
    assert looked.status is Status.SAME
    assert looked.access.review.environments[0].workloads == ()
    assert looked.objects > 50
    assert looked.notes == ()


@contextmanager
def put(root: VaultApi, path: str, body: Mapping[str, Any] = NOTHING) -> Iterator[None]:
    """Something that nobody declared, for a while."""
    root.write(path, dict(body))
    try:
        yield
    finally:
        root.call("DELETE", path)


@contextmanager
def instead(root: VaultApi, path: str, **changed: Any) -> Iterator[None]:
    """Another thing in an object's place, for a while."""
    before = dict(root.call("GET", path).data)
    root.write(path, {**before, **changed})
    try:
        yield
    finally:
        root.write(path, before)


@contextmanager
def deleted(root: VaultApi, path: str) -> Iterator[None]:
    before = dict(root.call("GET", path).data)
    root.call("DELETE", path)
    try:
        yield
    finally:
        root.write(path, before)


@contextmanager
def any_name(root: VaultApi, path: str) -> Iterator[None]:
    """A certificate role that issues for whatever is asked. A patch: not all that is read of such a
    role can be written back.
    """
    root.call("PATCH", path, {"allow_any_name": True}, MERGE_PATCH)
    try:
        yield
    finally:
        root.call("PATCH", path, {"allow_any_name": False}, MERGE_PATCH)


OIDC = "identity/oidc"
URL = "postgresql://postgres:{password}@elsewhere.example.internal:5432/kubesentiment"
SECRET = "s3cret-of-somebody"


@contextmanager
def anybody_uses(root: VaultApi) -> Iterator[None]:
    """A connection by which any role is given users, whoever writes it."""
    path = "database/config/kubesentiment"
    allowed = root.call("GET", path).data["allowed_roles"]
    root.write(path, {"allowed_roles": ["*"], "verify_connection": True})
    try:
        yield
    finally:
        root.write(path, {"allowed_roles": allowed, "verify_connection": True})


Seed = Callable[[VaultApi], Any]
SEEDS: dict[tuple[Kind, str, Fate], Seed] = {
    (Kind.MOUNT, "shadow", Fate.UNDECLARED): lambda r: put(r, "sys/mounts/shadow", {"type": "kv"}),
    (Kind.AUTH, "userpass", Fate.UNDECLARED): lambda r: put(
        r, "sys/auth/userpass", {"type": "userpass"}
    ),
    (Kind.ACL_POLICY, "backdoor", Fate.UNDECLARED): lambda r: put(
        r, "sys/policies/acl/backdoor", {"policy": ADMIN}
    ),
    (Kind.ACL_POLICY, "kubesentiment-batch-dev", Fate.DIFFERENT): lambda r: instead(
        r, "sys/policies/acl/kubesentiment-batch-dev", policy=ADMIN
    ),
    (Kind.KUBERNETES_ROLE, "media-catalog-api", Fate.DIFFERENT): lambda r: instead(
        r,
        "auth/kubernetes/role/media-catalog-api",
        bound_service_account_names=["media-catalog", "default"],
    ),
    (Kind.KUBERNETES_ROLE, "kubesentiment-admin", Fate.MISSING): lambda r: deleted(
        r, "auth/kubernetes/role/kubesentiment-admin"
    ),
    (Kind.APPROLE_ROLE, "stranger", Fate.UNDECLARED): lambda r: put(
        r, "auth/approle/role/stranger", {"token_policies": ["backdoor"]}
    ),
    (Kind.OIDC_ROLE, "auditors", Fate.DIFFERENT): lambda r: instead(
        r, "auth/oidc/role/auditors", bound_claims={"groups": ["vault-auditors-dev", "everybody"]}
    ),
    (Kind.TOKEN_ROLE, "minter", Fate.UNDECLARED): lambda r: put(
        r, "auth/token/roles/minter", {"allowed_policies": ["backdoor"]}
    ),
    (Kind.DATABASE_ROLE, "kubesentiment-readonly", Fate.DIFFERENT): lambda r: instead(
        r, "database/roles/kubesentiment-readonly", creation_statements=["CREATE ROLE x SUPERUSER"]
    ),
    (Kind.AWS_ROLE, "everything", Fate.UNDECLARED): lambda r: put(
        r,
        "aws/roles/everything",
        {
            "credential_type": "iam_user",
            "policy_arns": ["arn:aws:iam::aws:policy/AdministratorAccess"],
        },
    ),
    (Kind.PKI_ROLE, "kubesentiment-api", Fate.DIFFERENT): lambda r: any_name(
        r, "pki/roles/kubesentiment-api"
    ),
    (Kind.CONNECTION, "kubesentiment", Fate.DIFFERENT): anybody_uses,
    (Kind.OIDC_KEY, "loose", Fate.UNDECLARED): lambda r: put(
        r, f"{OIDC}/key/loose", {"allowed_client_ids": ["*"]}
    ),
    (Kind.OIDC_TOKEN_ROLE, "anybody", Fate.UNDECLARED): lambda r: put(
        r, f"{OIDC}/role/anybody", {"key": "default"}
    ),
    (Kind.OIDC_PROVIDER, "second", Fate.UNDECLARED): lambda r: put(r, f"{OIDC}/provider/second"),
    (Kind.OIDC_CLIENT, "portal", Fate.UNDECLARED): lambda r: put(
        r, f"{OIDC}/client/portal", {"redirect_uris": ["https://portal.example.internal"]}
    ),
    (Kind.OIDC_ASSIGNMENT, "some", Fate.UNDECLARED): lambda r: put(
        r, f"{OIDC}/assignment/some", {"group_ids": ["x"]}
    ),
    (Kind.OIDC_SCOPE, "all", Fate.UNDECLARED): lambda r: put(r, f"{OIDC}/scope/all"),
    (Kind.UI_HEADER, "Content-Security-Policy", Fate.UNDECLARED): lambda r: put(
        r, "sys/config/ui/headers/Content-Security-Policy", {"values": "default-src *"}
    ),
    (Kind.SETTING, "sys/config/cors", Fate.DIFFERENT): lambda r: put(
        r, "sys/config/cors", {"allowed_origins": ["*"], "enabled": True}
    ),
    (Kind.SETTING, "sys/quotas/config", Fate.DIFFERENT): lambda r: instead(
        r, "sys/quotas/config", rate_limit_exempt_paths=["auth/kubernetes/login"]
    ),
    (Kind.PASSWORD_POLICY, "weak", Fate.UNDECLARED): lambda r: put(
        r,
        "sys/policies/password/weak",
        {"policy": 'length = 8\nrule "charset" { charset = "abcdefgh" }'},
    ),
    (Kind.RATE_LIMIT, "throttle", Fate.UNDECLARED): lambda r: put(
        r, "sys/quotas/rate-limit/throttle", {"rate": 100000}
    ),
    (Kind.AUDIT_DEVICE, "elsewhere", Fate.UNDECLARED): lambda r: put(
        r, "sys/audit/elsewhere", {"type": "file", "options": {"file_path": "discard"}}
    ),
}


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: f"{seed[2].value} {seed[0].title}")
def test_a_difference_that_somebody_made_is_found_and_named(
    stage: Stage, root: VaultApi, seed: tuple[Kind, str, Fate]
) -> None:
    with SEEDS[seed](root):
        found = {(one.kind, one.name, one.fate) for one in _but_root(inventory(stage))}
    assert found == {seed}
    assert _but_root(inventory(stage)) == []


def _but_root(made: Report) -> list[Any]:
    """Without the token of these tests' own."""
    return [one for one in made.differences if one.kind is not Kind.TOKEN]


def test_an_audit_device_that_is_gone_is_missing(stage: Stage, root: VaultApi) -> None:
    before = root.call("GET", inspection.AUDIT).data["stdout/"]
    root.call("DELETE", "sys/audit/stdout")
    try:
        (one,) = _but_root(inventory(stage))
    finally:
        root.write("sys/audit/stdout", {**before, "path": "stdout"})
    assert (one.path, one.fate) == ("sys/audit/stdout", Fate.MISSING)


def test_an_issuer_that_somebody_made_is_told_in_either_mount(stage: Stage, root: VaultApi) -> None:
    made = {
        mount: root.write(
            f"{mount}/issuers/generate/root/internal",
            {"common_name": "vaultstack dev root CA", "organization": "vaultstack"},
        ).data
        for mount in ("pki", "pki-root")
    }
    try:
        found = {one.path: one for one in _but_root(inventory(stage))}
    finally:
        for mount, body in made.items():
            root.call("DELETE", f"{mount}/issuer/{body['issuer_id']}")
            root.call("DELETE", f"{mount}/key/{body['key_id']}")
    assert set(found) == {f"{mount}/issuers/{body['issuer_id']}" for mount, body in made.items()}
    for one in found.values():
        assert one.fate is Fate.UNDECLARED
        assert {row.what: row.live for row in one.details}["signed by"] == "itself"
    assert _but_root(inventory(stage)) == []


def test_a_password_in_a_connections_url_is_told_and_never_shown(
    stage: Stage, root: VaultApi
) -> None:
    # With a `%` it is no proper URL, and Vault hides the password in proper ones only.
    url = URL.format(password=f"%{SECRET}")
    body = {
        "plugin_name": "postgresql-database-plugin",
        "connection_url": url,
        "verify_connection": False,
    }
    with put(root, "database/config/by-hand", body):
        assert SECRET in str(root.call("GET", "database/config/by-hand").data)
        made = inventory(stage)
    (one,) = _but_root(made)
    assert (one.kind, one.name, one.fate) == (Kind.CONNECTION, "by-hand", Fate.UNDECLARED)
    assert HIDDEN in [row.live for row in one.details]
    assert not any(SECRET in shown(made) for shown in output.FORMATS.values())


def test_groups_entities_and_tokens_that_nobody_declared_are_named(
    stage: Stage, root: VaultApi
) -> None:
    entity = root.write("identity/entity", {"name": "ghost", "policies": ["backdoor"]}).data["id"]
    group = root.write("identity/group", {"name": "admins", "policies": ["backdoor"]}).data["id"]
    made = root.call("POST", "auth/token/create", {"policies": ["backdoor"], "ttl": "5m"})
    accessor = made.body["auth"]["accessor"]
    try:
        compared = inventory(stage)
    finally:
        root.call("DELETE", f"identity/entity/id/{entity}")
        root.call("DELETE", f"identity/group/id/{group}")
        root.call("POST", "auth/token/revoke-accessor", {"accessor": accessor})
    found = {one.path: {d.what: d.live for d in one.details} for one in compared.differences}
    assert found[f"identity/entity/id/{entity}"]["policies"] == "backdoor"
    assert found[f"identity/group/id/{group}"]["policies"] == "backdoor"
    assert "backdoor" in found[f"auth/token/accessors/{accessor}"]["policies"]
    assert found[f"auth/token/accessors/{accessor}"]["made at"].startswith("auth/token/create")
    own = root.call("GET", "auth/token/lookup-self").data["accessor"]
    assert found[f"auth/token/accessors/{own}"]["policies"] == "root: it may do everything"


def test_what_a_workload_gains_is_told_in_the_reviews_words(stage: Stage, root: VaultApi) -> None:
    with instead(root, "sys/policies/acl/kubesentiment-batch-dev", policy=ADMIN):
        review = inventory(stage).access.review
    (changed,) = wording.workloads(review)
    assert changed.workload.label == "kubesentiment/batch"
    gained, *lost = wording.lines(changed.workload.access)
    assert (gained.paths, gained.direction) == ("sys/policies/acl/*", "gained")
    assert lost
    assert "write-acl-policies" in " ".join(
        finding.title + " ".join(finding.reasons) for finding in review.findings
    ) or any(finding.severity.name == "ESCALATION" for finding in review.findings)


def test_with_too_few_rights_it_says_which_path_and_goes_on(stage: Stage) -> None:
    proof = stage.account_token("kubesentiment")
    scene = stage.scene
    vault = Vault(scene.vault_address, scene.ca_file)
    try:
        vault.log_in("kubernetes", "kubesentiment", proof)
        there = live.read(vault, lambda _: None)
    finally:
        vault.close()
    settings = stack.read(stage.plan.environment, scene.configuration)
    made = report(stage.plan, settings, there, address=scene.vault_address)
    assert made.status is Status.INCOMPLETE
    unread = {one.path for one in made.unread}
    assert {"sys/mounts", "sys/audit", "sys/policies/acl", inspection.ACCESSORS} <= unread
    assert made.differences == ()


def test_a_thousand_roles_take_a_request_each(stage: Stage, root: VaultApi) -> None:
    """Which is what their number costs; how long it takes is the computer's, which may be busy."""
    before = inventory(stage).requests
    names = [f"many-{number}" for number in range(1000)]
    body = {"bound_service_account_names": ["x"], "bound_service_account_namespaces": ["y"]}
    for name in names:
        root.call("POST", f"auth/kubernetes/role/{name}", body)
    try:
        started = time.monotonic()
        made = inventory(stage)
        took = time.monotonic() - started
    finally:
        for name in names:
            root.call("DELETE", f"auth/kubernetes/role/{name}")
    found = [one for one in made.differences if one.kind is Kind.KUBERNETES_ROLE]
    assert len(found) == 1000
    print(f"1,000 roles more: {made.requests} requests, {took:.1f} s")
    # Tokens come and go, and are a request each, too.
    assert abs(made.requests - before - 1000) < 50


def test_its_own_identity_can_look_and_change_nothing(stage: Stage) -> None:
    proof = stage.account_token(ROLE)
    vault = VaultApi(stage.scene.vault_address, stage.ca_file)
    session = vault.with_token(
        vault.call("POST", "auth/kubernetes/login", {"role": ROLE, "jwt": proof}).body["auth"][
            "client_token"
        ]
    )
    for method, path in (
        ("POST", "sys/policies/acl/x"),
        ("DELETE", "sys/policies/acl/backdoor"),
        ("POST", "auth/kubernetes/role/kubesentiment"),
        ("GET", "secret/data/kubesentiment/config"),
        ("POST", "database/config/kubesentiment"),
        ("GET", "identity/oidc/client/portal"),
        ("GET", "aws/config/root"),
        ("POST", "auth/token/revoke-accessor"),
    ):
        assert session.call(method, path, {} if method == "POST" else None).forbidden, path
    assert session.call("POST", "auth/token/revoke-self").allowed

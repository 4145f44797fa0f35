"""What a stack's files say of what is in Vault: `Pulumi.<environment>.yaml` over the defaults of
`Pulumi.yaml`, read as data.

The program itself reads them with types and rules (`components.settings`), which need Pulumi; a
test compares what it makes with what is expected from here. Secrets are encrypted there: only
whether one is given is known, and enough.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from attest.errors import UsageError
from policies import inspection, provisioner
from policies.audit_devices import DEPLOYED_FILE, AuditDevice, unless_said
from policies.environments import Environment
from policies.lifetime import Duration
from policies.review.settings import PROJECT, PROJECT_NAME, file_of
from policies.standing import Part
from policies.team_provisioner import name_of

ROOT: Final = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class CiRuns:
    """Whose runs of CI come in, and as what."""

    issuer: str
    audience: str
    repository: str
    environments: tuple[str, ...]
    attest_environments: tuple[str, ...]
    attest_acl_policy: str


@dataclass(frozen=True, slots=True)
class KubernetesApi:
    """Who says whose a service account's token is."""

    host: str
    ca_cert: str
    reviewed_by_pod: bool
    """Vault asks as its own pod."""
    reviewer_token: bool
    """Vault asks with a token that it was given."""


@dataclass(frozen=True, slots=True)
class DatabaseServer:
    """Where the applications' databases are."""

    host: str
    port: int
    tls: str
    """PostgreSQL's `sslmode`."""
    ca_cert: str
    username: str
    """Of the administrator; may hold `{database}`."""


@dataclass(frozen=True, slots=True)
class Stack:
    """Durations are whole seconds."""

    environment: Environment
    address: str
    ca_file: str
    parts: frozenset[Part]
    """What is there of what settings can leave out."""
    databases: frozenset[str]
    """Those whose administrator's password is given: the others have no connection yet."""
    database: DatabaseServer
    aws_role_arns: Mapping[str, str]
    """Role -> what it assumes; any other is an IAM user for each lease."""
    kubernetes: KubernetesApi
    oidc_discovery_url: str
    oidc_client_id: str
    oidc_groups_claim: str
    oidc_scopes: tuple[str, ...]
    oidc_redirect_uris: tuple[str, ...]
    ci: CiRuns | None
    secret_id_seconds: int
    """Of the provisioner's own."""
    bound_cidrs: tuple[str, ...]
    """From where the provisioner comes."""
    team_stacks: tuple[str, ...]
    """The teams that have stacks, and so provisioners, of their own."""
    organization: str
    """In the CAs' names."""
    pki_root_seconds: int
    pki_intermediate_seconds: int
    requests_per_second: int
    """The rate limit; 0: none."""
    audit_devices: tuple[AuditDevice, ...]
    audit_file: str

    @property
    def provisioners(self) -> frozenset[str]:
        """ACL policies of those that configure this Vault, which are no workload's."""
        return frozenset({provisioner.NAME, *map(name_of, self.team_stacks)})


def read(
    environment: Environment, changed: Mapping[str, Any] | None = None, root: Path = ROOT
) -> Stack:
    """`changed`: keys, without their namespace, that are not as in the files.

    Raises `UsageError` where the files are not there, or are none.
    """
    stack_file = root / file_of(environment)
    try:
        declared = yaml.safe_load((root / PROJECT).read_text(encoding="utf-8"))["config"]
        given = (yaml.safe_load(stack_file.read_text(encoding="utf-8")) or {}).get("config") or {}
    except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            f"{stack_file.name} and {PROJECT} must be there and say how the stack is set "
            f"({type(error).__name__}: {error}); run it in a checkout of the repository"
        ) from None
    values = {key: one["default"] for key, one in declared.items() if "default" in one}
    values |= {key.removeprefix(f"{PROJECT_NAME}:"): value for key, value in given.items()}
    try:
        return of(environment, {**values, **(changed or {})})
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"{stack_file.name}: cannot be understood ({type(error).__name__}: {error}); "
            "`pulumi preview` says what is wrong with it"
        ) from None


def of(environment: Environment, values: Mapping[str, Any]) -> Stack:
    """`values`: key, without its namespace -> value."""

    def text(key: str) -> str:
        return str(values.get(key) or "")

    def texts(key: str) -> tuple[str, ...]:
        return tuple(map(str, values.get(key) or ()))

    def seconds(key: str) -> int:
        return Duration.parse(text(key)).seconds

    reviewer = text("kubernetesReviewer")
    by_ci = text("provisionerLogin") == "oidc"
    deploys = text("target") == "kubernetes"
    host = text("hostName") if deploys else ""
    port = "" if text("exposure") == "ingress" else ":8200"
    here = {
        Part.CORE: True,
        Part.OIDC: text("oidcDiscoveryUrl") and values.get("oidcClientSecret"),
        Part.DATABASE: text("databaseHost"),
        Part.AWS: _truth(values.get("awsEngine")),
        Part.GCP: _truth(values.get("gcpEngine")),
        Part.AZURE: text("azureSubscriptionId"),
        Part.PROVISIONER_BY_APPROLE: not by_ci,
        Part.PROVISIONER_BY_CI: by_ci,
    }
    devices = texts("auditDevices")
    return Stack(
        environment=environment,
        address=text("vaultAddress") or (f"https://{host}{port}" if host else ""),
        ca_file=text("vaultCaCertFile"),
        parts=frozenset(part for part, there in here.items() if there),
        databases=_keys(values.get("databasePasswords")),
        database=DatabaseServer(
            host=text("databaseHost"),
            port=int(values["databasePort"]),
            tls=text("databaseTls"),
            ca_cert=text("databaseCaCert"),
            username=text("databaseUsername"),
        ),
        aws_role_arns={str(k): str(v) for k, v in (values.get("awsRoleArns") or {}).items()},
        kubernetes=KubernetesApi(
            host=text("kubernetesHost"),
            ca_cert=text("kubernetesCaCert"),
            reviewed_by_pod=reviewer == "pod",
            reviewer_token=reviewer == "create"
            or (reviewer == "given" and bool(values.get("kubernetesReviewerToken"))),
        ),
        oidc_discovery_url=text("oidcDiscoveryUrl"),
        oidc_client_id=text("oidcClientId"),
        oidc_groups_claim=text("oidcGroupsClaim"),
        oidc_scopes=texts("oidcScopes"),
        oidc_redirect_uris=texts("oidcRedirectUris"),
        ci=CiRuns(
            text("ciIssuer"),
            f"vault-{environment.value}",
            text("ciRepository"),
            texts("ciEnvironments") or (environment.value,),
            texts("ciAttestEnvironments"),
            inspection.acl_policy(environment),
        )
        if by_ci
        else None,
        secret_id_seconds=seconds("provisionerSecretIdTtl"),
        bound_cidrs=texts("provisionerBoundCidrs"),
        team_stacks=texts("teamStacks"),
        organization=text("pkiOrganization"),
        pki_root_seconds=seconds("pkiRootTtl"),
        pki_intermediate_seconds=seconds("pkiIntermediateTtl"),
        requests_per_second=int(values.get("rateLimit") or 0),
        audit_devices=tuple(one for one in AuditDevice if one.value in devices)
        or unless_said(environment),
        audit_file=text("auditFile") or DEPLOYED_FILE,
    )


def _truth(value: Any) -> bool:
    return value is True or value == "true"


def _keys(value: Any) -> frozenset[str]:
    """Of an object whose values are secret; its keys are in clear, unless all of it is one."""
    if isinstance(value, Mapping) and value.keys() != {"secure"}:
        return frozenset(map(str, value))
    return frozenset()

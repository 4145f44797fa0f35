"""The scene of a rehearsal: every server running, and what others than vaultstack own put in place
- namespaces and service accounts, databases and their owners, people.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from psycopg import sql

from components.settings import ProvisionerLogin, Target
from policies.compile import audience_of
from policies.environments import Environment
from policies.iam import AwsAccount
from policies.identities import PLATFORM_NAMESPACE, OidcGroup, ServiceAccount
from policies.model import AccessMatrix
from policies.plan import Plan
from rehearsal import crds
from rehearsal.binaries import Binary, Tool
from rehearsal.certificates import Authority
from rehearsal.controllers import ANOTHER_ACCOUNT, Controllers
from rehearsal.journal import Journal
from rehearsal.pods import Pods
from rehearsal.ports import LOOPBACK
from rehearsal.servers import aws, ci, kubernetes, oidc, postgres, tls_proxy
from rehearsal.supervisor import Supervisor, write_private
from rehearsal.vaults import Vaults, start_one

REDIRECT_URI = f"http://{LOOPBACK}:8250/oidc/callback"
REVIEWER_NAMESPACE = "vault-reviewer"
ISSUER = "rehearsal"
JOBS_IMAGE = "rehearsal.example.com/vaultstack-jobs:0"
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Scene:
    """Running servers, and the configuration with which the program finds them."""

    vaults: Vaults
    controllers: Controllers
    kubernetes: kubernetes.KubernetesApi
    postgres: postgres.PostgresServer
    aws: aws.AwsServer
    oidc: oidc.OidcProvider
    configuration: Mapping[str, Any] = field(repr=False)
    """Overlay of the stack file: keys without their namespace. Holds throwaway secrets."""
    secret_keys: frozenset[str]
    run_of_ci: ci.Run | None
    """The run that may change Vault, where CI logs in with its own token."""
    journal: Journal = field(default_factory=Journal, compare=False)
    """Of what the proof asks Vault."""

    @property
    def vault_address(self) -> str:
        return self.vaults.address

    @property
    def ca_file(self) -> Path:
        return self.vaults.ca_file


def build(
    supervisor: Supervisor,
    binaries: Mapping[Tool, Binary],
    matrix: AccessMatrix,
    plan: Plan,
    stack: Mapping[str, Any],
    progress: Progress,
) -> Scene:
    """Start all servers at once and set the scene. Where the `stack` (keys without their namespace)
    deploys Vault, its servers start later, when the program has said how.

    Raises `RehearsalError`.
    """
    authority = Authority.create("vaultstack rehearsal")
    binary = binaries[Tool.VAULT].path
    deploys = stack["target"] == Target.KUBERNETES
    with ThreadPoolExecutor() as pool:
        cluster = pool.submit(_kubernetes, supervisor, binaries, matrix, plan, deploys, progress)
        database = pool.submit(_postgres, supervisor, plan, authority, progress)
        people = pool.submit(_oidc, supervisor, matrix, progress)
        cloud = pool.submit(_aws, supervisor, matrix.spec(plan.environment).aws, progress)
        if not deploys:
            existing = start_one(supervisor, binary, authority, progress)
        api, (aws_server, aws_key) = cluster.result(), cloud.result()
        (provider, client), managed = people.result(), database.result()
    if deploys:
        ca_file = write_private(supervisor.folder / "ca.crt", authority.certificate_pem)
        pods = Pods(
            supervisor,
            binary,
            api,
            ca_file,
            aws_server.environment(),
            stack["servers"],
            progress,
        )
    vaults: Vaults = pods if deploys else existing
    run_of_ci = _run_of_ci(supervisor, plan.environment, stack, progress)
    configuration: dict[str, Any] = {
        "vaultAddress": vaults.address,
        "vaultCaCertFile": str(vaults.ca_file),
        # Production lets a new server show its health for longer; nothing here is at risk.
        "raftStabilizationTime": "1s",
        "raftReconcileInterval": "1s",
        "kubernetesHost": api.url,
        "kubernetesCaCert": api.ca_pem,
        "kubernetesReviewer": "create",
        "kubernetesContext": "rehearsal",
        "kubernetesReviewerNamespace": REVIEWER_NAMESPACE,
        "oidcDiscoveryUrl": provider.issuer,
        "oidcClientId": client.id,
        "oidcClientSecret": client.secret,
        "oidcRedirectUris": [REDIRECT_URI],
        "kvValues": _given_values(plan),
        "databaseHost": managed.server.host,
        "databasePort": managed.tls_port,
        "databaseTls": "verify-full",
        "databaseCaCert": authority.certificate_pem,
        "databasePasswords": managed.passwords,
        "databaseRotateRoot": True,
        "awsEngine": True,
        "awsAccessKeyId": aws_key.id,
        "awsSecretAccessKey": aws_key.secret,
        "awsEndpoint": aws_server.url,
        "awsRotateRoot": True,
    }
    if deploys:
        configuration |= {
            "kubeconfig": str(api.kubeconfig),
            "tlsIssuer": f"ClusterIssuer/{ISSUER}",
            "kmsEndpoint": aws_server.url,
            "jobsImage": stack["jobsImage"] or JOBS_IMAGE,
            # Or nothing would be counted before the rehearsal ends.
            "metricsUsageInterval": "1s",
        }
    if run_of_ci:
        configuration["ciIssuer"] = run_of_ci.issuer.url
    return Scene(
        vaults,
        Controllers(api, authority, pods if deploys else None),
        api,
        managed.server,
        aws_server,
        provider,
        configuration,
        frozenset(
            {
                "awsAccessKeyId",
                "awsSecretAccessKey",
                "databasePasswords",
                "kvValues",
                "oidcClientSecret",
            }
        ),
        run_of_ci,
    )


def _kubernetes(
    supervisor: Supervisor,
    binaries: Mapping[Tool, Binary],
    matrix: AccessMatrix,
    plan: Plan,
    deploys: bool,
    progress: Progress,
) -> kubernetes.KubernetesApi:
    """An API server, with the applications' namespaces and service accounts of every environment:
    those of the others are there to be refused. A program that deploys Vault makes Vault's own
    namespace, and runs the jobs, whose accounts it makes.
    """
    api = kubernetes.start(supervisor, binaries[Tool.ETCD].path, binaries[Tool.KUBE_APISERVER].path)
    api.namespace(REVIEWER_NAMESPACE)
    accounts = {
        (identity.bound_namespace(environment), identity.name)
        for _, workload, _ in matrix.subjects()
        for environment in Environment
        if isinstance(identity := workload.identity, ServiceAccount)
    }
    if deploys:
        accounts -= {(one.namespace, one.service_account) for one in plan.rotations}
        accounts = {one for one in accounts if one[0] != PLATFORM_NAMESPACE}
    inhabited = {namespace for namespace, _ in accounts}
    for namespace in sorted(inhabited):
        api.namespace(namespace)
        api.service_account(namespace, ANOTHER_ACCOUNT)
    # Vault's own is made with it.
    worked_in = {namespace for one in plan.rotations for namespace in one.namespaces}
    for namespace in sorted(worked_in - inhabited - {PLATFORM_NAMESPACE}):
        api.namespace(namespace)
    for namespace, name in sorted(accounts):
        api.service_account(namespace, name)
    if deploys:
        _prepare_for_vault(api)
    progress(f"the Kubernetes API answers on {api.url}, with {len(accounts)} service accounts")
    return api


def _prepare_for_vault(api: kubernetes.KubernetesApi) -> None:
    """What a cluster brings that Vault can be deployed to: cert-manager with an issuer, the driver
    that mounts secrets, prometheus-operator, disks, an ingress controller's class.
    """
    definitions = {**crds.ensure(), **crds.ours()}
    for kind in (
        "Certificate",
        "ClusterIssuer",
        "Issuer",
        "PrometheusRule",
        "SecretProviderClass",
        "ServiceMonitor",
    ):
        api.apply(definitions[kind])
    api.apply(
        {
            "apiVersion": "cert-manager.io/v1",
            "kind": "ClusterIssuer",
            "metadata": {"name": ISSUER},
            "spec": {"ca": {"secretName": "rehearsal-ca"}},
        }
    )
    api.apply(
        {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "CSIDriver",
            "metadata": {"name": "secrets-store.csi.k8s.io"},
            "spec": {
                "attachRequired": False,
                "podInfoOnMount": True,
                "volumeLifecycleModes": ["Ephemeral"],
            },
        }
    )
    api.apply(
        {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "StorageClass",
            "metadata": {
                "name": "disks",
                "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
            },
            "provisioner": "rehearsal.example.com/disks",
        }
    )


@dataclass(frozen=True)
class _Databases:
    server: postgres.PostgresServer
    tls_port: int
    passwords: dict[str, str] = field(repr=False)
    """Database -> password of the administrator that Vault will be."""


def _postgres(
    supervisor: Supervisor, plan: Plan, authority: Authority, progress: Progress
) -> _Databases:
    """A server with each application's database: its owner, one table, and the administrator that
    Vault will be, who is no superuser.
    """
    server = postgres.start(supervisor)
    passwords: dict[str, str] = {}
    for connection in plan.database_connections:
        database = connection.database
        passwords[database] = secrets.token_urlsafe(24)
        owner, administrator = sql.Identifier(database), sql.Identifier(f"vault_{database}")
        server.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(owner))
        server.create_database(database, database)
        server.execute(
            sql.SQL("CREATE ROLE {} LOGIN CREATEROLE PASSWORD {}").format(
                administrator, sql.Literal(passwords[database])
            )
        )
        server.execute(sql.SQL("GRANT {}, pg_signal_backend TO {}").format(owner, administrator))
        for role in plan.database_static_roles:
            if role.connection == connection.name:
                make_static_user(server, database, role.username)
        make_table(server, database, "notes")
    tls_port = tls_proxy.start(supervisor, server.port, authority)
    progress(f"PostgreSQL answers on {server.host}:{server.port}, with TLS on {tls_port}")
    return _Databases(server, tls_port, passwords)


def make_static_user(server: postgres.PostgresServer, database: str, name: str) -> None:
    """A user that stays, which reads. Vault's administrator may change its password, and neither
    become it nor have its rights.
    """
    user, administrator = sql.Identifier(name), sql.Identifier(f"vault_{database}")
    password = sql.Literal(secrets.token_urlsafe(24))
    for statement in (
        sql.SQL("CREATE ROLE {} LOGIN PASSWORD {} IN ROLE pg_read_all_data").format(user, password),
        sql.SQL("GRANT {} TO {} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE").format(
            user, administrator
        ),
    ):
        server.execute(statement)


def make_table(server: postgres.PostgresServer, database: str, name: str) -> None:
    """A table that the database's owner makes, as a migration would."""
    server.execute(
        sql.SQL(
            "SET ROLE {}; CREATE TABLE {} (id bigint GENERATED BY DEFAULT AS IDENTITY, note text)"
        ).format(sql.Identifier(database), sql.Identifier(name)),
        database=database,
    )


AWS_USER: Final = "vault"
"""The IAM user that the AWS engine is."""


def _aws(
    supervisor: Supervisor, account: AwsAccount, progress: Progress
) -> tuple[aws.AwsServer, aws.AccessKey]:
    """A server, with the IAM user that Vault is there, and its key."""
    server = aws.start(supervisor, account=account)
    iam = server.client("iam")
    iam.create_user(UserName=AWS_USER)
    made = iam.create_access_key(UserName=AWS_USER)["AccessKey"]
    progress(f"AWS (moto) answers on {server.url}")
    return server, aws.AccessKey(made["AccessKeyId"], made["SecretAccessKey"])


def _oidc(
    supervisor: Supervisor, matrix: AccessMatrix, progress: Progress
) -> tuple[oidc.OidcProvider, oidc.OidcClient]:
    """An identity provider with one person in each role's group of every environment (those of the
    others are there to be refused), and one in none.
    """
    provider = oidc.start(supervisor)
    client = provider.register_client([REDIRECT_URI])
    for _, workload, role in matrix.subjects():
        if isinstance(identity := workload.identity, OidcGroup):
            for environment in Environment:
                groups = [identity.bound_group(environment)]
                provider.register_user(person_of(role, environment), {"groups": groups})
    provider.register_user(STRANGER, {"groups": ["everybody"]})
    progress(f"the identity provider answers on {provider.issuer}")
    return provider, client


def _run_of_ci(
    supervisor: Supervisor, environment: Environment, stack: Mapping[str, Any], progress: Progress
) -> ci.Run | None:
    if stack["provisionerLogin"] != ProvisionerLogin.OIDC:
        return None
    issuer = ci.start(supervisor)
    progress(f"the issuer of CI's tokens answers on {issuer.url}")
    (entered, *_) = stack["ciEnvironments"] or [environment.value]
    return ci.Run(issuer, audience_of(environment), stack["ciRepository"], entered)


STRANGER = "stranger@example.com"


def person_of(role: str, environment: Environment) -> str:
    """The person who is in a role's group of an environment, and in no other."""
    return f"{role}-{environment.value}@example.com"


def _given_values(plan: Plan) -> dict[str, dict[str, str]]:
    """What somebody else would have issued."""
    return {
        entry.name: {key: secrets.token_urlsafe(24) for key in entry.keys}
        for entry in plan.kv_entries
        if entry.generated_length is None
    }

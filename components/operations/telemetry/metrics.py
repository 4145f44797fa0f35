"""Every metric of Vault's that a rule or a dashboard uses: the one table. Pure.

The names are those that a real Vault of the pinned version exports; the rehearsal reads them from
its servers and fails where one is missing. Names that others wish for are in `wishes`, and what
Prometheus, cert-manager and kube-state-metrics export in `others`.

Vault removes a metric that did not change for as long as its configuration's retention, and a
counter comes into being with its first event: a rule must count on both.
"""

from __future__ import annotations

from typing import Final

from components.operations.telemetry.metric import Kind, Metric, Needs, Server, Unit

_CLUSTER: Final = ("cluster",)
"""Empty until the server has led: one server may show the same gauge under two values of it."""
_ACTIVE: Final = Server.ACTIVE
_EVERY: Final = Server.EVERY
_RAFT: Final = Needs.RAFT
_TOKEN: Final = ("auth_method", "cluster", "creation_ttl", "mount_point", "namespace", "token_type")


def _gauge(
    name: str,
    unit: Unit,
    meaning: str,
    labels: tuple[str, ...] = (),
    server: Server = Server.EVERY,
    needs: Needs = Needs.NOTHING,
) -> Metric:
    return Metric(f"vault_{name}", Kind.GAUGE, unit, meaning, labels, server, needs)


def _counter(
    name: str,
    meaning: str,
    labels: tuple[str, ...] = (),
    server: Server = Server.EVERY,
    needs: Needs = Needs.NOTHING,
    after: str = "",
) -> Metric:
    return Metric(f"vault_{name}", Kind.COUNTER, Unit.COUNT, meaning, labels, server, needs, after)


def _summary(
    name: str,
    meaning: str,
    labels: tuple[str, ...] = (),
    server: Server = Server.ACTIVE,
    needs: Needs = Needs.NOTHING,
    unit: Unit = Unit.MILLISECONDS,
    after: str = "",
) -> Metric:
    return Metric(f"vault_{name}", Kind.SUMMARY, unit, meaning, labels, server, needs, after)


# Health.
UNSEALED: Final = _gauge("core_unsealed", Unit.TRUTH, "the server is unsealed", _CLUSTER)
LEADS: Final = _gauge("core_active", Unit.TRUTH, "the server leads", _CLUSTER)
AUTOPILOT_HEALTHY: Final = _gauge(
    "autopilot_healthy", Unit.TRUTH, "every server of the cluster is healthy", (), _ACTIVE, _RAFT
)
NODE_HEALTHY: Final = _gauge(
    "autopilot_node_healthy", Unit.TRUTH, "that server is healthy", ("node_id",), _ACTIVE, _RAFT
)
FAILURE_TOLERANCE: Final = _gauge(
    "autopilot_failure_tolerance",
    Unit.COUNT,
    "as many healthy voters may fail at once without loss of the quorum",
    (),
    _ACTIVE,
    _RAFT,
)
RAFT_PEERS: Final = _gauge(
    "raft_peers", Unit.COUNT, "servers that Raft knows, healthy or not", (), _ACTIVE, _RAFT
)
LEADERSHIP_LOST: Final = _summary(
    "core_leadership_lost", "how long a server had led when it lost that", server=_EVERY
)
STEPPED_DOWN: Final = _summary(
    "core_step_down", "how long a server took to give up leading when told to", server=_EVERY
)
BECAME_CANDIDATE: Final = _counter(
    "raft_state_candidate", "elections that the server asked for", (), _ACTIVE, _RAFT
)

# Traffic.
RESPONSES: Final = _counter(
    "core_response_status_code",
    "answers by HTTP status, of every server, also those it only forwarded",
    ("code", "type"),
)
REQUESTS: Final = _summary("core_handle_request", "requests with a token, without TLS and HTTP")
LOGIN_REQUESTS: Final = _summary(
    "core_handle_login_request", "requests without a token: logins, and CAs and CRLs that are read"
)
IN_FLIGHT: Final = _gauge(
    "core_in_flight_requests", Unit.COUNT, "requests that wait for their answer", _CLUSTER
)
CHECK_TOKEN: Final = _summary("core_check_token", "looking up and judging a request's token")
FETCH_ACL: Final = _summary("core_fetch_acl_and_token", "putting a token's ACL together")
READ_STATIC_SECRET: Final = _summary("route_read_secret_", "reads within the KV engine")
READ_DATABASE: Final = _summary(
    "route_read_database_", "reads within the database engine: users made", needs=Needs.DATABASE
)
READ_AWS: Final = _summary("route_read_aws_", "reads within the AWS engine: credentials made")
UPDATE_PKI: Final = _summary("route_update_pki_", "writes within the PKI engine: certificates made")
PKI_ISSUE: Final = _summary("pki_issue", "issuing a certificate", ("namespace", "role"))
QUOTA_VIOLATIONS: Final = _counter(
    "quota_rate_limit_violation",
    "requests refused by a rate limit",
    ("cluster", "name"),
    after="a client asks for more than the rate limit allows",
)

# Logins.
LOGINS_KUBERNETES: Final = _summary(
    "route_update_auth_kubernetes_", "logins by service account, right or wrong"
)
LOGINS_APPROLE: Final = _summary(
    "route_update_auth_approle_", "logins by AppRole, right or wrong, and secret IDs made"
)
LOGINS_PROVISIONER: Final = _summary(
    "route_update_auth_provisioner_",
    "logins of `pulumi up` by AppRole, right or wrong, its role changed, and secret IDs made",
    after="somebody logs in as the provisioner by AppRole, or tries",
)
LOGINS_CI: Final = _summary(
    "route_update_auth_ci_",
    "logins of CI's runs, right or wrong, and their roles and what tokens they have changed",
    after="a run of CI logs in, or tries",
)
LOGINS_OIDC: Final = _summary(
    "route_update_auth_oidc_", "logins of people: the beginning of each, and failures"
)
TOKENS_CREATED: Final = _counter(
    "token_creation", "tokens made, so also logins that succeeded", _TOKEN, _ACTIVE
)
ROOT_TOKENS_CREATED: Final = _counter("token_create_root", "root tokens made", (), _ACTIVE)
LOCKED_USERS: Final = _gauge("core_locked_users", Unit.COUNT, "people locked out", (), _ACTIVE)

# Tokens, leases, entries.
TOKENS: Final = _gauge(
    "token_count", Unit.COUNT, "tokens that are valid", ("cluster", "namespace"), _ACTIVE
)
TOKENS_BY_AUTH: Final = _gauge(
    "token_count_by_auth",
    Unit.COUNT,
    "valid tokens by auth method",
    ("auth_method", "cluster", "namespace"),
    _ACTIVE,
)
TOKENS_BY_TTL: Final = _gauge(
    "token_count_by_ttl",
    Unit.COUNT,
    "valid tokens by the lifetime they were made for",
    ("cluster", "creation_ttl", "namespace"),
    _ACTIVE,
)
SECRETS: Final = _gauge(
    "secret_kv_count",
    Unit.COUNT,
    "entries of the KV engine",
    ("cluster", "mount_point", "namespace"),
    _ACTIVE,
)
ENTITIES: Final = _gauge(
    "identity_entity_count", Unit.COUNT, "identity entities", ("cluster", "namespace"), _ACTIVE
)
LEASES: Final = _gauge("expire_num_leases", Unit.COUNT, "leases that run", (), _ACTIVE)
IRREVOCABLE_LEASES: Final = _gauge(
    "expire_num_irrevocable_leases",
    Unit.COUNT,
    "leases that could not be revoked, so credentials that may still be good",
    (),
    _ACTIVE,
)
LEASES_CREATED: Final = _counter(
    "secret_lease_creation",
    "leases made",
    ("cluster", "creation_ttl", "mount_point", "namespace", "secret_engine"),
    _ACTIVE,
)
RENEW_TOKEN: Final = _summary("expire_renew_token", "renewing a token")

# Storage.
BARRIER_GET: Final = _summary("barrier_get", "reading and decrypting from storage")
BARRIER_PUT: Final = _summary("barrier_put", "encrypting and writing to storage")
RAFT_APPLY: Final = _counter("raft_apply", "entries that the leader appended", (), _ACTIVE, _RAFT)
RAFT_COMMIT: Final = _summary(
    "raft_commitTime", "from appending an entry to its commit by the majority", needs=_RAFT
)
RAFT_STORE_LOGS: Final = _summary(
    "raft_boltdb_storeLogs", "writing entries to the server's own disk", (), _EVERY, _RAFT
)
RAFT_LAST_CONTACT: Final = _summary(
    "raft_leader_lastContact",
    "since the leader last heard from a majority, when it looked",
    needs=_RAFT,
)
RAFT_HEARTBEAT: Final = _summary(
    "raft_replication_heartbeat", "a heartbeat's way and back", ("peer_id",), needs=_RAFT
)
FOLLOWER_LAG: Final = _gauge(
    "raft_storage_follower_applied_index_delta",
    Unit.COUNT,
    "entries by which that follower is behind",
    ("peer_id",),
    _ACTIVE,
    _RAFT,
)
FOLLOWER_HEARTBEAT: Final = _gauge(
    "raft_storage_follower_last_heartbeat_ms",
    Unit.MILLISECONDS,
    "since that follower's last heartbeat",
    ("peer_id",),
    _ACTIVE,
    _RAFT,
)

# Audit.
AUDIT_REQUESTS: Final = _summary(
    "audit_log_request", "writing a request to the audit devices", needs=Needs.AUDIT
)
AUDIT_RESPONSES: Final = _summary(
    "audit_log_response", "writing an answer to the audit devices", needs=Needs.AUDIT
)
AUDIT_TAKEN: Final = _counter(
    "audit_sink_success",
    "entries that an audit device took; one counts as often as there are devices",
    (),
    _ACTIVE,
    Needs.AUDIT,
)
AUDIT_REQUEST_FAILURES: Final = _counter(
    "audit_log_request_failure",
    "requests refused because no audit device took them",
    (),
    _ACTIVE,
    Needs.AUDIT,
)
AUDIT_RESPONSE_FAILURES: Final = _counter(
    "audit_log_response_failure",
    "answers withheld because no audit device took them",
    (),
    _ACTIVE,
    Needs.AUDIT,
)

# Seal. It is asked when a server starts and when keys change.
SEAL_UNREACHABLE: Final = _gauge(
    "seal_unreachable_time",
    Unit.MILLISECONDS,
    "since the KMS last answered; it is asked every ten minutes, every minute once it did not",
    _CLUSTER,
    _ACTIVE,
    Needs.KMS,
)
SEAL_DECRYPT: Final = _summary(
    "seal_decrypt_time", "decrypting by the KMS", ("seal_wrapper_name",), _EVERY, Needs.KMS
)
SEAL_ENCRYPT: Final = _summary(
    "seal_encrypt_time", "encrypting by the KMS", ("seal_wrapper_name",), _ACTIVE, Needs.KMS
)
SEAL_DECRYPT_ERRORS: Final = _counter(
    "seal_decrypt_error",
    "decryptions that the KMS refused",
    ("seal_wrapper_name",),
    needs=Needs.KMS,
    after="the KMS refuses or does not answer",
)
SEAL_ENCRYPT_ERRORS: Final = _counter(
    "seal_encrypt_error",
    "encryptions that the KMS refused",
    ("seal_wrapper_name",),
    needs=Needs.KMS,
    after="the KMS refuses or does not answer",
)

# The process.
ALLOCATED: Final = _gauge("runtime_alloc_bytes", Unit.BYTES, "memory in use")
TAKEN: Final = _gauge("runtime_sys_bytes", Unit.BYTES, "memory taken from the system")
GOROUTINES: Final = _gauge("runtime_num_goroutines", Unit.COUNT, "goroutines")
GC_PAUSE: Final = _summary(
    "runtime_gc_pause_ns", "pauses for collecting garbage", server=_EVERY, unit=Unit.NANOSECONDS
)

METRICS: Final[tuple[Metric, ...]] = tuple(
    value for value in dict(globals()).values() if isinstance(value, Metric)
)
"""All of the above."""

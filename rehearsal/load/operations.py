"""What applications ask of Vault, each as a workload of the matrix that may: with the roles that
the program made, and throwaway ones for what it deliberately has not, RSA keys and secret IDs
without end.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from policies.grants import KvAccess
from policies.identities import ServiceAccount
from policies.matrix import MATRIX
from policies.paths import (
    APPROLE_AUTH,
    KUBERNETES_AUTH,
    PKI,
    SecretPath,
    database_credentials,
    pki_issue,
)
from policies.subject import Subject, subjects_in
from rehearsal.errors import RehearsalError
from rehearsal.load.fortio import Request
from rehearsal.load.targets import ROLE, Target, make_role
from rehearsal.proof import expectations
from rehearsal.proof.results import Figure
from rehearsal.stand_up import StoodUp

T = TypeVar("T")

_OFTEN, _SELDOM = 25.0, 5.0
_KUBERNETES_LOGIN = f"auth/{KUBERNETES_AUTH}/login"
_APPROLE_LOGIN = f"auth/{APPROLE_AUTH}/login"


@dataclass(frozen=True, slots=True)
class Operation:
    """One kind of request, and the latency that is wanted of it."""

    name: str
    request: Request
    per_second: float
    """Slow enough that one request seldom meets another."""
    figure: Figure | None = None


@dataclass(frozen=True, slots=True)
class Applications:
    """Makes the requests. The target's root token is for the throwaway roles only."""

    stood: StoodUp
    target: Target

    def operations(self) -> tuple[Operation, ...]:
        """Raises `RehearsalError` where the matrix lets nobody do it, or a login fails."""
        return (
            Operation("KV read", self._kv("GET", expectations.READS), _OFTEN, Figure.STATIC_SECRET),
            Operation("KV write", self._kv("POST", expectations.WRITES), _OFTEN),
            Operation(
                "database credentials", self._database(), _OFTEN, Figure.DATABASE_CREDENTIALS
            ),
            Operation("token renewal", self._renewal(), _OFTEN, Figure.TOKEN_RENEWAL),
            Operation("certificate, EC P-256", self._certificate(), _OFTEN, Figure.CERTIFICATE),
            Operation(
                "certificate, RSA 2048", self._rsa_certificate(), _SELDOM, Figure.CERTIFICATE
            ),
            Operation("Kubernetes login", self._kubernetes_login(), _OFTEN),
            Operation("AppRole login", self._approle_login(), _OFTEN),
        )

    def _kv(self, method: str, accesses: frozenset[KvAccess]) -> Request:
        """Of an entry that somebody else fills, so that no check-and-set is asked for."""
        given = (entry for entry in self.stood.plan.kv_entries if entry.generated_length is None)
        entry, subject = self._granted(
            given,
            lambda subject, entry: expectations.kv(subject, entry.name, accesses),
            f"{method} a KV entry",
        )
        values = {key: secrets.token_urlsafe(24) for key in entry.keys}
        body = {"data": values} if method == "POST" else None
        return self._request(method, SecretPath(entry.name).data, self._token(subject), body)

    def _database(self) -> Request:
        role, subject = self._granted(
            self.stood.plan.database_roles,
            lambda subject, role: expectations.database(subject, role.name),
            "have database credentials",
        )
        return self._request("GET", database_credentials(role.name), self._token(subject))

    def _renewal(self) -> Request:
        renewing = filter(expectations.renew_self, self._service_accounts())
        token = self._token(_first(renewing, "renew its token"))
        return self._request("POST", "auth/token/renew-self", token, {})

    def _certificate(self) -> Request:
        role, subject = self._granted(
            self.stood.plan.pki_roles,
            lambda subject, role: expectations.pki(subject, role.name),
            "have a certificate",
        )
        body = {"common_name": role.allowed_domains[0]}
        return self._request("POST", pki_issue(role.name), self._token(subject), body)

    def _rsa_certificate(self) -> Request:
        domain, path = f"{ROLE}.example.internal", pki_issue(ROLE)
        settings = {"allowed_domains": domain, "allow_bare_domains": True, "ttl": "1h"}
        key = {"key_type": "rsa", "key_bits": 2048}
        self.target.root.write(f"{PKI}/roles/{ROLE}", settings | key)
        acl = f'path "{path}" {{ capabilities = ["update"] }}'
        self.target.root.write(f"sys/policies/acl/{ROLE}", {"policy": acl})
        token_settings = {"policies": [ROLE], "no_default_policy": True}
        made = self.target.root.write("auth/token/create", token_settings)
        token = str(made.body["auth"]["client_token"])
        return self._request("POST", path, token, {"common_name": domain})

    def _kubernetes_login(self) -> Request:
        anybody = _first(self._service_accounts(), "log in")
        return self._request("POST", _KUBERNETES_LOGIN, "", self._login(anybody))

    def _approle_login(self) -> Request:
        anybody = _first(self._service_accounts(), "log in")
        credential = make_role(self.target.root, anybody.acl_policy)
        return self._request("POST", _APPROLE_LOGIN, "", credential)

    def _granted(
        self, resources: Iterable[T], may: Callable[[Subject, T], bool], what: str
    ) -> tuple[T, Subject]:
        """The first resource that a service account may use, and the first that may."""
        pairs = ((one, subject) for one in resources for subject in self._service_accounts())
        return _first(((one, subject) for one, subject in pairs if may(subject, one)), what)

    def _token(self, subject: Subject) -> str:
        anonymous = self.target.root.with_token("")
        answer = anonymous.write(_KUBERNETES_LOGIN, self._login(subject))
        return str(answer.body["auth"]["client_token"])

    def _login(self, subject: Subject) -> dict[str, str]:
        return {"role": subject.role, "jwt": self.stood.account_token(subject.role)}

    def _service_accounts(self) -> Iterator[Subject]:
        for subject in subjects_in(MATRIX, self.stood.plan.environment):
            if isinstance(subject.workload.identity, ServiceAccount):
                yield subject

    def _request(
        self, method: str, path: str, token: str, payload: dict[str, Any] | None = None
    ) -> Request:
        reads = self.target.reads
        return Request(method, reads.address, path, reads.ca_file, token, payload)


def _first(candidates: Iterable[T], what: str) -> T:
    for candidate in candidates:
        return candidate
    raise RehearsalError(
        f"the matrix lets no service account {what}, so its latency cannot be measured"
    )

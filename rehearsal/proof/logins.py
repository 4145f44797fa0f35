"""Logging in as production would: service-account tokens, wrapped secret IDs, a browser."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from policies.compile import audience_of
from policies.environments import Environment
from policies.identities import AppRole, OidcGroup, ServiceAccount
from policies.paths import APPROLE_AUTH, KUBERNETES_AUTH, OIDC_AUTH
from policies.subject import Subject
from rehearsal.errors import RehearsalError
from rehearsal.proof import expectations
from rehearsal.proof.results import Outcome, Result, Seen, expected
from rehearsal.scene import REDIRECT_URI, STRANGER, Scene, person_of
from rehearsal.servers.oidc import sign_in
from rehearsal.vault_api import Answer, VaultApi

_WRAP_TTL = "5m"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One way to log in, and whether it should work."""

    description: str
    works: bool
    answer: Answer


class LoginDesk:
    """Logs in to one Vault as anybody in the scene."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._anonymous = VaultApi(scene.vault_address, str(scene.ca_file), journal=scene.journal)

    def kubernetes(self, role: str, namespace: str, account: str, audience: str) -> Answer:
        token = self._scene.kubernetes.request_token(namespace, account, audience)
        return self._anonymous.call(
            "POST", f"auth/{KUBERNETES_AUTH}/login", {"role": role, "jwt": token}
        )

    def oidc(self, role: str, person: str) -> Answer:
        """The whole code flow: Vault's authorization URL, a sign-in, Vault's callback."""
        nonce = secrets.token_urlsafe(16)
        asked = self._anonymous.call(
            "POST",
            f"auth/{OIDC_AUTH}/oidc/auth_url",
            {"role": role, "redirect_uri": REDIRECT_URI, "client_nonce": nonce},
        )
        if not asked.data.get("auth_url"):
            raise RehearsalError(f"auth/{OIDC_AUTH} gives no authorization URL for role {role}")
        signed_in = sign_in(asked.data["auth_url"], person)
        query = urlencode({"state": signed_in.state, "code": signed_in.code, "client_nonce": nonce})
        return self._anonymous.call("GET", f"auth/{OIDC_AUTH}/oidc/callback?{query}")

    def approle(self, role_id: str, secret_id: str) -> Answer:
        return self._anonymous.call(
            "POST", f"auth/{APPROLE_AUTH}/login", {"role_id": role_id, "secret_id": secret_id}
        )

    def unwrap(self, wrapping_token: str) -> Answer:
        return self._anonymous.with_token(wrapping_token).call("POST", "sys/wrapping/unwrap")

    def session(self, answer: Answer) -> VaultApi:
        return self._anonymous.with_token(answer.body["auth"]["client_token"])


def log_in_all(
    desk: LoginDesk, subjects: tuple[Subject, ...]
) -> tuple[dict[str, VaultApi], list[Result]]:
    """A session for each subject, by its label, and every login tried, right and wrong.

    People come first: an operator hands the pipelines what they log in with.
    """
    sessions: dict[str, VaultApi] = {}
    results: list[Result] = []
    ordered = sorted(subjects, key=lambda subject: isinstance(subject.workload.identity, AppRole))
    for subject in ordered:
        for attempt in _attempts(desk, subject, subjects, sessions):
            result = _result(subject, attempt)
            results.append(result)
            if not attempt.works:
                continue
            if not attempt.answer.allowed:
                raise RehearsalError(
                    f"{subject.label} cannot log in ({attempt.description}): Vault said "
                    f"{result.seen.detail}; without it its cells cannot be tried"
                )
            sessions[subject.label] = desk.session(attempt.answer)
    return sessions, results


def _attempts(
    desk: LoginDesk,
    subject: Subject,
    subjects: tuple[Subject, ...],
    sessions: dict[str, VaultApi],
) -> Iterator[Attempt]:
    match subject.workload.identity:
        case ServiceAccount() as account:
            yield from _kubernetes(desk, subject, account, subjects)
        case OidcGroup():
            yield from _oidc(desk, subject, subjects)
        case AppRole():
            yield from _approle(desk, subject, subjects, sessions)


def _kubernetes(
    desk: LoginDesk, subject: Subject, account: ServiceAccount, subjects: tuple[Subject, ...]
) -> Iterator[Attempt]:
    here = subject.environment
    namespace, audience = account.bound_namespace(here), audience_of(here)
    login = desk.kubernetes
    yield Attempt(
        "own service account", True, login(subject.role, namespace, account.name, audience)
    )
    yield Attempt(
        "another service account", False, login(subject.role, namespace, "stranger", audience)
    )
    for other in Environment:
        if other is not here:
            if account.bound_namespace(other) != namespace:  # as Vault's own is
                yield Attempt(
                    f"namespace of {other.value}",
                    False,
                    login(subject.role, account.bound_namespace(other), account.name, audience),
                )
            yield Attempt(
                f"token made for {other.value}",
                False,
                login(subject.role, namespace, account.name, audience_of(other)),
            )
    for role in sorted(_other_roles(subject, subjects, ServiceAccount)):
        yield Attempt(f"as role {role}", False, login(role, namespace, account.name, audience))


def _oidc(desk: LoginDesk, subject: Subject, subjects: tuple[Subject, ...]) -> Iterator[Attempt]:
    here, login = subject.environment, desk.oidc
    yield Attempt("a person of the group", True, login(subject.role, person_of(subject.role, here)))
    yield Attempt("a person of no group", False, login(subject.role, STRANGER))
    for other in Environment:
        if other is not here:
            yield Attempt(
                f"a person of {other.value} only",
                False,
                login(subject.role, person_of(subject.role, other)),
            )
    for role in sorted(_other_roles(subject, subjects, OidcGroup)):
        yield Attempt(f"a person of {role} only", False, login(subject.role, person_of(role, here)))


def _approle(
    desk: LoginDesk,
    subject: Subject,
    subjects: tuple[Subject, ...],
    sessions: dict[str, VaultApi],
) -> Iterator[Attempt]:
    """An operator asks for a wrapped secret ID; the pipeline unwraps it, once."""
    issuers = [s.label for s in subjects if expectations.issues_secret_ids(s)]
    if not issuers:
        raise RehearsalError(
            f"{subject.label} logs in by AppRole, but the matrix lets nobody issue secret IDs; "
            "grant IssueSecretIds to a group of people"
        )
    operator, role = sessions[issuers[0]], f"auth/{APPROLE_AUTH}/role/{subject.role}"
    asked = operator.call("GET", f"{role}/role-id")
    wrapped = operator.call("POST", f"{role}/secret-id", {}, {"X-Vault-Wrap-TTL": _WRAP_TTL})
    for answer in (asked, wrapped):
        if not answer.allowed:
            raise RehearsalError(
                f"{issuers[0]} may hand {subject.label} what it logs in with, says the matrix, but "
                f"Vault said {answer.status}: {answer.errors}; without it its cells cannot be tried"
            )
    role_id = str(asked.data["role_id"])
    wrapping_token = wrapped.body["wrap_info"]["token"]
    secret_id = str(desk.unwrap(wrapping_token).data["secret_id"])
    yield Attempt("own secret ID, unwrapped", True, desk.approle(role_id, secret_id))
    yield Attempt("a made-up secret ID", False, desk.approle(role_id, secrets.token_hex(18)))
    yield Attempt("the wrapping token, once more", False, desk.unwrap(wrapping_token))


def _other_roles(
    subject: Subject, subjects: tuple[Subject, ...], identity: type[ServiceAccount | OidcGroup]
) -> set[str]:
    return {
        other.role
        for other in subjects
        if other is not subject and isinstance(other.workload.identity, identity)
    }


def _result(subject: Subject, attempt: Attempt) -> Result:
    answer = attempt.answer
    if answer.allowed:
        outcome = Outcome.ALLOWED
    else:
        outcome = Outcome.DENIED if answer.status in (400, 403) else Outcome.BROKEN
    detail = "" if answer.allowed else f"{answer.status} {answer.errors}"
    return Result(
        subject.label,
        "log in",
        attempt.description,
        expected(attempt.works),
        Seen(outcome, answer.milliseconds, detail),
        area="log in",
    )

"""CI's own token is the only way to be the provisioner: the run that is meant gets in, with no more
than the provisioner's rights, and every other one does not.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from components.bootstrap import ci_login
from policies import provisioner
from policies.environments import Environment
from policies.paths import PROVISIONER_AUTH
from rehearsal.proof.attempts import Bench
from rehearsal.proof.provisioner import SUBJECT
from rehearsal.proof.results import Outcome, Result, Seen, expected
from rehearsal.servers.ci import CiIssuer, Run, new_key
from rehearsal.vault_api import Answer, VaultApi


@dataclass(frozen=True, slots=True)
class _Attempt:
    description: str
    works: bool
    run: Run
    role: str = provisioner.NAME


def prove(bench: Bench, run: Run) -> None:
    anonymous = bench.provisioner.with_token("")
    for attempt in _attempts(run, bench.plan.environment):
        answer = anonymous.call(
            "POST",
            f"auth/{ci_login.MOUNT}/login",
            {"role": attempt.role, "jwt": attempt.run.token()},
        )
        _note(bench, attempt.description, attempt.works, answer, _check(answer))
        _end(anonymous, answer)
    made_up = {"role_id": secrets.token_hex(18), "secret_id": secrets.token_hex(18)}
    answer = anonymous.call("POST", f"auth/{PROVISIONER_AUTH}/login", made_up)
    _note(bench, "a secret ID", False, answer, _missing(bench.provisioner))


def _attempts(run: Run, environment: Environment) -> Iterator[_Attempt]:
    owner, _, name = run.repository.partition("/")
    yield _Attempt("the run that is meant", True, run)
    for repository in (f"stranger/{name}", f"{owner}/{name}-copy", f"{owner}/*", ""):
        other = replace(run, repository=repository)
        yield _Attempt(f"the repository {repository!r}", False, other)
    others = [one.value for one in Environment if one is not environment]
    for entered in (*others, f"preview-{environment.value}", f"{run.environment}-2", "*", ""):
        other = replace(run, environment=entered)
        yield _Attempt(f"the environment {entered!r}", False, other)
    for audience in (*(f"vault-{other}" for other in others), "sts.amazonaws.com"):
        other = replace(run, audience=audience)
        yield _Attempt(f"a token for {audience}", False, other)
    yield _Attempt("a token of an hour ago", False, replace(run, age=timedelta(hours=1)))
    elsewhere = CiIssuer("https://issuer.example.com", run.issuer.key)
    yield _Attempt("another issuer", False, replace(run, issuer=elsewhere))
    forged = CiIssuer(run.issuer.url, new_key())
    yield _Attempt("a key of its own", False, replace(run, issuer=forged))
    yield _Attempt("another role", False, run, role="operators")


def _check(answer: Answer) -> str:
    """What is wrong with a token that was given; empty where nothing is."""
    if not answer.allowed:
        return ""
    auth = answer.body["auth"]
    if auth["policies"] != [provisioner.NAME]:
        return f"the token carries {', '.join(auth['policies'])}"
    return "" if auth["lease_duration"] <= 1800 else f"it lives {auth['lease_duration']} s"


def _missing(provisioners: VaultApi) -> str:
    """The mount is gone, and with it every secret ID."""
    there = provisioners.call("GET", "sys/auth").data
    return f"auth/{PROVISIONER_AUTH} is still there" if f"{PROVISIONER_AUTH}/" in there else ""


def _note(bench: Bench, description: str, works: bool, answer: Answer, fault: str) -> None:
    if fault:
        outcome = Outcome.BROKEN
    elif answer.allowed:
        outcome = Outcome.ALLOWED
    else:
        # Vault answers 400 to a token that it does not accept.
        outcome = Outcome.DENIED if answer.status in (400, 403) else Outcome.BROKEN
    detail = fault or ("" if answer.allowed else f"{answer.status} {answer.errors}")
    seen = Seen(outcome, answer.milliseconds, detail)
    bench.results.append(
        Result(SUBJECT, "log in", description, expected(works), seen, area=bench.area)
    )


def _end(anonymous: VaultApi, answer: Answer) -> None:
    if answer.allowed:
        token = answer.body["auth"]["client_token"]
        anonymous.with_token(token).call("POST", "auth/token/revoke-self")

"""The real `vault agent`, logged in with a real service account's token, does what the annotations
of a pod mean: the decision record's pod, those of our deliveries, and bad ones.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest

from components.delivery.annotations import pod_annotations
from components.delivery.deliveries import DELIVERIES, deliveries_in
from components.delivery.files import (
    DatabaseCredentials,
    Delivery,
    Exports,
    Quoting,
    SecretFile,
    Via,
)
from policies.environments import Environment
from policies.matrix import MATRIX
from policies.paths import SecretPath
from policies.subject import Subject, subjects_in
from rehearsal.delivery import checks, container, prove
from rehearsal.delivery.annotations import PREFIX
from rehearsal.delivery.configuration import Mode
from rehearsal.delivery.container import Agent, Pod
from rehearsal.delivery.expected import sourced
from rehearsal.delivery.injected import injected
from rehearsal.delivery.injection import inject
from rehearsal.delivery.workshop import REFRESH, Workshop, stored
from rehearsal.errors import RehearsalError
from rehearsal.proof.attempts import Bench
from rehearsal.proof.logins import LoginDesk, log_in_all
from rehearsal.proof.results import Outcome, Seen
from rehearsal.supervisor import wait_until
from rehearsal.vault_api import VaultApi
from tests.live.conftest import Stage
from tests.rehearsal.delivery.made import SEEDS, TEMPLATE

pytestmark = pytest.mark.live

PATIENCE: Final = 60.0  # seconds
NAMESPACE: Final = "kubesentiment-dev"
ROLE: Final = "kubesentiment-readwrite"
TOKEN: Final = {f"{PREFIX}agent-service-account-token-volume-name": "vault-token"}
SOON: Final = {f"{PREFIX}template-static-secret-render-interval": "1s"}
VALUES: Final = {
    "redis_password": "redis-value-1",
    "kafka_password": "kafka-value-1",
    "model_api_key": "model-value-1",
}
AWKWARD: Final = {
    "redis_password": "it's $HOME",
    "kafka_password": "\\a\\\\b {{ .x }}",
    "model_api_key": "two\nlines `echo obeyed`",
}
ENTRY: Final = "secret/data/kubesentiment/config"
API: Final = next(one for one in DELIVERIES if one.workload == "kubesentiment/api")
(DATABASE,) = (file for file in API.files if isinstance(file.source, DatabaseCredentials))


@dataclass(frozen=True)
class Place:
    stage: Stage
    workshop: Workshop
    sessions: Mapping[str, VaultApi]

    @property
    def admin(self) -> VaultApi:
        return self.sessions["kubesentiment/admin"]

    def write(self, values: Mapping[str, str]) -> None:
        self.admin.write(ENTRY, {"data": dict(values)})

    def pod(self, annotations: Mapping[str, str]) -> Pod:
        """Of the decision record's service account, which has a token made for Vault as well."""
        source = {"audience": "vault-dev", "expirationSeconds": 3600, "path": "token"}
        spec = {
            "serviceAccountName": "kubesentiment",
            "containers": [{"name": "api", "image": "kubesentiment:latest"}],
            "volumes": [
                {"name": "vault-token", "projected": {"sources": [{"serviceAccountToken": source}]}}
            ],
        }
        pod = stored(self.stage.scene, NAMESPACE, spec, annotations)
        return self.workshop.pod_of(inject(pod, self.workshop.injector))

    def of_template(self, template: str, **more: str) -> Pod:
        said = {f"{PREFIX}{name.replace('_', '-')}": value for name, value in more.items()}
        named = {f"{PREFIX}agent-inject-template-config": template}
        return self.pod({**SEEDS, **TOKEN, **SOON, **named, **said})

    def sql(self, login: checks.Login) -> None:
        self.stage.scene.postgres.execute(
            "INSERT INTO notes (note) VALUES ('by the agent')",
            database="kubesentiment",
            user=login.user,
            password=login.password,
        )


@pytest.fixture(scope="module")
def place(stage: Stage, workshop: Workshop) -> Iterator[Place]:
    subjects = subjects_in(MATRIX, Environment.DEV)
    sessions, _ = log_in_all(LoginDesk(stage.scene), subjects)
    before = sessions["kubesentiment/admin"].call("GET", ENTRY).data["data"]
    yield Place(stage, workshop, sessions)
    sessions["kubesentiment/admin"].write(ENTRY, {"data": before})


@contextmanager
def running(pod: Pod) -> Iterator[Agent]:
    agent = pod.start(Mode.SIDECAR)
    try:
        checks.logged_in(agent)
        yield agent
    finally:
        pod.end(agent)


def wait(what: str, true: Callable[[], bool], seconds: float = PATIENCE) -> float:
    """Seconds until it is."""
    started = time.perf_counter()
    while not true():
        assert time.perf_counter() - started < seconds, f"waited in vain for {what}"
        time.sleep(0.005)
    return time.perf_counter() - started


def only_file(pod: Pod) -> Path:
    (file,) = pod.injection.files
    return pod.place(file.destination)


# --- the decision record's pod -------------------------------------------------------------------


def test_the_decision_records_file_is_rendered_to_the_letter(place: Place) -> None:
    place.write(VALUES)
    pod = place.pod({**SEEDS, **TOKEN})
    assert pod.start(Mode.INIT).wait_for_end() == 0
    assert only_file(pod).read_text() == (
        'export REDIS_PASSWORD="redis-value-1"\n'
        'export KAFKA_PASSWORD="kafka-value-1"\n'
        'export MODEL_API_KEY="model-value-1"\n'
    )
    assert sourced(only_file(pod)) == {key.upper(): value for key, value in VALUES.items()}


def test_with_the_token_that_every_pod_has_it_is_refused(place: Place) -> None:
    """The decision record's pod, and nothing besides: its token is for the Kubernetes API."""
    pod = place.pod(SEEDS)
    agent = pod.start(Mode.INIT)
    wait("a refusal", lambda: "error authenticating" in agent.log)
    assert "Code: 403" in agent.log
    assert agent.process.exit_code is None
    assert not only_file(pod).exists()
    pod.end(agent)


def test_quotes_and_dollars_break_the_decision_records_template(place: Place) -> None:
    """The shell obeys what stands between double quotes."""
    place.write(AWKWARD)
    pod = place.pod({**SEEDS, **TOKEN})
    assert pod.start(Mode.INIT).wait_for_end() == 0
    assert sourced(only_file(pod)) == {
        "REDIS_PASSWORD": "it's ",
        "KAFKA_PASSWORD": "\\a\\b {{ .x }}",
        "MODEL_API_KEY": "two\nlines obeyed",
    }
    place.write({**VALUES, "redis_password": 'a" "b'})
    assert pod.start(Mode.INIT).wait_for_end() == 0
    assert sourced(only_file(pod))["REDIS_PASSWORD"] == "a"
    place.write({**VALUES, "redis_password": 'a"; ('})
    assert pod.start(Mode.INIT).wait_for_end() == 0
    with pytest.raises(RehearsalError, match=r"Quoting.SINGLE"):
        sourced(only_file(pod))


def test_single_quotes_hold_everything(place: Place) -> None:
    keys = tuple(AWKWARD)
    quoted = SecretFile("config", SecretPath("kubesentiment/config"), Exports(keys, Quoting.SINGLE))
    place.write({**AWKWARD, "redis_password": "it's \"'$HOME'\" `x` \\"})
    pod = place.workshop.pod(Delivery("kubesentiment/api", files=(quoted,)))
    assert pod.start(Mode.INIT).wait_for_end() == 0
    assert sourced(only_file(pod)) == {
        **{key.upper(): value for key, value in AWKWARD.items()},
        "REDIS_PASSWORD": "it's \"'$HOME'\" `x` \\",
    }


# --- what changes --------------------------------------------------------------------------------


def test_a_changed_secret_is_in_the_file_soon_and_the_application_is_told(place: Place) -> None:
    place.write(VALUES)
    pod = place.of_template(TEMPLATE, agent_inject_command_config="touch /vault/secrets/changed")
    with running(pod):
        wait("the file", lambda: only_file(pod).exists())
        told = pod.place("/vault/secrets/changed")
        wait("the first command", told.exists)
        told.unlink()
        place.write({**VALUES, "redis_password": "redis-value-2"})
        taken = wait("the change", lambda: "redis-value-2" in only_file(pod).read_text())
        wait("the command", told.exists)
    print(f"changed in Vault -> in the file: {taken:.2f} s, looking every second")


def refused_by_postgres(place: Place, login: checks.Login) -> bool:
    try:
        place.sql(login)
    except psycopg.OperationalError as error:
        return "authentication failed" in str(error)
    return False


@contextmanager
def short_leases(place: Place, role: str, seconds: int, longest: int) -> Iterator[None]:
    """Of the role's next credentials."""
    path = f"database/roles/{role}"
    before = place.stage.provisioner.call("GET", path).data
    ttl = {name: before[name] for name in ("default_ttl", "max_ttl")}
    place.stage.provisioner.write(path, {"default_ttl": seconds, "max_ttl": longest})
    try:
        yield
    finally:
        place.stage.provisioner.write(path, ttl)


def test_database_credentials_are_renewed_then_issued_again_and_never_refused(
    place: Place,
) -> None:
    """Every tenth of a second somebody uses what the file holds, until after the first user's end.
    How long before its end the agent replaces it goes by the length of one lease: with shorter
    ones a busy machine is too late.
    """
    lease, longest = 6, 12
    with short_leases(place, ROLE, lease, longest):
        pod = place.workshop.pod(replace(API, files=(DATABASE,)))
        with running(pod):
            file = checks.place_of(pod, DATABASE)
            wait("the file", file.exists)
            first_seen: dict[str, float] = {}
            started = time.perf_counter()
            while (now := time.perf_counter() - started) < longest + 1:
                login = checks.Login.of(DATABASE, file)
                first_seen.setdefault(login.user, now)
                place.sql(login)
                time.sleep(0.1)
    first, *others = first_seen.values()
    print(f"the first user was in the file for {others[0] - first:.1f} s")
    # Without a renewal it would have been replaced within `lease`; at the latest it ends at
    # `longest`.
    assert len(others) == 1
    assert lease < others[0] - first < longest


def test_an_agent_that_may_not_renew_gets_new_credentials_in_time(place: Place) -> None:
    """The batch job's workload, were it to stay: the matrix lets it renew nothing."""
    batch = next(one for one in DELIVERIES if one.workload == "kubesentiment/batch")
    (file,) = batch.files
    with short_leases(place, "kubesentiment-readonly", 3, 6):
        pod = place.workshop.pod(replace(batch, stays=True))
        with running(pod) as agent:
            at = checks.place_of(pod, file)
            wait("the file", at.exists)
            first = checks.Login.of(file, at)
            taken = checks.issued_again(file, at, first, agent) / 1000
        assert agent.log.count("rendered") < 5  # nor is it issued again and again
    print(f"issued again after {taken:.1f} s of a lease of 3 s")
    assert taken < 3


def test_after_its_token_was_revoked_it_logs_in_again(place: Place) -> None:
    pod = place.workshop.pod(API)
    with running(pod) as agent:
        token, at = agent.token(), checks.place_of(pod, DATABASE)
        wait("the file", at.exists)
        old = checks.Login.of(DATABASE, at)
        place.sql(old)
        place.workshop.revoke(token)
        taken = checks.log_in_again(agent, token)
        wait("the old user's end", lambda: refused_by_postgres(place, old))
        checks.issued_again(DATABASE, at, old, agent)
        place.sql(checks.Login.of(DATABASE, at))
    print(f"token revoked -> logged in again: {taken / 1000:.2f} s, looking every second")


def test_with_the_agents_cache_it_would_be_stuck(place: Place) -> None:
    """A fault of Vault 1.21: what its cache's proxy says of a refused token is heard by nobody, and
    the refused request waits. Only where two are refused at the same time does one free the other;
    with one file there are never two. When this fails, Vault has mended it.
    """
    (config,) = (file for file in API.files if isinstance(file.source, SecretPath))
    pod = place.workshop.pod(replace(API, files=(config,)), agent_cache_enable="true")
    assert pod.start(Mode.INIT).wait_for_end() == 0
    with running(pod) as agent:
        token = agent.token()
        place.workshop.revoke(token)
        wait("the refusal", lambda: "proxy received an invalid token error" in agent.log)
        time.sleep(4)  # several looks
        assert agent.token() == token, "it has logged in again: Vault has mended it"
        assert agent.log.count("proxy received an invalid token error") == 1
        assert agent.process.exit_code is None


# --- bad input -----------------------------------------------------------------------------------


def test_a_key_that_is_not_there_is_an_error_that_names_it(place: Place) -> None:
    place.write(VALUES)
    template = TEMPLATE.replace("model_api_key", "model_key")
    pod = place.of_template(template, error_on_missing_key_config="true")
    agent = pod.start(Mode.INIT)
    assert agent.wait_for_end() == 1
    assert "map has no entry for key" in agent.log
    assert "model_key" in agent.log
    assert not only_file(pod).exists()
    for value in VALUES.values():
        assert value not in agent.log


def test_without_that_annotation_a_missing_key_becomes_a_password(place: Place) -> None:
    """So our deliveries always have it."""
    place.write(VALUES)
    pod = place.of_template(TEMPLATE.replace("model_api_key", "model_key"))
    assert pod.start(Mode.INIT).wait_for_end() == 0
    assert sourced(only_file(pod))["MODEL_API_KEY"] == "<no value>"
    for delivery in deliveries_in(place.stage.plan, Via.AGENT):
        files = place.workshop.injection(delivery).files
        assert all(file.error_on_missing_key for file in files)


def test_a_path_that_is_not_granted_is_refused_by_vault_and_named(place: Place) -> None:
    path = "secret/data/media-catalog/api"
    pod = place.of_template(f'{{{{ with secret "{path}" }}}}{{{{ .Data }}}}{{{{ end }}}}')
    agent = pod.start(Mode.INIT)
    with pytest.raises(checks.Denied):
        checks.refused(agent, only_file(pod), path)
    assert agent.process.exit_code is None, "it asks again, for some minutes"
    pod.end(agent)


def test_a_role_that_is_not_there_is_refused(place: Place) -> None:
    pod = place.pod({**SEEDS, **TOKEN, f"{PREFIX}role": "kubesentimnt"})
    agent = pod.start(Mode.INIT)
    wait("a refusal", lambda: 'invalid role name "kubesentimnt"' in agent.log)
    pod.end(agent)


def test_a_wrong_authority_is_an_error_and_nothing_is_sent(place: Place, tmp_path: Path) -> None:
    other = tmp_path / "ca.crt"
    other.write_text(place.stage.scene.kubernetes.ca_pem)
    wrong = replace(place.workshop.vault, ca_file=other)
    pod = replace(place, workshop=replace(place.workshop, vault=wrong)).pod({**SEEDS, **TOKEN})
    agent = pod.start(Mode.INIT)
    wait("an error", lambda: "certificate signed by unknown authority" in agent.log)
    assert not only_file(pod).exists()
    pod.end(agent)


# --- the pods as a cluster gets to see them ------------------------------------------------------


@pytest.fixture(scope="module")
def restricted(stage: Stage) -> str:
    """A namespace that admits only what Pod Security's strictest level does."""
    name = "restricted"
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    metadata = {"name": name, "labels": labels}
    stage.scene.kubernetes.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
    stage.scene.kubernetes.service_account(name, "kubesentiment")
    stage.scene.kubernetes.service_account(name, "kubesentiment-batch")
    return name


def admitted(place: Place, namespace: str, pod: Mapping[str, Any]) -> dict[str, Any]:
    kept = {
        name: value
        for name, value in pod["metadata"]["annotations"].items()
        if name != f"{PREFIX}agent-inject"
    }
    metadata = {"name": f"{pod['metadata']['name']}-x", "namespace": namespace}
    spec = {name: value for name, value in pod["spec"].items() if name != "nodeName"}
    return place.stage.scene.kubernetes.apply(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {**metadata, "annotations": kept},
            "spec": spec,
        }
    )


@pytest.mark.parametrize("delivery", [one for one in DELIVERIES if one.via is Via.AGENT])
def test_an_injected_pod_is_admitted_where_only_the_restricted_are(
    place: Place, restricted: str, delivery: Delivery
) -> None:
    annotations = pod_annotations(place.stage.plan, delivery)
    before = place.workshop.stored(delivery, annotations)
    after = injected(before, inject(before, place.workshop.injector))
    stored_pod = admitted(place, restricted, after)
    agents = [
        one
        for one in (*stored_pod["spec"]["containers"], *stored_pod["spec"]["initContainers"])
        if one["name"].startswith("vault-agent")
    ]
    assert len(agents) == 1 + delivery.stays
    for one in agents:
        mounts = [mount["name"] for mount in one["volumeMounts"]]
        assert not any(name.startswith("kube-api-access") for name in mounts)


def test_without_the_patches_it_would_not_be(place: Place, restricted: str) -> None:
    annotations = {
        name: value
        for name, value in pod_annotations(place.stage.plan, API).items()
        if "json-patch" not in name
    }
    before = place.workshop.stored(API, annotations)
    after = injected(before, inject(before, place.workshop.injector))
    with pytest.raises(RehearsalError, match="seccompProfile"):
        admitted(place, restricted, after)


# --- the part of the proof -----------------------------------------------------------------------


def bench(place: Place) -> Bench:
    subjects = subjects_in(MATRIX, Environment.DEV)
    return Bench(
        place.stage.scene, place.stage.plan, subjects, place.sessions, place.stage.provisioner
    )


def saying(monkeypatch: pytest.MonkeyPatch, **changed: str) -> None:
    """All deliveries' pods say this as well, names without the prefix and `_` for `-`."""
    more = {f"{PREFIX}{name.replace('_', '-')}": value for name, value in changed.items()}
    honest = pod_annotations
    monkeypatch.setattr(
        "rehearsal.delivery.workshop.pod_annotations", lambda *asked: {**honest(*asked), **more}
    )


def test_every_delivery_is_proven(place: Place) -> None:
    started = time.perf_counter()
    made = bench(place)
    prove.prove(made)
    results = made.results
    print(f"{len(results)} cells in {time.perf_counter() - started:.1f} s")
    assert [result for result in results if not result.ok] == []
    assert {result.subject for result in results} == {
        one.workload for via in Via for one in deliveries_in(place.stage.plan, via)
    }
    denied = {result.operation for result in results if result.seen.outcome is Outcome.DENIED}
    assert denied == {"agent writes a file", "SQL with revoked credentials"}


class EnoughSeen(Exception):  # noqa: N818 - nothing is wrong
    """What a test looked for was found."""


@dataclass
class Looking(Bench):
    """Ends the proof where it finds the operation that should be wrong to be so."""

    wrong: str = ""
    found: bool = False

    def note(
        self, subject: Subject, operation: str, resource: str, *, allowed: bool, seen: Seen
    ) -> None:
        super().note(subject, operation, resource, allowed=allowed, seen=seen)
        self.found |= operation == self.wrong and not self.results[-1].ok
        if self.found:
            raise EnoughSeen


def impatient(monkeypatch: pytest.MonkeyPatch, vain: str) -> None:
    """Wait for this three looks of an agent and no longer, and for all else as ever; "" is all."""
    honest, little = wait_until, 3 * REFRESH

    def wait(*asked: Any, awaited: str, patience: timedelta, **more: Any) -> Any:
        patience = little if vain in awaited else patience
        return honest(*asked, awaited=awaited, patience=patience, **more)

    for module in (checks, container):
        monkeypatch.setattr(module, "wait_until", wait)


@pytest.mark.parametrize(
    ("changed", "operation", "vain"),
    [
        (
            {"agent_inject_template_config": TEMPLATE.replace("KAFKA", "CAFKA")},
            "file is as in Vault",
            "to be as in Vault",
        ),
        ({"error_on_missing_key_config": "false"}, "agent writes a file", "nothing"),
        ({"template_static_secret_render_interval": "1h"}, "file follows a change", "to change"),
        ({"role": "kubesentiment-admin"}, "agent writes the files", ""),
        (
            {"agent_cache_enable": "true"},
            "agent that stays has its own credentials",
            "to hold another user",
        ),
    ],
)
def test_the_proof_sees_what_is_wrong(
    place: Place,
    monkeypatch: pytest.MonkeyPatch,
    changed: dict[str, str],
    operation: str,
    vain: str,
) -> None:
    saying(monkeypatch, **changed)
    impatient(monkeypatch, vain)
    monkeypatch.setattr("rehearsal.delivery.workshop._REFRESH", "not-said")
    monkeypatch.setattr(prove, "deliveries_in", lambda *_: [API])
    monkeypatch.setattr(prove, "_mount", lambda *_: None)
    looking = Looking(**vars(bench(place)), wrong=operation)
    with pytest.raises(EnoughSeen):
        prove.prove(looking)

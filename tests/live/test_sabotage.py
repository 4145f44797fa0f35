"""The proof must be able to fail: what is wrong in Vault is reported, cell by cell, and nothing
else is. Everything is made wrong at once, by hand, after the program ran; the proof runs once.
"""

from __future__ import annotations

import io
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
from rich.console import Console

from policies import hcl
from policies.environments import Environment
from policies.matrix import MATRIX
from policies.subject import subjects_in
from rehearsal import report
from rehearsal.errors import RehearsalError
from rehearsal.proof.results import Outcome, Result
from rehearsal.proof.run import Proof
from rehearsal.stand_up import root_api
from rehearsal.vault_api import VaultApi
from tests.live.conftest import Stage

pytestmark = pytest.mark.live

ENTRIES: Final = {
    "deploy/kubesentiment/keys",
    "kubesentiment/config",
    "media-catalog/api",
    "media-catalog/database",
    "media-catalog/external",
}


@dataclass
class Sabotage:
    """Changes to Vault, each undone at the end."""

    vault: VaultApi
    """As the provisioner, which is who could do this by mistake."""
    undo: ExitStack = field(default_factory=ExitStack)

    def change(self, path: str, **fields: Any) -> None:
        """Change some fields of what is at a path. Written whole: the PKI engine sets whatever it
        is not told back to its defaults.
        """
        before = self.vault.call("GET", path)
        assert before.allowed, before
        self.undo.callback(self._write, path, before.data)
        self._write(path, {**before.data, **fields})

    def _write(self, path: str, body: Mapping[str, Any]) -> None:
        answer = self.vault.call("POST", path, body)
        assert answer.allowed, (path, answer.errors)


@dataclass(frozen=True)
class Sabotaged:
    proof: Proof
    secrets: Sequence[str] = field(repr=False)

    @property
    def mismatches(self) -> list[Result]:
        return [result for result in self.proof.results if not result.ok]

    def mismatches_of(self, subject: str, operation: str) -> dict[str, Outcome]:
        """With what -> what was seen."""
        return {
            result.resource: result.seen.outcome
            for result in self.mismatches
            if (result.subject, result.operation) == (subject, operation)
        }


@pytest.fixture(scope="module")
def sabotaged(stage: Stage) -> Sabotaged:
    with sabotage(stage) as root_token:
        proof = stage.prove()
    secrets = [
        *texts(stage.scene.configuration, stage.scene.secret_keys),
        *stage.shares,
        stage.initialised["secret_id"],
        stage.provisioner.token,
        root_token,
        stage.scene.kubernetes.admin_token,
        stage.scene.postgres.admin_password,
        *(api.token for api in proof.sessions.values()),
    ]
    return Sabotaged(proof, secrets)


def texts(configuration: Mapping[str, Any], secret_keys: frozenset[str]) -> Iterator[str]:
    waiting = [configuration[key] for key in secret_keys]
    while waiting:
        value = waiting.pop()
        if isinstance(value, Mapping):
            waiting += value.values()
        else:
            yield str(value)


@contextmanager
def sabotage(stage: Stage) -> Iterator[str]:
    """Everything wrong; the root token that was left alive."""
    done = Sabotage(stage.provisioner)
    with done.undo:
        policies = {policy.name: policy for policy in stage.plan.acl_policies}
        wider = policies["people-auditors-dev"].hcl + '\npath "secret/data/*" {\n'
        done.change(
            "sys/policies/acl/people-auditors-dev",
            policy=f'{wider}  capabilities = ["read"]\n}}\n',
        )
        own = stage.provisioner.call("GET", "sys/policies/acl/provisioner").data["policy"]
        done.change(
            "sys/policies/acl/provisioner",
            policy=f'{own}\npath "secret/data/*" {{\n  capabilities = ["read"]\n}}\n',
        )
        narrower = [
            stanza
            for stanza in policies["kubesentiment-admin-dev"].stanzas
            if stanza.path != "secret/data/kubesentiment/*"
        ]
        assert len(narrower) < len(policies["kubesentiment-admin-dev"].stanzas)
        done.change("sys/policies/acl/kubesentiment-admin-dev", policy=hcl.render(narrower))

        done.change(
            "auth/kubernetes/role/media-catalog-api",
            bound_service_account_namespaces=["media-catalog-dev", "media-catalog-staging"],
        )
        done.change("auth/kubernetes/role/kubesentiment-batch", audience="")
        groups = ["vault-operators-dev", "vault-operators-staging"]
        done.change("auth/oidc/role/operators", bound_claims={"groups": groups})

        role = next(r for r in stage.plan.database_roles if r.name == "kubesentiment-readonly")
        done.change(
            "database/roles/kubesentiment-readonly",
            creation_statements=[*role.statements.creation, 'GRANT INSERT ON notes TO "{{name}}";'],
        )
        everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        done.change(
            "aws/roles/s3-access",
            policy_document=json.dumps({"Version": "2012-10-17", "Statement": [everything]}),
        )
        done.change("pki/roles/kubesentiment-api", allow_any_name=True, server_flag=True)

        yield done.undo.enter_context(root_api(stage)).token


def test_a_widened_acl_policy_is_seen_in_each_cell_that_it_opens(sabotaged: Sabotaged) -> None:
    assert sabotaged.mismatches_of("people/auditors", "kv read") == dict.fromkeys(
        ENTRIES, Outcome.ALLOWED
    )


def test_a_narrowed_acl_policy_is_seen_in_each_cell_that_it_closes(sabotaged: Sabotaged) -> None:
    for operation in ("kv read", "kv write", "kv change a key"):
        assert sabotaged.mismatches_of("kubesentiment/admin", operation) == {
            "kubesentiment/config": Outcome.DENIED
        }
    assert sabotaged.mismatches_of("kubesentiment/admin", "kv delete") == {
        "kubesentiment/*": Outcome.DENIED
    }


def test_a_role_that_takes_another_environments_namespace_is_seen(sabotaged: Sabotaged) -> None:
    assert sabotaged.mismatches_of("media-catalog/api", "log in") == {
        "namespace of staging": Outcome.ALLOWED
    }


def test_a_role_that_takes_tokens_of_any_audience_is_seen(sabotaged: Sabotaged) -> None:
    assert sabotaged.mismatches_of("kubesentiment/batch", "log in") == {
        "token made for staging": Outcome.ALLOWED,
        "token made for prod": Outcome.ALLOWED,
    }


def test_an_oidc_role_that_takes_another_environments_group_is_seen(sabotaged: Sabotaged) -> None:
    assert sabotaged.mismatches_of("people/operators", "log in") == {
        "a person of staging only": Outcome.ALLOWED
    }


def test_a_provisioner_that_may_read_secrets_is_seen_in_each_of_them(sabotaged: Sabotaged) -> None:
    assert sabotaged.mismatches_of("vaultstack/provisioner", "read a secret") == dict.fromkeys(
        (f"secret/data/{entry}" for entry in ENTRIES), Outcome.ALLOWED
    )


def test_a_read_only_database_role_that_may_insert_is_seen(sabotaged: Sabotaged) -> None:
    assert sabotaged.mismatches_of("kubesentiment/batch", "SQL INSERT") == {
        "kubesentiment-readonly": Outcome.ALLOWED
    }


def test_an_aws_role_with_more_rights_than_the_plan_is_seen(sabotaged: Sabotaged) -> None:
    operation = "AWS knows the key, with the plan's rights"
    assert sabotaged.mismatches_of("kubesentiment/api", operation) == {"s3-access": Outcome.BROKEN}


def test_a_pki_role_that_issues_any_name_is_seen(sabotaged: Sabotaged) -> None:
    domain = "api.kubesentiment.dev.example.internal"
    names = ("vault.example.com", f"evil-{domain}", f"other.{domain}", "localhost")
    assert sabotaged.mismatches_of("kubesentiment/api", "certificate for another name") == {
        f"kubesentiment-api: {name}": Outcome.ALLOWED for name in names
    }


def test_a_certificate_for_other_uses_is_seen(sabotaged: Sabotaged) -> None:
    (seen,) = sabotaged.mismatches_of("kubesentiment/api", "certificate").values()
    assert seen is Outcome.BROKEN


def test_a_root_token_left_alive_is_seen(sabotaged: Sabotaged) -> None:
    assert sabotaged.mismatches_of("vaultstack", "root token left") == {
        "after the bootstrap": Outcome.ALLOWED
    }


def test_nothing_else_is_reported(sabotaged: Sabotaged) -> None:
    reported = defaultdict(set)
    for result in sabotaged.mismatches:
        reported[result.subject].add(result.operation)
    assert reported == {
        "people/auditors": {"kv read"},
        "kubesentiment/admin": {"kv read", "kv write", "kv change a key", "kv delete"},
        "media-catalog/api": {"log in"},
        "kubesentiment/batch": {"log in", "SQL INSERT"},
        "kubesentiment/api": {
            "AWS knows the key, with the plan's rights",
            "certificate",
            "certificate for another name",
        },
        "people/operators": {"log in"},
        "vaultstack": {"root token left"},
        "vaultstack/provisioner": {"read a secret"},
    }


def test_the_report_names_each_mismatch_and_shows_no_secret(
    sabotaged: Sabotaged, tmp_path: Path
) -> None:
    shown, cells = io.StringIO(), tmp_path / "cells.json"
    report.show(Console(file=shown, width=200), sabotaged.proof.results)
    report.write_json(cells, sabotaged.proof.results)
    text = shown.getvalue()
    for result in sabotaged.mismatches:
        assert f"✗ {result.subject}: {result.operation} {result.resource}" in text
    written = json.loads(cells.read_text())
    assert sum(not cell["ok"] for cell in written) == len(sabotaged.mismatches)
    everything = text + cells.read_text() + repr(sabotaged.proof.results)
    assert len(sabotaged.secrets) > 20
    assert [secret for secret in sabotaged.secrets if secret in everything] == []
    assert "hvs." not in everything


def test_whoever_cannot_log_in_at_all_stops_the_proof_by_name(stage: Stage) -> None:
    done = Sabotage(stage.provisioner)
    with done.undo:
        done.change(
            "auth/kubernetes/role/kubesentiment-batch",
            bound_service_account_namespaces=["kubesentiment-prod"],
        )
        with pytest.raises(
            RehearsalError,
            match=r"kubesentiment/batch cannot log in \(own service account\).*403.*namespace",
        ):
            stage.prove()


def test_an_operator_who_cannot_hand_out_secret_ids_stops_the_proof_by_name(stage: Stage) -> None:
    policies = {policy.name: policy for policy in stage.plan.acl_policies}
    done = Sabotage(stage.provisioner)
    with done.undo:
        less = [
            stanza
            for stanza in policies["people-operators-dev"].stanzas
            if not stanza.path.endswith("/secret-id")
        ]
        done.change("sys/policies/acl/people-operators-dev", policy=hcl.render(less))
        with pytest.raises(
            RehearsalError, match=r"people/operators may hand kubesentiment/ci.*403"
        ):
            stage.prove()


def test_the_matrix_has_everybody_that_these_tests_name() -> None:
    """Or a renamed workload would make a test above mean nothing."""
    labels = {subject.label for subject in subjects_in(MATRIX, Environment.DEV)}
    assert {"people/auditors", "kubesentiment/admin", "kubesentiment/batch"} <= labels

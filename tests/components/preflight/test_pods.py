"""What is asked of a cluster for the sake of pods that call Vault. What is found in one is tried on
a real API server, in tests/live.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import pytest

from components.preflight.pods import PodsProvider, asked
from policies.compile import compile_plan
from policies.environments import Environment
from policies.matrix import MATRIX
from tests.components.settings.loader import Loader, deploying, of_existing
from tests.recording import Runner

PLAN: Final = compile_plan(MATRIX, Environment.STAGING)
JOBS: Final[Mapping[str, object]] = {"jobsImage": "registry.example/jobs:1"}
ACCOUNTS: Final = [f"{one.namespace}/{one.service_account}" for one in PLAN.rotations]
# Where the jobs run, and where they lay secret IDs and restart what they told of a new value.
NAMESPACES: Final = {"vault", "kubesentiment-ci-staging", "media-catalog-staging"}


@pytest.fixture
def loaded(run: Runner) -> Loader:
    return Loader(run)


def questions(loaded: Loader, config: Mapping[str, object]) -> dict[str, Any]:
    found = asked(loaded.of(config), PLAN)
    assert found is not None
    assert set(found) == set(PodsProvider.INPUTS)
    return found


def test_nothing_is_asked_where_no_pod_calls_vault(loaded: Loader) -> None:
    assert asked(loaded.of(deploying("staging")), PLAN) is None
    assert asked(loaded.of(of_existing("staging")), PLAN) is None


def test_jobs_need_their_namespaces_and_accounts_that_nobody_made(loaded: Loader) -> None:
    found = questions(loaded, of_existing("staging", **JOBS, kubernetesContext="a"))
    assert found["accounts"] == [*ACCOUNTS, "vault/snapshots"]
    assert found["namespaces"] == sorted(NAMESPACES)
    assert found["cluster_issuers"] == {}
    assert found["csi"] is False
    # Where the servers are deployed, their namespace is made with them.
    found = questions(loaded, deploying("staging", **JOBS))
    assert found["namespaces"] == sorted(NAMESPACES - {"vault"})


def test_on_files_nobody_takes_snapshots(loaded: Loader) -> None:
    dev = asked(loaded.of(deploying("dev", **JOBS)), compile_plan(MATRIX, Environment.DEV))
    assert dev is not None
    assert "vault/snapshots" not in dev["accounts"]


def test_metrics_need_the_operator_of_prometheus(loaded: Loader) -> None:
    assert questions(loaded, deploying("staging", metrics=True))["metrics"] is True
    assert questions(loaded, deploying("staging", csiProvider=True))["metrics"] is False


@pytest.mark.parametrize(
    ("known", "lacking"),
    [
        ((), "ServiceMonitor and PrometheusRule"),
        (("servicemonitors",), "PrometheusRule"),
        (("servicemonitors", "prometheusrules"), ""),
    ],
)
def test_a_kind_of_the_operators_that_is_not_there_is_named(
    known: tuple[str, ...], lacking: str
) -> None:
    class Knowing:
        def knows(self, _group: str, _version: str, resource: str) -> bool:
            return resource in known

    props = dict.fromkeys(PodsProvider.INPUTS, ()) | {"metrics": True, "cluster_issuers": {}}
    found = list(PodsProvider().problems(Knowing(), props))  # type: ignore[arg-type]
    assert found == (
        [
            (
                f"vaultstack:metrics: the cluster lacks prometheus-operator's {lacking}; fix: "
                "install prometheus-operator, or pulumi config set vaultstack:metrics false"
            )
        ]
        if lacking
        else []
    )


@pytest.mark.parametrize(
    ("given", "issuers"),
    [
        ({}, {"platform": "tlsIssuer"}),
        ({"injectorIssuer": "ClusterIssuer/webhooks"}, {"webhooks": "injectorIssuer"}),
        # It lies in the injector's own namespace, which is made later.
        ({"injectorIssuer": "Issuer/own"}, {}),
    ],
)
def test_the_injector_needs_its_issuer(
    loaded: Loader, given: Mapping[str, object], issuers: Mapping[str, str]
) -> None:
    found = questions(loaded, deploying("staging", agentInjector=True, **given))
    assert found["cluster_issuers"] == {"platform": "tlsIssuer", **issuers}
    assert found["accounts"] == found["namespaces"] == []


def test_a_vault_that_is_there_already_needs_its_injectors_issuer_too(loaded: Loader) -> None:
    config = of_existing(
        "staging", agentInjector=True, kubernetesContext="a", injectorIssuer="ClusterIssuer/b"
    )
    assert questions(loaded, config)["cluster_issuers"] == {"b": "injectorIssuer"}


def test_the_provider_needs_the_driver(loaded: Loader) -> None:
    assert questions(loaded, deploying("staging", csiProvider=True))["csi"] is True


@pytest.mark.parametrize(
    ("given", "limits"),
    [
        ({"agentInjector": True}, []),
        ({"csiProvider": True}, ["csiProvider"]),
        (JOBS, ["jobsImage"]),
        ({"csiProvider": True, **JOBS}, ["csiProvider", "jobsImage"]),
    ],
)
def test_rights_that_are_limited_need_a_cluster_that_limits_them(
    loaded: Loader, given: Mapping[str, object], limits: list[str]
) -> None:
    config = of_existing("staging", kubernetesContext="a", injectorIssuer="ClusterIssuer/b")
    assert questions(loaded, {**config, **given})["limits"] == limits


def test_jobs_that_restart_nothing_need_no_limit(loaded: Loader) -> None:
    quiet = tuple(one for one in PLAN.rotations if one.task["type"] != "kv-key")
    config = of_existing("staging", **JOBS, kubernetesContext="a")
    found = asked(loaded.of(config), replace(PLAN, rotations=quiet))
    assert found
    assert found["limits"] == []

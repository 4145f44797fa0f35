"""How a preflight asks: once, again when a question changes, and in whatever process it is run."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any, Final

import dill
import pytest

from components.cluster.preflight import PreflightProvider
from components.preflight.asking import AskingProvider, Cluster, PreflightError
from components.preflight.pods import PodsProvider

PROVIDERS: Final[tuple[type[AskingProvider], ...]] = (PodsProvider, PreflightProvider)


def test_all_problems_are_in_one_error() -> None:
    error = PreflightError("Vault; nothing was made", ["one: a", "two: b"])
    assert error.problems == ("one: a", "two: b")
    assert str(error).splitlines() == [
        "the Kubernetes cluster is not ready for Vault; nothing was made:",
        "  - one: a",
        "  - two: b",
    ]


@pytest.mark.parametrize("kind", PROVIDERS)
def test_it_asks_again_only_when_a_question_changes(kind: type[AskingProvider]) -> None:
    """And in the process that Pulumi gives it: the engine keeps the provider as a pickle."""
    provider = dill.loads(base64.b64decode(base64.b64encode(dill.dumps(kind()))))
    asked: dict[str, Any] = dict.fromkeys(kind.INPUTS, "")
    assert not provider.diff("vault", asked, asked).changes
    # Where the kubeconfig lies is each machine's own.
    assert not provider.diff("vault", asked, {**asked, "kubeconfig": "/elsewhere"}).changes
    for key in set(kind.INPUTS) - {"kubeconfig"}:
        changed = provider.diff("vault", asked, {**asked, key: "other"})
        assert changed.changes, key
        assert not changed.replaces


@pytest.mark.parametrize("kind", PROVIDERS)
def test_it_says_what_the_cluster_is_to_be_ready_for(kind: type[AskingProvider]) -> None:
    assert "; nothing" in kind.WHAT
    assert {"context", "kubeconfig", "namespace"} <= set(kind.INPUTS)


def test_a_cluster_that_cannot_be_asked_is_one_problem(tmp_path: Any) -> None:
    class Nothing(AskingProvider):
        WHAT = "nothing"

        def problems(self, cluster: Cluster, props: Mapping[str, Any]) -> Iterator[str]:
            raise AssertionError((cluster, props))

    with pytest.raises(PreflightError) as caught:
        Nothing().create({"context": "gone", "kubeconfig": str(tmp_path / "none")})
    (problem,) = caught.value.problems
    assert problem.startswith("vaultstack:kubernetesContext: 'gone' gives no answer to what must")

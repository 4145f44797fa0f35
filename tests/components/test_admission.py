"""Rights smaller than RBAC's: whose requests are judged, and that what cannot be judged is refused.

What the rules refuse is tried at a real API server, in tests/live.
"""

from __future__ import annotations

from typing import Final

import pytest

from components.admission import Limit, Rule, make_limit, text
from tests.components.cluster.deployments import record
from tests.recording import Recording, Runner

GROUP: Final = "kubernetes:admissionregistration.k8s.io/v1"
LIMIT: Final = Limit(
    namespace="shop",
    service_account="job",
    operation="UPDATE",
    api_group="apps",
    resource="deployments",
    rules=(Rule("variables.new == 1", "only one"), Rule("true", "always")),
    variables={"new": "object.spec.replicas"},
)


def made(run: Runner, *, preview: bool = False) -> Recording:
    labels = {"a": "b"}
    return record(
        run, lambda opts: make_limit("limit", "own.shop", labels, LIMIT, opts), preview=preview
    )


def test_one_accounts_requests_are_judged_and_nobody_elses(run: Runner) -> None:
    policy = made(run)["limit-policy"]
    assert policy.type == f"{GROUP}:ValidatingAdmissionPolicy"
    spec = policy.values["spec"]
    (condition,) = spec["matchConditions"]
    assert condition["expression"] == (
        "request.userInfo.username == 'system:serviceaccount:shop:job'"
    )
    (rule,) = spec["matchConstraints"]["resourceRules"]
    assert rule == {
        "apiGroups": ["apps"],
        "apiVersions": ["*"],
        "operations": ["UPDATE"],
        "resources": ["deployments"],
    }


def test_what_does_not_fit_or_cannot_be_judged_is_refused(run: Runner) -> None:
    recording = made(run)
    spec = recording["limit-policy"].values["spec"]
    assert spec["failurePolicy"] == "Fail"
    assert spec["validations"] == [
        {"expression": "variables.new == 1", "message": "only one"},
        {"expression": "true", "message": "always"},
    ]
    assert spec["variables"] == [{"name": "new", "expression": "object.spec.replicas"}]
    binding = recording["limit-binding"]
    assert binding.type == f"{GROUP}:ValidatingAdmissionPolicyBinding"
    assert binding.values["spec"] == {"policyName": "own.shop", "validationActions": ["Deny"]}
    assert "limit-policy" in binding.after


def test_both_are_the_whole_clusters_and_say_whose_they_are(run: Runner) -> None:
    for one in made(run).resources:
        assert one.values["metadata"] == {"name": "own.shop", "labels": {"a": "b"}}


def test_a_preview_shows_them_as_they_will_be(run: Runner) -> None:
    for one in made(run, preview=True).resources:
        assert one.inputs == made(run)[one.name].inputs


def test_text_is_written_as_cel_reads_it() -> None:
    assert text("vault-staging") == "'vault-staging'"


@pytest.mark.parametrize("value", ["it's", "back\\slash", "two\nlines"])
def test_text_that_would_end_or_change_an_expression_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match=r"must be printable and hold neither ' nor .*rename it"):
        text(value)

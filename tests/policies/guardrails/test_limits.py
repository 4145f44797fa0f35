"""Rights that are limited by admission policies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pytest

from policies.environments import Environment
from policies.guardrails.limits import LIMITED
from tests.policies.guardrails.looking import Declared
from tests.policies.guardrails.seeds import said

JOB: Final = "rotations-media-catalog-jwt-secret-restart-only"
CSI: Final = "delivery-csi-access-tokens-only"


def test_the_program_limits_what_it_must(
    programs: Mapping[Environment, list[Declared]], environment: Environment
) -> None:
    assert said(LIMITED.name, *programs[environment], environment=environment) == []


def test_without_limits_both_powers_are_found(prod: Mapping[str, Declared]) -> None:
    left = [one for one in prod.values() if "ValidatingAdmissionPolicy" not in one.type]
    found = said(LIMITED.name, *left)
    assert len(found) == 2
    assert any("could run anything there" in one for one in found)
    assert any("could be that service account for everybody" in one for one in found)
    assert all(one.endswith(LIMITED.repair) for one in found)


@pytest.mark.parametrize("limit", [JOB, CSI])
def test_what_the_api_server_fills_in_is_no_weakness(
    limit: str, prod: Mapping[str, Declared]
) -> None:
    policy = prod[f"{limit}-policy"]
    for path, value in {
        "spec.matchConstraints.matchPolicy": "Equivalent",
        "spec.matchConstraints.namespaceSelector": {},
        "spec.matchConstraints.objectSelector": {},
        "spec.matchConstraints.resourceRules.0.scope": "*",
    }.items():
        policy = policy.changed(path, value)
    assert said(LIMITED.name, *{**prod, f"{limit}-policy": policy}.values()) == []


WEAKER: Final = {
    "refuses nothing": ("-binding", "spec.validationActions", ["Audit"]),
    "only somewhere": ("-binding", "spec.matchResources", {"namespaceSelector": {}}),
    "another's": ("-binding", "spec.policyName", "another"),
    "lets errors pass": ("-policy", "spec.failurePolicy", "Ignore"),
    "asks for nothing": ("-policy", "spec.validations", []),
    "somebody else": (
        "-policy",
        "spec.matchConditions.0.expression",
        "request.userInfo.username == 'another'",
    ),
    "only once in a while": ("-policy", "spec.matchConstraints.resourceRules.0.operations", []),
    "one version": ("-policy", "spec.matchConstraints.resourceRules.0.apiVersions", ["v2"]),
    "by its labels": ("-policy", "spec.matchConstraints.objectSelector", {"matchLabels": {}}),
}


@pytest.mark.parametrize("limit", [JOB, CSI])
@pytest.mark.parametrize("weaker", WEAKER)
def test_a_limit_that_limits_less_is_none(
    weaker: str, limit: str, prod: Mapping[str, Declared]
) -> None:
    part, path, value = WEAKER[weaker]
    changed: dict[str, Any] = {**prod, limit + part: prod[limit + part].changed(path, value)}
    (found,) = said(LIMITED.name, *changed.values())
    assert "no admission policy limits it" in found

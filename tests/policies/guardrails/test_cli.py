"""The pack as Pulumi runs it: its own launcher, and the Analyzer protocol."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping

import pytest
import yaml
from pulumi.runtime.proto import analyzer_pb2

from policies.environments import Environment
from policies.guardrails import __main__ as started
from policies.guardrails.pack import NAME, RULES
from tests.policies.guardrails.launched import FOLDER, Pack, launched
from tests.policies.guardrails.looking import UNKNOWN, Declared

ADVISORY, MANDATORY = analyzer_pb2.ADVISORY, analyzer_pb2.MANDATORY


@pytest.fixture(scope="module")
def packs() -> Iterator[Mapping[Environment, Pack]]:
    with (
        launched({"vaultstack:environment": "dev"}) as dev,
        launched({"vaultstack:environment": "staging"}) as staging,
        launched({"vaultstack:environment": "prod"}) as prod,
    ):
        yield {Environment.DEV: dev, Environment.STAGING: staging, Environment.PROD: prod}


@pytest.fixture(scope="module")
def pack(packs: Mapping[Environment, Pack]) -> Pack:
    return packs[Environment.PROD]


def recorded(program: Mapping[str, Declared]) -> list[Declared]:
    """The audit devices, without which nothing may be in a Vault."""
    return [one for one in program.values() if one.type == "vault:index/audit:Audit"]


def test_importing_it_starts_nothing_and_leaves_the_path_alone() -> None:
    assert not hasattr(started, "PolicyPack")
    assert str(FOLDER) not in sys.path


def test_it_is_named_as_its_project_file_says(pack: Pack) -> None:
    project = yaml.safe_load((FOLDER / "PulumiPolicy.yaml").read_text())
    assert pack.info().name == project["name"] == NAME


def test_it_offers_every_rule_with_what_a_reader_needs(pack: Pack) -> None:
    offered = pack.policies()
    assert set(offered) == {rule.name for rule in RULES}
    for rule in RULES:
        assert offered[rule.name].displayName == rule.says
        assert rule.meaning in offered[rule.name].description
        assert offered[rule.name].remediation_steps == rule.repair
        assert offered[rule.name].severity
        assert set(offered[rule.name].configSchema.properties) == {
            limit.name for limit in rule.limits
        }


def test_the_real_program_passes(
    packs: Mapping[Environment, Pack],
    programs: Mapping[Environment, list[Declared]],
    environment: Environment,
) -> None:
    found = packs[environment].look(programs[environment])
    assert [f"{one.policyName}: {one.message}" for one in found] == []


def test_it_prints_nothing_but_its_port(
    packs: Mapping[Environment, Pack], environment: Environment
) -> None:
    assert packs[environment].process.log.read_text().strip().isdigit()


def test_levels_differ_by_environment(packs: Mapping[Environment, Pack]) -> None:
    levels = {
        environment: pack.policies()["data-protected"].enforcementLevel
        for environment, pack in packs.items()
    }
    assert levels == {
        Environment.DEV: analyzer_pb2.DISABLED,
        Environment.STAGING: MANDATORY,
        Environment.PROD: MANDATORY,
    }


def test_without_a_configuration_it_is_as_strict_as_can_be(pack: Pack) -> None:
    with launched({}) as unknown:
        assert unknown.policies() == pack.policies()


def test_a_seeded_violation_of_one_resource_is_mandatory_and_says_what_to_do(
    pack: Pack, prod: Mapping[str, Declared]
) -> None:
    policy = prod["acl-policy-media-catalog-api-prod"]
    wider = policy.inputs["policy"] + '\npath "sys/policies/acl/*" { capabilities = ["update"] }\n'
    found, unreviewed = pack.look([policy.changed("policy", wider), *recorded(prod)])
    assert (unreviewed.policyName, unreviewed.enforcementLevel) == ("as-reviewed", MANDATORY)
    assert (found.policyName, found.enforcementLevel) == ("acl-not-root", MANDATORY)
    assert found.severity == analyzer_pb2.POLICY_SEVERITY_CRITICAL
    assert found.message == (
        "No ACL policy is as good as root. Its holder can give itself everything there is, in a "
        "few requests.\n"
        "acl-policy-media-catalog-api-prod: is as good as root: update sys/policies/acl/any: it "
        "rewrites an ACL policy that its own token carries, and may do everything from its next "
        "request on. Take the capability away there; only the provisioner, which the bootstrap "
        "installs, may define access"
    )


def test_a_seeded_violation_of_the_stack_names_the_resource(
    pack: Pack, programs: Mapping[Environment, list[Declared]]
) -> None:
    without = [one for one in programs[Environment.PROD] if "bucketVersioning" not in one.type]
    (found,) = pack.look(without)
    assert (found.policyName, found.enforcementLevel) == ("bucket-versioned", MANDATORY)
    assert found.urn.endswith("::cluster-aws-bucket")
    assert "cluster-aws-bucket: no BucketVersioning enables versions" in found.message


def test_marks_of_secrecy_reach_the_rules(pack: Pack, prod: Mapping[str, Declared]) -> None:
    connection = prod["database-connection-kubesentiment"]
    shown = connection.changed("postgresql.password", "not-shown")
    (found,) = pack.look([shown, *recorded(prod)])
    assert (found.policyName, found.enforcementLevel) == ("secrets-marked", MANDATORY)
    assert "postgresql.password is not marked as secret" in found.message
    assert "not-shown" not in found.message


def test_what_a_preview_cannot_know_is_said_and_does_not_stop_it(
    pack: Pack, prod: Mapping[str, Declared]
) -> None:
    (found, *others) = pack.look([prod["cluster-aws-permission"].changed("policy", UNKNOWN)])
    assert found.enforcementLevel == ADVISORY
    assert "during preview: string value at .policy" in found.message
    assert {one.enforcementLevel for one in others} <= {ADVISORY}


def test_a_stack_sets_its_own_limits(prod: Mapping[str, Declared]) -> None:
    with launched({"vaultstack:environment": "prod"}) as pack:
        role = prod["kubernetes-role-kubesentiment"]
        seen = [role, *recorded(prod)]
        assert pack.look(seen) == []
        pack.configure({"token-lifetime": {"longest": "2h"}})
        (found,) = pack.look(seen)
        assert "tokenMaxTtl is 24h, more than 2h" in found.message

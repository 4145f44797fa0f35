"""Three programs' runs for one Vault: together they declare what the one stack does, nothing twice,
and under the same names.
"""

from __future__ import annotations

import runpy
from collections.abc import Mapping
from typing import Any, Final

import pytest
import yaml

from components.bootstrap.ci_login import TOKEN_VARIABLE
from components.settings import SettingsError
from policies.slices import SliceError
from tests.recording import ROOT, Recording, Resource, Runner, configuration

TEAMS: Final = ("media-team", "sentiment-team")
ADDRESS: Final = "https://vault.prod.example.internal:8200"
DECLARED: Final[Mapping[str, Any]] = yaml.safe_load((ROOT / "teams/Pulumi.yaml").read_text())
DEFAULTS: Final = {
    key: one["default"] for key, one in DECLARED["config"].items() if "default" in one
}


def one_stack() -> None:
    runpy.run_path(str(ROOT / "__main__.py"), run_name="__main__")


def of_team() -> None:
    runpy.run_path(str(ROOT / "teams/__main__.py"), run_name="__main__")


@pytest.fixture(autouse=True, scope="module")
def in_ci() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(TOKEN_VARIABLE, "the-runs-token-hidden")
        yield


@pytest.fixture(scope="module")
def whole(run: Runner) -> Recording:
    return run(one_stack, config=configuration("prod"))


@pytest.fixture(scope="module")
def platform(run: Runner) -> Recording:
    return run(one_stack, config=configuration("prod", teamStacks=list(TEAMS)))


def keys(team: str) -> dict[str, object]:
    return {**DEFAULTS, "environment": "prod", "team": team, "vaultAddress": ADDRESS}


@pytest.fixture(scope="module")
def teams(run: Runner) -> Mapping[str, Recording]:
    return {team: run(of_team, config=keys(team)) for team in TEAMS}


def own(recording: Recording) -> dict[str, Resource]:
    """By URN what is no component, and no provider."""
    return {
        resource.urn: resource
        for resource in recording.resources
        if resource.request.custom and not resource.type.startswith("pulumi:providers:")
    }


def test_together_they_declare_what_one_stack_does_and_nothing_twice(
    whole: Recording, platform: Recording, teams: Mapping[str, Recording]
) -> None:
    parts = [own(platform), *(own(recording) for recording in teams.values())]
    assert sum(map(len, parts)) == len(own(whole))
    assert set().union(*parts) == own(whole).keys()
    assert all(len(part) > 5 for part in parts)


def test_what_a_team_declares_is_what_one_stack_does(
    whole: Recording, teams: Mapping[str, Recording]
) -> None:
    """So a resource's state can move from the one to the other."""
    before = own(whole)
    for recording in teams.values():
        for urn, resource in own(recording).items():
            assert resource.inputs == before[urn].inputs
            assert resource.protect == before[urn].protect


def test_what_has_moved_to_a_teams_stack_is_known_there(teams: Mapping[str, Recording]) -> None:
    """`pulumi state move` leaves what it moves without a parent."""
    for recording in teams.values():
        for resource in recording.resources:
            (alias,) = resource.request.aliases
            assert alias.spec.noParent, resource.name


def test_all_of_a_team_is_made_by_its_own_provisioner(teams: Mapping[str, Recording]) -> None:
    for recording in teams.values():
        for resource in own(recording).values():
            if resource.type.startswith("vault:"):
                assert resource.provider == "vault-provisioner"
    assert "vault-initialisation" not in teams["media-team"]


def test_the_platforms_stack_sets_up_the_teams_provisioners(
    whole: Recording, platform: Recording
) -> None:
    before, after = (one["vault-initialisation"].values for one in (whole, platform))
    assert before["teams"] == ""
    for team in TEAMS:
        assert f"provisioner-{team}" in after["teams"]
        assert f"prod-{team}" in after["ci_login"]
        assert f"auth/ci/role/provisioner-{team}" in after["acl"]
    assert {key for key in after if after[key] != before[key]} - {"__provider"} == {
        "acl",
        "ci_login",
        "teams",
    }


def test_its_exports(teams: Mapping[str, Recording]) -> None:
    exports = teams["media-team"].exports
    assert exports["team"] == "media-team"
    assert exports["secretsNotGivenYet"] == ["media-catalog/database: url, password, ssl_mode"]
    assert set(exports) == {"address", "environment", "secretsNotGivenYet", "team"}


@pytest.mark.parametrize("program", [one_stack, of_team])
def test_an_overlap_stops_every_stack_before_it_declares_anything(
    run: Runner, monkeypatch: pytest.MonkeyPatch, program: Any
) -> None:
    def overlap(_plan: object) -> None:
        raise SliceError("teams 'red' and 'blue' overlap")

    monkeypatch.setattr("policies.slices.refuse_overlaps", overlap)
    config = keys("media-team") if program is of_team else configuration("prod", teamStacks=TEAMS)
    with pytest.raises(SettingsError, match="teams 'red' and 'blue' overlap"):
        run(program, config=config)

"""Stacks of teams in CI: which there are, in what order they and the platform's go, and that none
holds up another.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import pytest
import yaml

from policies import team_provisioner
from policies.compile import compile_plan
from policies.environments import Environment
from policies.matrix import MATRIX
from tests.policies.repositories import Repository
from tests.recording import ROOT
from tests.workflows import (
    ENVIRONMENTS,
    SCRIPTS,
    WORKFLOWS,
    as_a_runner,
    executable,
    module_of,
    parsed,
    run_of,
    runs,
    steps,
)

SCRIPT: Final = SCRIPTS / "team_stacks.py"
MEDIA: Final = "teams/Pulumi.prod-media-team.yaml"
PLATFORM: Final = "Pulumi.prod.yaml"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    return module_of(SCRIPT)


def configured(**keys: Any) -> str:
    return yaml.safe_dump({"config": {f"vaultstack:{key}": value for key, value in keys.items()}})


def files(*stacks: str) -> dict[str, str]:
    """Of the platform and these teams' stacks, as they should be."""
    found = {
        f"Pulumi.{environment}.yaml": configured(
            teamStacks=[one.partition("-")[2] for one in stacks if one.startswith(environment)]
        )
        for environment in ENVIRONMENTS
    }
    for one in stacks:
        environment, _, team = one.partition("-")
        found[f"teams/Pulumi.{one}.yaml"] = configured(environment=environment, team=team)
    return found


# --- which there are ---


def test_the_stacks_are_those_of_the_files(script: ModuleType) -> None:
    found = script.stacks_in(files("staging-media-team", "prod-media-team", "dev-a"))
    assert [one.name for one in found] == ["dev-a", "prod-media-team", "staging-media-team"]
    assert [one.environment for one in found] == ["dev", "prod", "staging"]


def test_those_of_this_repository_are_sound(script: ModuleType) -> None:
    paths = [*ROOT.glob("Pulumi.*.yaml"), *ROOT.glob("teams/Pulumi.*")]
    there = {path.relative_to(ROOT).as_posix(): path.read_text() for path in paths}
    assert "teams/Pulumi.yaml" in there
    script.stacks_in(there)


@pytest.mark.parametrize(
    ("path", "text", "rule", "fix"),
    [
        (
            MEDIA,
            configured(environment="staging", team="media-team"),
            "vaultstack:environment must be 'prod', as the file is named, and is 'staging'",
            "pulumi -C teams config set --stack prod-media-team vaultstack:environment prod",
        ),
        (
            MEDIA,
            configured(environment="prod", team="sentiment-team"),
            "vaultstack:team must be 'media-team', as the file is named, and is 'sentiment-team'",
            "pulumi -C teams config set --stack prod-media-team vaultstack:team media-team",
        ),
        (MEDIA, configured(environment="prod"), "and is None", "vaultstack:team media-team"),
        (MEDIA, "", "vaultstack:environment must be 'prod'", "or rename the file"),
        (MEDIA, "config: [", "must be YAML", "let `pulumi config` write it"),
        (PLATFORM, configured(teamStacks=["other-team"]), "names 'media-team'", "add it there"),
        (PLATFORM, configured(), "names 'media-team'", "or remove this file"),
        (PLATFORM, configured(teamStacks="media-team-b"), "must be a YAML list", "add it there"),
        (PLATFORM, configured(teamStacks=1), "must be a YAML list", "add it there"),
        *(
            (f"teams/Pulumi.{name}", "", "must be named Pulumi.<dev|staging|prod>-<team>.yaml", end)
            for end, name in [
                ("rename or remove it", "prod.yaml"),  # that is the platform's
                ("rename or remove it", "test-media-team.yaml"),
                ("rename or remove it", "prod-.yaml"),
                ("rename or remove it", "prod-Media.yaml"),
                ("rename or remove it", "prod-a`b.yaml"),
                # Pulumi reads these, too.
                ("rename or remove it", "prod-media-team.yml"),
                ("rename or remove it", "prod-media-team.json"),
                ("rename or remove it", "json"),
            ]
        ),
    ],
)
def test_a_stack_that_is_not_what_its_name_says_is_refused(
    script: ModuleType, path: str, text: str, rule: str, fix: str
) -> None:
    with pytest.raises(script.StacksError) as refused:
        script.stacks_in({**files("prod-media-team"), path: text})
    assert str(refused.value).startswith(path if path.startswith("teams/") else MEDIA)
    assert rule in str(refused.value)
    assert fix in str(refused.value)


def test_every_problem_is_told(script: ModuleType) -> None:
    wrong = {**files("prod-a", "prod-b"), "teams/Pulumi.x.yaml": "", PLATFORM: configured()}
    with pytest.raises(script.StacksError) as refused:
        script.stacks_in(wrong)
    assert len(str(refused.value).splitlines()) == 3


def test_as_many_as_github_makes_of_one_matrix(script: ModuleType) -> None:
    most = [f"prod-team{number}" for number in range(256)]
    assert len(script.stacks_in(files(*most))) == 256
    with pytest.raises(script.StacksError, match="at most 256 stacks"):
        script.stacks_in(files(*most, "dev-team"))


def test_a_stacks_name_is_the_environment_whose_runs_vault_lets_in(script: ModuleType) -> None:
    assert list(script.ENVIRONMENTS) == ENVIRONMENTS
    plan = compile_plan(MATRIX, Environment.PROD)
    (provisioner,) = team_provisioner.provisioners(plan, ["media-team"])
    assert script.Stack("prod", "media-team").name == provisioner.ci_environment
    assert parsed("deploy-teams")["jobs"]["up"]["environment"] == "${{ matrix.stack }}"


def committed(repository: Repository, files: Mapping[str, str]) -> str:
    for path, text in files.items():
        repository.write(path, text)
    return repository.commit()


BASE: Final = {
    "Makefile": ".venv/locked:\n\tmkdir -p .venv/bin && ln -s $(PYTHON) .venv/bin/python\n",
    ".github/scripts/team_stacks.py": SCRIPT.read_text(),
    "teams/Pulumi.yaml": "name: vaultstack\n",
    "teams/__main__.py": "",
}


def listed(folder: Path, head: str) -> tuple[subprocess.CompletedProcess[str], str]:
    """What the job that lists says for a matrix, its steps run in their order."""
    output = folder.parent / "output"
    for step in steps("preview", "stacks"):
        if "run" in step:
            given = {"BASE": f"{head}^1", "HEAD": head, "PYTHON": sys.executable}
            ended = as_a_runner(step["run"], folder, given | {"GITHUB_OUTPUT": str(output)})
    return ended, output.read_text() if output.exists() else ""


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    folder = tmp_path / "repository"
    folder.mkdir()
    return Repository(folder)


def test_a_change_is_listed_by_the_bases_code_and_read_as_data(repository: Repository) -> None:
    committed(repository, {**BASE, **files("dev-a")})
    own = {".github/scripts/team_stacks.py": "raise SystemExit(9)"}
    head = committed(repository, {**files("dev-a", "prod-media-team"), **own})
    ended, said = listed(repository.root, head)
    assert ended.returncode == 0, ended.stderr
    name, _, value = said.strip().partition("=")
    assert name == "stacks"
    assert json.loads(value) == [
        {"environment": "dev", "stack": "dev-a"},
        {"environment": "prod", "stack": "prod-media-team"},
    ]


def test_where_no_team_has_a_stack_nothing_is_installed_and_nothing_fails(
    repository: Repository,
) -> None:
    committed(repository, {**BASE, **files(), "Makefile": ".venv/locked:\n\texit 1\n"})
    head = committed(repository, {"docs/x.md": ""})
    ended, said = listed(repository.root, head)
    assert (ended.returncode, said) == (0, "stacks=[]\n"), ended.stderr
    assert "needs.stacks.outputs.stacks != '[]'" in parsed("preview")["jobs"]["team-preview"]["if"]


def test_a_stack_that_does_not_fit_fails_the_job_and_says_why(repository: Repository) -> None:
    committed(repository, BASE)
    head = committed(repository, {**files("prod-a"), PLATFORM: configured()})
    ended, said = listed(repository.root, head)
    assert (ended.returncode, said) == (2, "")
    assert ended.stderr.startswith("::error::teams/Pulumi.prod-a.yaml: vaultstack:teamStacks of ")


# --- in which order they go ---

IN_VAULT: Final = "vault:index/policy:Policy"


def removed(kind: str = IN_VAULT) -> dict[str, Any]:
    return {"op": "delete", "oldState": {"type": kind}}


def made(op: str = "create", kind: str = IN_VAULT) -> dict[str, Any]:
    return {"op": op, "newState": {"type": kind}}


SAME: Final = {"op": "same", "oldState": {"type": IN_VAULT}, "newState": {"type": IN_VAULT}}
PROVIDER: Final = "pulumi:providers:random"
STEPS: Final[Mapping[str, list[dict[str, Any]]]] = {
    "unchanged": [SAME],
    "makes": [SAME, made()],
    "changes": [SAME, made("update")],
    "replaces": [made("create-replacement"), made("replace"), {"op": "delete-replaced"}],
    "removes": [SAME, removed()],
    "removes-and-tidies": [removed(), made("update", PROVIDER), removed(PROVIDER)],
    "tidies": [SAME, removed(PROVIDER)],
    "removes-and-makes": [removed(), made()],
    "removes-and-changes": [removed(), made("update")],
}


@pytest.fixture
def pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One that plans as `STEPS` says; the stack `broken` fails."""
    planned = tmp_path / "planned"
    planned.mkdir()
    for name, of_stack in STEPS.items():
        (planned / f"prod-{name}").write_text(json.dumps({"steps": of_stack}))
    executable(
        tmp_path / "pulumi",
        f'echo "$@" >> {tmp_path}/asked\n'
        f'test -f {planned}/"$5" || {{ echo "no $5"; exit 255; }}\n'
        'case "$*" in\n'
        f'  *--json) cat {planned}/"$5" ;;\n'
        '  *) echo "plan of $5" ;;\n'
        "esac",
    )
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ordered(script: ModuleType, folder: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    status = script.main(["preview", "--into", "previews", *arguments])
    lines = (folder / "output").read_text().splitlines()
    return status, {name: json.loads(value) for name, _, value in (x.partition("=") for x in lines)}


def asked(*names: str) -> list[str]:
    return [argument for name in names for argument in ("--stack", f"prod-{name}")]


@pytest.mark.parametrize(
    ("name", "order"),
    [
        ("unchanged", "after"),
        ("makes", "after"),
        ("changes", "after"),
        ("replaces", "after"),
        ("tidies", "after"),
        ("removes", "first"),
        ("removes-and-tidies", "first"),
        ("broken", "failed"),
    ],
)
def test_what_only_removes_goes_before_the_platforms_stack(
    script: ModuleType, pulumi: Path, name: str, order: str
) -> None:
    status, found = ordered(script, pulumi, *asked(name))
    assert found == {"first": [], "after": [], "failed": [], order: [f"prod-{name}"]}
    assert status == (3 if order == "failed" else 0)


@pytest.mark.parametrize("name", ["removes-and-makes", "removes-and-changes"])
def test_what_has_no_order_is_refused(
    script: ModuleType, pulumi: Path, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    assert ordered(script, pulumi, *asked(name))[0] == 2
    assert f"::error::prod-{name}: must not remove and make at once" in capfd.readouterr().err
    # Unless somebody said that what is removed shall stay.
    (pulumi / "output").unlink()
    status, found = ordered(script, pulumi, *asked(name, "removes"), "--platform-first")
    assert (status, found["first"]) == (0, [])
    assert found["after"] == [f"prod-{name}", "prod-removes"]


def test_one_that_fails_stops_no_other_and_is_told(
    script: ModuleType, pulumi: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    status, found = ordered(script, pulumi, *asked("broken", "makes"))
    assert (status, found["after"], found["failed"]) == (3, ["prod-makes"], ["prod-broken"])
    assert "::error::prod-broken: its preview failed" in capfd.readouterr().err
    assert (pulumi / "previews/prod-broken.txt").read_text() == "no prod-broken\n"
    assert (pulumi / "previews/prod-makes.txt").read_text() == "plan of prod-makes\n"


def test_why_only_the_second_look_failed_is_told(
    script: ModuleType, pulumi: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    executable(pulumi / "pulumi", 'case "$*" in *--json) echo "the reason"; exit 255; esac')
    status, found = ordered(script, pulumi, *asked("makes"))
    assert (status, found["failed"]) == (3, ["prod-makes"])
    assert capfd.readouterr().err.startswith("the reason\n")


def test_a_preview_is_of_the_teams_program_under_the_guardrails(
    script: ModuleType, pulumi: Path
) -> None:
    ordered(script, pulumi, *asked("makes"))
    for_people, for_order = (pulumi / "asked").read_text().splitlines()
    assert for_people == (
        "-C teams/ preview --stack prod-makes --non-interactive --color never --diff "
        f"--policy-pack {pulumi}/policies/guardrails"
    )
    assert for_order == "-C teams/ preview --stack prod-makes --non-interactive --json"


def test_an_environments_stacks_are_those_that_were_merged(
    script: ModuleType, pulumi: Path, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    committed(repository, files("prod-makes", "prod-removes", "staging-makes"))
    monkeypatch.chdir(repository.root)
    status, found = ordered(script, pulumi, "--environment", "prod")
    assert (status, found) == (
        0,
        {"first": ["prod-removes"], "after": ["prod-makes"], "failed": []},
    )


# --- the workflows ---


def test_a_teams_preview_is_guarded_as_the_platforms() -> None:
    jobs = parsed("preview")["jobs"]
    team, platform = jobs["team-preview"], jobs["preview"]
    assert team["if"].endswith(platform["if"])
    for key in ("permissions", "environment", "runs-on"):
        assert team[key] == platform[key]
    assert team["strategy"]["matrix"] == {"include": "${{ fromJSON(needs.stacks.outputs.stacks) }}"}
    assert jobs["stacks"]["permissions"] == {"contents": "read"}
    assert "environment" not in jobs["stacks"]
    (look,) = [step for step in steps("preview", "team-preview") if "run" in step]
    assert look["env"]["KUBECONFIG"] == "/dev/null"
    assert "VAULT" not in str(look)
    assert "with-vault-login" not in str(look)


def test_each_team_has_a_comment_of_its_own() -> None:
    (kept,) = [one for one in steps("preview", "team-preview") if "upload" in one.get("uses", "")]
    assert kept["with"]["name"] == "preview-${{ matrix.stack }}"
    assert kept["with"]["path"] == "previews/${{ matrix.stack }}.txt"
    assert '"reports/preview-$stack/$stack.txt"' in runs("preview", "comment")
    assert {"stacks", "team-preview"} <= set(parsed("preview")["jobs"]["comment"]["needs"])


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_teams_go_after_their_environments_platform_and_hold_up_nothing(environment: str) -> None:
    deploy = parsed("deploy")["jobs"]
    teams = deploy[f"{environment}-teams"]
    assert teams["needs"] == environment
    assert f"needs.{environment}.result == 'success'" in teams["if"]
    assert teams["with"] == {
        "environment": environment,
        "stacks": f"${{{{ needs.{environment}.outputs.after }}}}",
        "failed": f"${{{{ needs.{environment}.outputs.failed }}}}",
    }
    assert not any(f"{environment}-teams" in str(one.get("needs")) for one in deploy.values())


def test_removals_go_before_the_platforms_stack_which_waits_for_them() -> None:
    jobs = parsed("deploy-environment")["jobs"]
    assert jobs["removals"]["needs"] == "preview"
    assert jobs["removals"]["if"] == "needs.preview.outputs.first != '[]'"
    assert jobs["removals"]["with"]["stacks"] == "${{ needs.preview.outputs.first }}"
    assert set(jobs["up"]["needs"]) == {"preview", "removals"}
    assert (
        "(needs.removals.result == 'success' || needs.removals.result == 'skipped')"
        in (jobs["up"]["if"])
    )
    outputs = parsed("deploy-environment")["on"]["workflow_call"]["outputs"]
    assert set(outputs) == {"after", "failed"}
    assert set(jobs["preview"]["outputs"]) == {"first", *outputs}


def test_no_teams_failure_stops_another_team() -> None:
    strategy = parsed("deploy-teams")["jobs"]["up"]["strategy"]
    assert strategy["fail-fast"] is False
    assert strategy["max-parallel"] == 10
    assert parsed("deploy-teams")["jobs"]["up"].get("needs") is None


def test_the_page_names_every_workflow_that_a_runner_of_ones_own_may_serve() -> None:
    group = (ROOT / "docs/ci.md").read_text().partition("So put it into a runner")[2]
    served = group.partition("(`--ephemeral`)")[0]
    assert set(re.findall(r"`([a-z-]+)\.yml`", served)) == {
        name for name, path in WORKFLOWS.items() if "vars.DEPLOY_RUNNER" in path.read_text()
    }


def test_a_team_logs_in_as_its_own_run_and_is_deployed_under_the_guardrails() -> None:
    job = parsed("deploy-teams")["jobs"]["up"]
    assert job["permissions"] == {"contents": "read", "id-token": "write"}
    (up,) = [step for step in steps("deploy-teams", "up") if "run" in step]
    assert (
        up["run"]
        .split("\\\n")[0]
        .startswith(
            '.github/scripts/with-vault-login "vault-$ENVIRONMENT" .github/scripts/pulumi-report'
        )
    )
    assert '-C teams up --stack "$STACK" --yes' in up["run"]


@pytest.mark.parametrize(("status", "passes"), [(0, True), (3, True), (1, False), (2, False)])
@pytest.mark.parametrize("first", ["true", "false"])
def test_a_preview_that_fails_does_not_stop_the_platform_and_a_wrong_order_does(
    tmp_path: Path, status: int, passes: bool, first: str
) -> None:
    (step,) = [
        one for one in steps("deploy-environment", "preview") if "team_stacks.py" in run_of(one)
    ]
    (tmp_path / ".venv/bin").mkdir(parents=True)
    executable(
        tmp_path / ".venv/bin/python",
        f'echo "$@" > asked; mkdir previews; touch previews/prod-a.txt previews/prod-b.txt\n'
        f"exit {status}",
    )
    executable(tmp_path / "python3", 'echo "$@" >> said')
    given = {"ENVIRONMENT": "prod", "PLATFORM_FIRST": first, "PATH": f"{tmp_path}:{os.defpath}"}
    ended = as_a_runner(step["run"], tmp_path, given)
    assert (ended.returncode == 0) is passes, ended.stderr
    assert ("--platform-first" in (tmp_path / "asked").read_text()) is (first == "true")
    assert [line.split()[-1] for line in (tmp_path / "said").read_text().splitlines()] == [
        "previews/prod-a.txt",
        "previews/prod-b.txt",
    ]


def test_where_there_is_nothing_to_preview_the_step_passes(tmp_path: Path) -> None:
    (step,) = [
        one for one in steps("deploy-environment", "preview") if "team_stacks.py" in run_of(one)
    ]
    (tmp_path / ".venv/bin").mkdir(parents=True)
    executable(tmp_path / ".venv/bin/python", "exit 0")
    ended = as_a_runner(step["run"], tmp_path, {"ENVIRONMENT": "dev", "PLATFORM_FIRST": "false"})
    assert (ended.returncode, ended.stdout) == (0, ""), ended.stderr


def test_what_could_not_be_previewed_is_not_passed_over(tmp_path: Path) -> None:
    job = parsed("deploy-teams")["jobs"]["failed"]
    assert job["if"] == "inputs.failed != '[]'"
    ended = as_a_runner(job["steps"][0]["run"], tmp_path, {"FAILED": "prod-a"})
    assert ended.returncode == 1
    assert "prod-a" in ended.stdout

"""The workflows hold what docs/ci.md promises, and what they tell people is what was found.

That they are well-formed, and the usual mistakes, are `make lint`'s: actionlint and zizmor.
"""

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import ModuleType
from typing import Any

import pytest
import yaml

from tests.policies.repositories import Repository
from tests.recording import ROOT
from tests.workflows import (
    ENVIRONMENTS,
    GITHUB,
    SCRIPTS,
    WORKFLOWS,
    as_a_runner,
    executable,
    jobs,
    module_of,
    parsed,
    run_of,
    runs,
    steps,
)

WHOLE_SHA = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}")


def permissions() -> Iterator[tuple[str, str, str]]:
    for workflow, name, job in jobs():
        for permission, level in job.get("permissions", {}).items():
            yield f"{workflow}.{name}", permission, level


# --- supply chain and rights ---


def test_there_is_a_workflow_for_each_purpose() -> None:
    assert {"check", "preview", "deploy", "drift"} <= set(WORKFLOWS)


@pytest.mark.parametrize(
    "file", [*WORKFLOWS.values(), GITHUB / "actions/pulumi/action.yml"], ids=lambda file: file.stem
)
def test_every_action_is_pinned_by_commit_and_tells_its_version(file: Path) -> None:
    for line in re.findall(r"^\s*(?:- )?uses: (.*)$", file.read_text(), re.MULTILINE):
        action, _, comment = line.partition(" # ")
        assert action.startswith("./.github/") or (
            WHOLE_SHA.fullmatch(action) and re.fullmatch(r"v\d+\.\d+\.\d+", comment)
        ), line


def test_an_action_has_one_version_everywhere() -> None:
    used = re.findall(
        r"uses: (\S+)@(\S+ # \S+)",
        "\n".join(path.read_text() for path in GITHUB.rglob("*.yml")),
    )
    versions: dict[str, set[str]] = {}
    for action, version in used:
        versions.setdefault(action, set()).add(version)
    assert len(versions) >= 6
    assert {action: found for action, found in versions.items() if len(found) > 1} == {}


@pytest.mark.parametrize("name", WORKFLOWS)
def test_no_right_is_given_to_a_whole_workflow(name: str) -> None:
    assert parsed(name)["permissions"] == {}


def test_who_may_write_is_known_and_runs_no_code_of_a_pull_request() -> None:
    writers = {(job, right) for job, right, level in permissions() if level == "write"}
    assert writers - {(job, right) for job, right in writers if right == "id-token"} == {
        ("preview.comment", "pull-requests"),
        ("drift.tell", "issues"),
    }
    (checkout, _, commenting) = steps("preview", "comment")
    assert checkout["with"]["ref"] == "${{ github.base_ref }}"
    assert set(re.findall(r"[\w./-]+\.py", commenting["run"])) == {".github/scripts/say.py"}


def test_no_workflow_holds_a_stored_secret() -> None:
    for path in GITHUB.rglob("*.yml"):
        assert "secrets." not in path.read_text(), path
        assert "secrets: inherit" not in path.read_text(), path


def test_nothing_of_a_pull_request_runs_with_the_rights_of_the_base() -> None:
    for name in WORKFLOWS:
        assert not {"pull_request_target", "workflow_run", "issue_comment"} & set(
            parsed(name)["on"]
        ), name


def test_who_takes_anything_from_a_cache_can_do_nothing_with_it() -> None:
    """Whatever was merged may have written it."""
    cached = [
        (f"{workflow}.{name}", job.get("permissions"), job.get("environment"))
        for workflow, name, job in jobs()
        if any("actions/cache" in step.get("uses", "") for step in job.get("steps", ()))
    ]
    assert cached
    for job, rights, environment in cached:
        assert (rights, environment) == ({"contents": "read"}, None), job
    # What other actions keep by themselves is a cache, too.
    for path in GITHUB.rglob("*.yml"):
        assert not re.search(r"^\s+cache(?:-dependency-path)?:", path.read_text(), re.MULTILINE)


def test_no_checkout_leaves_its_token_behind() -> None:
    checkouts = [
        step
        for _, _, job in jobs()
        for step in job.get("steps", [])
        if step.get("uses", "").startswith("actions/checkout@")
    ]
    assert len(checkouts) >= 6
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_every_job_that_runs_ends_by_itself() -> None:
    assert [
        (workflow, name)
        for workflow, name, job in jobs()
        if "uses" not in job and not job.get("timeout-minutes")
    ] == []


# --- check ---


def test_check_does_what_ci_does_and_needs_no_right_but_to_read() -> None:
    assert steps("check", "check")[-1]["run"] == "bash .ci/run"
    assert parsed("check")["jobs"]["check"]["permissions"] == {"contents": "read"}


# --- preview ---


def test_a_preview_asks_neither_vault_nor_the_cluster_and_may_not_log_in() -> None:
    for workflow in ("preview", "deploy-environment"):
        (preview,) = [step for step in steps(workflow, "preview") if "preview.txt" in run_of(step)]
        assert preview["env"]["KUBECONFIG"] == "/dev/null"
        assert "--exclude '**::pki-root'" in preview["run"]
        assert "with-vault-login" not in runs(workflow, "preview")
        assert "VAULT" not in str([step.get("env") for step in steps(workflow, "preview")])


def test_a_previews_environment_is_not_one_that_vault_lets_in() -> None:
    """Vault's role is bound to the environment's name (`ciEnvironments`); the run's own token says
    where it runs, whatever the pull request's code does with it.
    """
    assert parsed("preview")["jobs"]["preview"]["environment"] == (
        "preview-${{ matrix.environment }}"
    )
    assert parsed("deploy-environment")["jobs"]["up"]["environment"] == "${{ inputs.environment }}"


def test_every_environment_is_previewed_and_commented_on() -> None:
    assert parsed("preview")["jobs"]["preview"]["strategy"]["matrix"]["environment"] == ENVIRONMENTS
    assert f"for stack in {' '.join(ENVIRONMENTS)}; do" in runs("preview", "comment")


def test_forks_are_given_no_cloud_role_and_no_comment_but_a_review() -> None:
    of_preview = parsed("preview")["jobs"]
    ours = "github.event.pull_request.head.repo.full_name == github.repository"
    assert ours in of_preview["preview"]["if"]
    assert ours in of_preview["comment"]["if"]
    for job in ("preview", "comment"):
        assert "user.login != 'dependabot[bot]'" in of_preview[job]["if"]
    assert "if" not in of_preview["review"]
    # What a job may do that runs for everybody.
    assert of_preview["review"]["permissions"] == {"contents": "read"}
    assert "permissions" not in of_preview["approval"] | of_preview["access"]


def test_the_reviewer_is_the_bases_own() -> None:
    """Nothing runs before the base is there, and the change is only named after that."""
    checkout, back, *rest = steps("access-review", "review")
    assert checkout["uses"].startswith("actions/checkout@")
    assert (back["run"], back["env"]) == (
        'git switch --quiet --detach "$BASE"',
        {"BASE": "${{ inputs.base }}"},
    )
    (review,) = [step for step in rest if "policies review" in run_of(step)]
    assert '--base HEAD --head "$HEAD"' in review["run"]
    assert parsed("preview")["jobs"]["review"]["with"] == {
        "base": "${{ github.sha }}^1",
        "head": "${{ github.sha }}",
    }


def test_the_reviewer_that_runs_is_the_one_before_the_merge(tmp_path: Path) -> None:
    """The steps in their order, in a repository whose pull request brings a reviewer of its own."""

    git = Repository(tmp_path).git

    def reviewer(version: str) -> None:
        (tmp_path / "Makefile").write_text(
            ".venv/locked:\n\tmkdir -p .venv/bin && cp reviewer .venv/bin/python\n"
        )
        # Says who it is, and what it was told to compare.
        said = f'echo "{version}" $(git rev-parse HEAD "$7") > review.md'
        executable(tmp_path / "reviewer", said)
        git("add", "--all")
        git("commit", "--quiet", "--message", version)

    reviewer("before")
    git("switch", "--quiet", "--create", "change")
    reviewer("of the change")
    git("switch", "--quiet", "main")
    (tmp_path / "meanwhile").touch()
    git("add", "--all")
    git("commit", "--quiet", "--message", "meanwhile")
    base = git("rev-parse", "HEAD")
    git("merge", "--quiet", "--no-ff", "--message", "merge", "change")
    merge = git("rev-parse", "HEAD")
    files = {"GITHUB_OUTPUT": tmp_path / "output", "GITHUB_STEP_SUMMARY": tmp_path / "summary"}
    for step in steps("access-review", "review"):
        if "run" in step:
            given = {"BASE": f"{merge}^1", "HEAD": merge}
            ended = as_a_runner(step["run"], tmp_path, given | _strings(files))
            assert ended.returncode == 0, ended.stderr
    assert files["GITHUB_STEP_SUMMARY"].read_text().split() == ["before", base, merge]


@pytest.mark.parametrize(
    ("said", "report", "passes"),
    [(0, "none", True), (1, "some", True), (2, "much", True), (1, "", False), (3, "some", False)],
)
def test_the_reviews_status_is_handed_on_and_a_review_that_broke_is_none(
    tmp_path: Path, said: int, report: str, passes: bool
) -> None:
    (review,) = [s for s in steps("access-review", "review") if "policies review" in run_of(s)]
    python = tmp_path / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(f"#!/bin/sh\nprintf '{report}' > review.md\nexit {said}\n")
    python.chmod(0o755)
    files = {"GITHUB_OUTPUT": tmp_path / "output", "GITHUB_STEP_SUMMARY": tmp_path / "summary"}
    ended = as_a_runner(review["run"], tmp_path, {"HEAD": "abc"} | _strings(files))
    assert (ended.returncode == 0) is passes
    if passes:
        digest = hashlib.sha256(report.encode()).hexdigest()
        assert files["GITHUB_OUTPUT"].read_text() == f"status={said}\ndigest={digest}\n"
        assert files["GITHUB_STEP_SUMMARY"].read_text() == report
    else:
        assert not files["GITHUB_OUTPUT"].exists()


@pytest.mark.parametrize(
    ("review", "status", "approval", "passes"),
    [
        ("success", "0", "skipped", True),
        ("success", "1", "skipped", True),
        ("success", "2", "success", True),
        ("success", "2", "failure", False),
        ("success", "2", "skipped", False),
        ("success", "2", "cancelled", False),
        ("success", "", "skipped", False),
        ("failure", "", "skipped", False),
        ("failure", "0", "skipped", False),
        ("cancelled", "", "skipped", False),
    ],
)
def test_what_needs_an_approver_does_not_pass_without_one(
    tmp_path: Path, review: str, status: str, approval: str, passes: bool
) -> None:
    gate = parsed("preview")["jobs"]["access"]
    assert gate["if"] == "always()"
    assert gate["needs"] == ["review", "approval"]
    given = {"REVIEW": review, "STATUS": status, "APPROVAL": approval}
    assert set(gate["steps"][0]["env"]) == set(given)
    assert (as_a_runner(gate["steps"][0]["run"], tmp_path, given).returncode == 0) is passes


@pytest.mark.parametrize(
    ("digest", "shown"),
    [(hashlib.sha256(b"the report").hexdigest(), True), ("0" * 64, False), ("", False)],
)
def test_a_report_that_another_job_put_in_its_place_is_not_shown(
    tmp_path: Path, digest: str, shown: bool
) -> None:
    (_, _, commenting) = steps("preview", "comment")
    assert commenting["env"]["DIGEST"] == "${{ needs.review.outputs.digest }}"
    report = tmp_path / "reports/access-review/review.md"
    report.parent.mkdir(parents=True)
    report.write_text("the report")
    executable(tmp_path / "python3", 'echo "$@"')
    given = {"NUMBER": "1", "COMMIT": "abc", "DIGEST": digest, "TEAMS": "prod-media-team"}
    given["PATH"] = f"{tmp_path}:{os.defpath}"
    ended = as_a_runner(commenting["run"], tmp_path, given)
    assert ended.returncode == 0, ended.stderr
    assert report.exists() is shown
    assert ("::error::" in ended.stdout) is not shown
    assert "--key access-review" in ended.stdout  # which says that there is none
    assert "--key preview-prod --" in ended.stdout
    assert "--key preview-prod-media-team --" in ended.stdout
    assert ended.stdout.endswith(" reports/preview-prod-media-team/prod-media-team.txt\n")


def test_the_approval_is_asked_for_just_at_status_2() -> None:
    approval = parsed("preview")["jobs"]["approval"]
    assert approval["environment"] == "access-review"
    assert approval["if"] == "needs.review.outputs.status == '2'"


# --- deploy and drift ---


def test_environments_are_deployed_in_turn_after_the_review() -> None:
    deploy = parsed("deploy")["jobs"]
    assert [name for name in deploy if name in ENVIRONMENTS] == ENVIRONMENTS
    needed = {name: deploy[name]["needs"] for name in ENVIRONMENTS}
    assert needed == {"dev": "review", "staging": ["review", "dev"], "prod": "staging"}
    assert {deploy[name]["with"]["environment"] for name in ENVIRONMENTS} == set(ENVIRONMENTS)
    assert "needs.staging.result == 'success'" in deploy["prod"]["if"]
    assert set(parsed("deploy")["on"]) == {"push", "workflow_dispatch"}
    assert parsed("deploy")["on"]["push"] == {"branches": ["main"]}


def test_a_deployment_is_previewed_before_it_is_approved_and_never_broken_off() -> None:
    up = parsed("deploy-environment")["jobs"]["up"]
    assert "preview" in up["needs"]
    assert "needs.preview.result == 'success'" in up["if"]
    assert parsed("deploy")["concurrency"]["cancel-in-progress"] is False


@pytest.mark.parametrize(
    ("workflow", "job"),
    [("deploy-environment", "up"), ("drift", "compare"), ("drift", "inventory")],
)
def test_who_goes_to_vault_has_just_the_jobs_own_token(workflow: str, job: str) -> None:
    assert '.github/scripts/with-vault-login "vault-$STACK"' in runs(workflow, job)
    assert parsed(workflow)["jobs"][job]["permissions"] == {
        "contents": "read",
        "id-token": "write",
    }


def test_drift_looks_at_what_is_there_and_fails_at_any_difference() -> None:
    assert "--refresh --expect-no-changes" in runs("drift", "compare")
    assert list(parsed("drift")["on"]) == ["schedule", "workflow_dispatch"]


def test_the_inventory_runs_where_nothing_but_looking_is_allowed() -> None:
    """Its environment is one that Vault's role for looking is bound to, and the provisioner's is
    not; and it becomes no role of the cloud.
    """
    job = parsed("drift")["jobs"]["inventory"]
    assert job["environment"] == "attest-${{ matrix.environment }}"
    for environment in job["strategy"]["matrix"]["environment"]:
        stack = yaml.safe_load((ROOT / f"Pulumi.{environment}.yaml").read_text())["config"]
        assert stack["vaultstack:ciAttestEnvironments"] == [f"attest-{environment}"]
        assert f"attest-{environment}" not in stack["vaultstack:ciEnvironments"]
    assert not any("AWS_ROLE" in str(step) for step in steps("drift", "inventory"))
    assert '.venv/bin/python -m attest --env "$STACK"' in runs("drift", "inventory")


def test_what_drift_and_the_inventory_find_is_told_by_a_job_of_this_workflow() -> None:
    workflow = parsed("drift")["jobs"]
    told = runs("drift", "tell")
    for name in ("compare", "inventory"):
        title = workflow[name]["name"].replace("${{ matrix.environment }}", "$stack")
        assert f'--job "{title}"' in told
        assert name in workflow["tell"]["needs"]
        (kept,) = (one for one in steps("drift", name) if "upload-artifact" in one.get("uses", ""))
        folder = kept["with"]["name"].replace("${{ matrix.environment }}", "$stack")
        assert f'"reports/{folder}/' in told


def test_pulumi_runs_under_the_guardrails_wherever_it_runs() -> None:
    for workflow, name, job in jobs():
        for step in job.get("steps", []):
            assert "pulumi preview" not in run_of(step), (workflow, name)
            assert "pulumi up" not in run_of(step), (workflow, name)
    assert '--policy-pack "$PWD/policies/guardrails"' in (SCRIPTS / "pulumi-report").read_text()


def test_pulumi_comes_in_the_version_of_its_sdk(tmp_path: Path) -> None:
    action = yaml.safe_load((GITHUB / "actions/pulumi/action.yml").read_text())
    (packages,) = [step for step in action["runs"]["steps"] if step.get("id") == "packages"]
    (tmp_path / "requirements.lock").write_text((ROOT / "requirements.lock").read_text())
    (tmp_path / "Makefile").write_text(".venv/locked: ;\n")
    as_a_runner(packages["run"], tmp_path, {"GITHUB_OUTPUT": str(tmp_path / "output")})
    said = (tmp_path / "output").read_text()
    assert re.fullmatch(r"pulumi=\d+\.\d+\.\d+\n", said)
    assert f"\n{said.strip().replace('=', '==')} " in (ROOT / "requirements.lock").read_text()


def _owned() -> dict[str, str]:
    """Path -> team, in the file's order."""
    lines = (GITHUB / "CODEOWNERS").read_text().splitlines()
    rules = (line.split() for line in lines if line and not line.startswith("#"))
    return {rule[0]: rule[1] for rule in rules}


def _owner(file: str) -> str:
    """As GitHub finds it: the last that matches."""
    return [
        team
        for path, team in _owned().items()
        if path in ("*", file) or (path.endswith("/") and file.startswith(path))
    ][-1]


def test_owners_are_of_what_is_there() -> None:
    default, *paths = _owned()
    assert default == "*"
    assert not [path for path in paths if "*" in path]
    for path in paths:
        assert (ROOT / path.removeprefix("/")).exists(), path


def test_security_owns_who_may_what_and_what_judges_it() -> None:
    """The reviewer is the base's code: what is merged without them judges what comes next."""
    judging = [path for path in (ROOT / "policies").rglob("*") if path.is_file()]
    given = [ROOT / "Pulumi.staging.yaml", ROOT / "Pulumi.prod.yaml", ROOT / "Pulumi.yaml"]
    run_with = [ROOT / "requirements.lock", ROOT / "pyproject.toml", ROOT / "Makefile"]
    making = [ROOT / "__main__.py", ROOT / "components/acl.py", ROOT / "components/auth/oidc.py"]
    repairing = [ROOT / "upkeep/__main__.py", ROOT / "jobs/Containerfile", ROOT / ".ci/run"]
    for one in (*judging, *given, *run_with, *making, *repairing, GITHUB / "workflows/preview.yml"):
        file = f"/{one.relative_to(ROOT).as_posix()}"
        assert _owner(file) == "@acme/security", file


@pytest.mark.parametrize(
    "file",
    [
        "/yaml.py",  # imported in place of the package: the root is first on the path
        "/hvac/__init__.py",
        "/sitecustomize.py",
        "/Pulumi.json",  # Pulumi reads it before Pulumi.yaml
        "/Pulumi.prod.json",
        "/Pulumi.prod.yml",
        "/.github/CODEOWNERS",
        "/.gitattributes",
        "/components/new/__init__.py",
    ],
)
def test_a_file_that_nobody_thought_of_is_securitys(file: str) -> None:
    assert _owner(file) == "@acme/security"


def test_what_needs_no_security_reviewer_is_named() -> None:
    assert _owner("/docs/load.md") == "@acme/platform"
    # Applied as it lies there; typed in by whoever holds a root token.
    assert _owner("/docs/rolling-rights.yaml") == "@acme/security"
    assert _owner("/docs/runbooks/regenerate-root.md") == "@acme/security"
    assert _owner("/rehearsal/report.py") == "@acme/platform"
    assert _owner("/tests/policies/test_hcl.py") == "@acme/security"
    assert _owner("/teams/Pulumi.prod-media-team.yaml") == "@acme/security"


# --- scripts ---


def test_pulumi_fails_where_it_fails_and_its_report_is_whole(tmp_path: Path) -> None:
    executable(tmp_path / "pulumi", "echo $@; echo broken >&2; exit 7")
    ended = subprocess.run(
        [SCRIPTS / "pulumi-report", "out.txt", "preview", "--stack", "dev"],
        cwd=tmp_path,
        env={"PATH": f"{tmp_path}:{os.defpath}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 7
    said = (tmp_path / "out.txt").read_text()
    assert said.startswith("preview --stack dev --non-interactive")
    assert said.endswith("broken\n")
    assert ended.stdout == said


class _TokenServer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        allowed = self.headers["Authorization"] == "bearer asked-with"
        self.send_response(200 if allowed else 401)
        self.end_headers()
        audience = self.path.partition("audience=")[2]
        self.wfile.write(json.dumps({"value": f"token-for-{audience}"}).encode())

    def log_message(self, *_: object) -> None:
        """Nothing on the test's output."""


@pytest.fixture
def token_url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _TokenServer) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/token?api-version=2"
        server.shutdown()


def _with_login(environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [SCRIPTS / "with-vault-login", "vault-prod", "env"],
        env={"PATH": os.defpath, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_job_logs_in_with_its_own_token_and_can_ask_for_no_other(token_url: str) -> None:
    ended = _with_login(
        {
            "ACTIONS_ID_TOKEN_REQUEST_URL": token_url,
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "asked-with",
        }
    )
    assert ended.returncode == 0, ended.stderr
    masked, *environment = ended.stdout.splitlines()
    assert masked == "::add-mask::token-for-vault-prod"
    assert "TERRAFORM_VAULT_AUTH_JWT=token-for-vault-prod" in environment
    assert not [line for line in environment if line.startswith("ACTIONS_ID_TOKEN")]


def test_a_job_that_is_refused_a_token_runs_nothing(token_url: str) -> None:
    refused = _with_login(
        {"ACTIONS_ID_TOKEN_REQUEST_URL": token_url, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "wrong"}
    )
    assert refused.returncode != 0
    assert "TERRAFORM_VAULT_AUTH_JWT" not in refused.stdout
    without = _with_login({})
    assert (without.returncode, without.stdout) == (1, "")
    assert "give it the permission id-token: write" in without.stderr


class GitHub:
    """A `gh` that answers from files and remembers what was sent."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.answers: dict[str, Any] = {}

    def answer(self, path: str, *items: Any) -> None:
        self.answers[path] = [list(items)]

    def gh(self, *arguments: str, given: str = "") -> str:
        if "--method" not in arguments:
            return json.dumps(self.answers.get(arguments[-1], [[]]))
        _, method, path, *_ = arguments
        with (self.folder / "sent").open("a") as sent:
            sent.write(json.dumps([method, path, json.loads(given)]) + "\n")
        return ""

    @property
    def sent(self) -> list[tuple[str, str, dict[str, str]]]:
        path = self.folder / "sent"
        lines = path.read_text().splitlines() if path.exists() else []
        return [tuple(json.loads(line)) for line in lines]


@pytest.fixture(scope="module")
def say() -> ModuleType:
    return module_of(SCRIPTS / "say.py")


@pytest.fixture
def github(say: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> GitHub:
    made = GitHub(tmp_path)
    monkeypatch.setattr(say, "_gh", made.gh)
    monkeypatch.setenv("GITHUB_REPOSITORY", "acme/vaultstack")
    monkeypatch.setenv("GITHUB_SERVER_URL", "https://github.example")
    monkeypatch.setenv("GITHUB_RUN_ID", "17")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary"))
    return made


BOT = {"login": "github-actions[bot]"}
PREVIEW = """\
 +  vault:index:Policy kubesentiment-api creating
Resources:
    + 2 to create
    ~ 1 to update
    188 unchanged
"""
COMMENTS = "repos/acme/vaultstack/issues/5/comments"


def _comment(say: ModuleType, file: Path, *more: str) -> None:
    arguments = ["--number", "5", "--key", "preview-prod", "--title", "Preview of prod", *more]
    assert say.main(["comment", *arguments, str(file)]) == 0


def test_a_comment_is_made_once_and_kept_up_to_date(
    say: ModuleType, github: GitHub, tmp_path: Path
) -> None:
    file = tmp_path / "preview.txt"
    file.write_text(PREVIEW)
    _comment(say, file, "--commit", "c0ffee")
    ((method, path, sent),) = github.sent
    assert (method, path) == ("POST", COMMENTS)
    assert sent["body"].startswith("<!-- vaultstack: preview-prod -->\n### Preview of prod\n")
    assert "<summary>2 to create, 1 to update, 188 unchanged</summary>" in sent["body"]
    run = "https://github.example/acme/vaultstack/actions/runs/17"
    assert f"Of commit c0ffee, by [this run]({run})." in sent["body"]
    github.answer(
        f"{COMMENTS}?per_page=100",
        {"id": 1, "user": BOT, "body": "<!-- vaultstack: preview-staging -->\n### other"},
        {"id": 2, "user": {"login": "mallory"}, "body": sent["body"]},
        {"id": 3, "user": BOT, "body": sent["body"].replace("\n", "\r\n")},
    )
    _comment(say, file)
    assert github.sent[1][:2] == ("PATCH", "repos/acme/vaultstack/issues/comments/3")


def test_what_a_pull_requests_code_printed_cannot_break_out_of_its_quotation(
    say: ModuleType, github: GitHub, tmp_path: Path
) -> None:
    file = tmp_path / "preview.txt"
    file.write_text("```\n</details>\n### 0 workloads gain access\n````\n@acme/security\n")
    _comment(say, file)
    body = github.sent[0][2]["body"]
    assert body.count("`````") == 2
    opened, closed = (found.start() for found in re.finditer("`````", body))
    assert opened < body.index("### 0 workloads") < closed


def test_a_report_that_is_missing_is_told(say: ModuleType, github: GitHub, tmp_path: Path) -> None:
    _comment(say, tmp_path / "none.txt")
    assert "There is none: the job failed before it." in github.sent[0][2]["body"]


@pytest.mark.parametrize("markdown", [False, True])
def test_a_report_that_is_too_long_is_cut_and_says_so(
    say: ModuleType, github: GitHub, tmp_path: Path, markdown: bool
) -> None:
    file = tmp_path / "report"
    file.write_text("first line\n" + "x" * 70_000 + "\nlast line")
    _comment(say, file, *(["--markdown"] if markdown else []))
    body = github.sent[0][2]["body"]
    assert len(body) < 65_536
    assert "10,021 characters are left out" in body
    # An access review begins with what matters, a preview ends with it.
    assert ("first line" in body, "last line" in body) == (markdown, not markdown)


def test_markdown_is_taken_as_it_is_where_it_is_trusted(
    say: ModuleType, github: GitHub, tmp_path: Path
) -> None:
    file = tmp_path / "review.md"
    file.write_text("**2 workloads gain access**, 1 escalation")
    _comment(say, file, "--markdown")
    assert "\n\n**2 workloads gain access**, 1 escalation\n\n" in github.sent[0][2]["body"]


def test_a_summary_is_added_to_the_runs_page(
    say: ModuleType, github: GitHub, tmp_path: Path
) -> None:
    (tmp_path / "summary").write_text("before\n")
    file = tmp_path / "preview.txt"
    file.write_text(PREVIEW)
    say.main(["summary", "--title", "Preview of prod", str(file)])
    assert (tmp_path / "summary").read_text().startswith("before\n### Preview of prod\n")
    assert github.sent == []


ISSUES = "repos/acme/vaultstack/issues"


@pytest.mark.parametrize(
    ("ended", "there", "sent"),
    [
        ("failure", False, ("POST", ISSUES, {"title", "body"})),
        ("failure", True, ("PATCH", f"{ISSUES}/9", {"body"})),
        ("success", True, ("PATCH", f"{ISSUES}/9", {"state"})),
        ("success", False, None),
        ("cancelled", True, None),
    ],
)
def test_drift_is_an_issue_while_it_lasts(
    say: ModuleType,
    github: GitHub,
    tmp_path: Path,
    ended: str,
    there: bool,
    sent: tuple[str, str, set[str]] | None,
) -> None:
    github.answers["repos/acme/vaultstack/actions/runs/17/jobs"] = [
        {"jobs": [{"name": "Compare prod", "conclusion": ended}]},
        {"jobs": [{"name": "Compare staging", "conclusion": "success"}]},
    ]
    if there:
        known = {"number": 9, "user": BOT, "body": "<!-- vaultstack: drift-prod -->\nold"}
        github.answer(f"{ISSUES}?state=open&per_page=100", known)
    file = tmp_path / "drift.txt"
    file.write_text(PREVIEW)
    arguments = ["--key", "drift-prod", "--title", "Drift in prod", "--job", "Compare prod"]
    say.main(["issue", *arguments, str(file)])
    assert [(method, path, set(body)) for method, path, body in github.sent] == (
        [sent] if sent else []
    )


def test_a_job_that_this_run_has_not_is_an_error(say: ModuleType, github: GitHub) -> None:
    github.answers["repos/acme/vaultstack/actions/runs/17/jobs"] = [{"jobs": []}]
    with pytest.raises(SystemExit, match="0 jobs named 'Compare prod'"):
        say.conclusion("Compare prod")


def test_gh_is_told_in_json_on_its_input_and_not_in_arguments(
    say: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    executable(tmp_path / "gh", 'echo "$@" > asked; cat > given')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.defpath}")
    say._send("POST", "repos/acme/vaultstack/issues", {"title": "T", "body": "much"})
    assert (tmp_path / "asked").read_text() == (
        "api --method POST repos/acme/vaultstack/issues --input -\n"
    )
    assert json.loads((tmp_path / "given").read_text()) == {"title": "T", "body": "much"}


def test_the_script_runs_by_its_path_with_nothing_installed() -> None:
    ended = subprocess.run(
        [sys.executable, "-I", "-S", SCRIPTS / "say.py", "--help"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0
    assert "hidden marker" in ended.stdout


def _strings(paths: Mapping[str, Path]) -> dict[str, str]:
    return {name: str(path) for name, path in paths.items()}

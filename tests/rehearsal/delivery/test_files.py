from __future__ import annotations

import pytest

from rehearsal.delivery.annotations import PREFIX, Annotations
from rehearsal.delivery.files import File, files_of
from rehearsal.errors import RehearsalError


def files(default: str = "map", /, **said: str) -> tuple[File, ...]:
    annotations = Annotations({f"{PREFIX}{n.replace('_', '-')}": v for n, v in said.items()})
    found = files_of(annotations, "/vault/secrets", default)
    annotations.require_all_read()
    return found


def test_a_file_is_named_as_its_annotation_ends() -> None:
    (file,) = files(agent_inject_secret_db="database/creds/x", agent_inject_template_db="T")
    assert file == File("db", "/vault/secrets", "/vault/secrets/db", "T", "database/creds/x")


def test_details() -> None:
    (file,) = files(
        agent_inject_secret_db="p",
        agent_inject_template_db="T",
        agent_inject_file_db="/deep/db.env",
        agent_inject_perms_db="0400",
        agent_inject_command_db="touch x",
        agent_template_left_delim_db="<<",
        agent_template_right_delim_db=">>",
        error_on_missing_key_db="true",
        secret_volume_path_db="/app",
    )
    assert file == File(
        "db", "/app", "/app/deep/db.env", "T", "p", "<<", ">>", "touch x", "0400", True
    )


@pytest.mark.parametrize(
    ("kind", "template"),
    [
        (
            "map",
            (
                '{{ with secret "a/b" }}{{ range $k, $v := .Data }}'
                "{{ $k }}: {{ $v }}\n{{ end }}{{ end }}"
            ),
        ),
        ("JSON", '{{ with secret "a/b" }}{{ .Data | toJSON }}\n{{ end }}'),
    ],
)
def test_without_a_template_all_fields_are_written(kind: str, template: str) -> None:
    (file,) = files(kind, agent_inject_secret_x="a/b")
    assert file.template == template


def test_a_pod_overrules_the_default_template() -> None:
    (file,) = files("map", agent_inject_secret_x="a", agent_inject_default_template="json")
    assert "toJSON" in file.template
    with pytest.raises(RehearsalError, match="'yaml' is neither map nor json"):
        files(agent_inject_secret_x="a", agent_inject_default_template="yaml")


def test_a_template_alone_is_a_file_and_an_empty_one_is_none() -> None:
    assert [file.name for file in files(agent_inject_template_x="T")] == ["x"]
    assert files(agent_inject_template_x=" ", agent_inject_secret_y="") == ()


def test_names_are_lower_cased_unless_the_pod_minds() -> None:
    upper = {"agent_inject_secret_DB": "p"}
    assert files(**upper)[0].destination == "/vault/secrets/db"
    assert files(**upper, preserve_secret_case="true")[0].destination == "/vault/secrets/DB"
    assert files(**upper, preserve_secret_case_DB="true")[0].destination == "/vault/secrets/DB"


def test_a_detail_of_no_file_is_refused_not_lost() -> None:
    with pytest.raises(RehearsalError, match=r"files confg: no .*agent-inject-secret-<name>"):
        files(agent_inject_secret_config="p", agent_inject_perms_confg="0400")


def test_a_template_in_a_file_is_refused() -> None:
    with pytest.raises(RehearsalError, match=r"agent-inject-template-file-x: .*not looked at"):
        files(agent_inject_secret_x="p", agent_inject_template_file_x="/t")

"""Files that the real agent writes, of the kinds that the table of deliveries does not have."""

from __future__ import annotations

import pytest

from components.delivery.files import (
    Certificate,
    Delivery,
    Exports,
    Pem,
    SecretFile,
    StaticDatabaseUser,
    Text,
    Value,
)
from policies.paths import SecretPath
from rehearsal.delivery import checks
from rehearsal.delivery.configuration import Mode
from rehearsal.delivery.expected import sourced
from rehearsal.delivery.workshop import Workshop
from tests.live.conftest import Stage

pytestmark = pytest.mark.live


def written(workshop: Workshop, workload: str, file: SecretFile) -> str:
    """What the first agent of a pod, which ends, leaves there."""
    pod = workshop.pod(Delivery(workload, (file,), stays=False))
    agent = pod.start(Mode.INIT)
    assert agent.wait_for_end() == 0, agent.log
    return checks.place_of(pod, file).read_text()


def test_what_the_first_rotation_brings_is_empty_until_then(
    workshop: Workshop, tmp_path_factory: pytest.TempPathFactory
) -> None:
    entry = SecretPath("media-catalog/api")
    keys = ("session_secret", "jwt_secret_previous", "jwt_secret_previous_until")
    exports = SecretFile("api", entry, Exports(keys))
    text = written(workshop, "media-catalog/api", exports)
    copy = tmp_path_factory.mktemp("sourced") / "api"
    copy.write_text(text)
    variables = sourced(copy)
    assert len(variables.pop("SESSION_SECRET")) == 48
    assert variables == {"JWT_SECRET_PREVIOUS": "", "JWT_SECRET_PREVIOUS_UNTIL": ""}
    alone = SecretFile("until", entry, Value("jwt_secret_previous_until"))
    assert written(workshop, "media-catalog/api", alone) == ""


def test_a_database_user_that_stays(workshop: Workshop, stage: Stage) -> None:
    user = StaticDatabaseUser("kubesentiment-exports")
    file = SecretFile("exports", user, Text("{username}\n{password}"))
    name, password = written(workshop, "kubesentiment/batch", file).split("\n")
    postgres = stage.scene.postgres
    postgres.execute("SELECT 1", database="kubesentiment", user=name, password=password)


def test_a_text_around_values(workshop: Workshop) -> None:
    file = SecretFile(
        "url", SecretPath("media-catalog/database"), Text("url={url} mode={ssl_mode} again={url}")
    )
    words = dict(
        word.split("=", 1) for word in written(workshop, "media-catalog/api", file).split(" ")
    )
    assert words["url"] == words["again"]
    assert len(words["mode"]) > 10


def test_a_certificate_with_its_key_and_its_authority(workshop: Workshop) -> None:
    file = SecretFile("certificate", Certificate("kubesentiment-api"), Pem())
    text = written(workshop, "kubesentiment/api", file)
    assert text.count("PRIVATE KEY-----") == 2
    assert text.count("BEGIN CERTIFICATE-----") == 2
    assert text.index("PRIVATE KEY") < text.index("BEGIN CERTIFICATE")

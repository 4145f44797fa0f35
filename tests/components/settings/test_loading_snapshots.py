"""What the snapshots are told, and what is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pytest

from components.settings import SecondRegionSettings, SettingsError, load
from components.settings.loading_snapshots import read_snapshots
from components.settings.reader import ConfigReader
from components.settings.snapshots import SnapshotSettings
from policies.matrix import MATRIX
from tests.components.settings.loader import deploying, of_existing
from tests.recording import Runner

JOBS: Final = {"jobsImage": "registry.example/jobs:1.2.3"}
PROVIDER: Final = "projects/1/locations/global/workloadIdentityPools/p/providers/v"


def loaded(run: Runner, config: Mapping[str, object]) -> SnapshotSettings | None:
    found: list[SnapshotSettings | None] = []
    run(lambda: found.append(load(MATRIX.spec).snapshots), config=config)
    return found[0]


def test_by_default_one_a_day_in_the_servers_own_region(run: Runner) -> None:
    settings = loaded(run, deploying("prod", **JOBS))
    assert settings is not None
    assert settings.schedule.interval.seconds == 86400
    assert str(settings.scratch) == "10Gi"
    assert settings.second is None
    assert settings.gcs is None
    assert settings.role_arn is None


def test_wherever_else_it_is_told(run: Runner) -> None:
    more = {
        "snapshotSchedule": "0 */6 * * *",
        "snapshotSecondRegion": "eu-central-1",
        "snapshotGcsBucket": "backups",
        "snapshotGcsProvider": PROVIDER,
    }
    settings = loaded(run, deploying("prod", **JOBS, **more))
    assert settings is not None
    assert settings.second == SecondRegionSettings("eu-central-1", None)
    assert settings.gcs is not None
    assert settings.gcs.provider == PROVIDER


@pytest.mark.parametrize(
    "config",
    [deploying("dev", **JOBS), deploying("prod", jobsImage=""), of_existing("prod", **JOBS)],
    ids=["on files", "without an image", "of others' servers"],
)
def test_where_nobody_takes_any_there_are_none(run: Runner, config: dict[str, object]) -> None:
    assert loaded(run, {"kubernetesContext": "somewhere", **config}) is None


@pytest.mark.parametrize(
    ("changed", "key", "words"),
    [
        ({"snapshotSchedule": "often"}, "snapshotSchedule", "must be five fields"),
        ({"snapshotSchedule": "* * * * *"}, "snapshotSchedule", "within 1h"),
        ({"snapshotStorage": "1Mi"}, "snapshotStorage", "must be at least 100Mi"),
        ({"snapshotRoleArn": "mine"}, "snapshotRoleArn", "must be the ARN of a role in account 33"),
        (
            {"clusterOidcProviderArn": "", "sealRoleArn": "arn:aws:iam::333333333333:role/x"},
            "snapshotRoleArn",
            "is needed where neither",
        ),
        ({"snapshotSecondBucket": "b-b-b"}, "snapshotSecondRegion", "is needed with snapshotSec"),
        ({"snapshotSecondRegion": "eu-west-1"}, "snapshotSecondRegion", "must be another region"),
        ({"snapshotSecondRegion": "here"}, "snapshotSecondRegion", "must be another region"),
        (
            {"snapshotSecondRegion": "eu-central-1", "snapshotSecondBucket": "s3://b"},
            "snapshotSecondBucket",
            "must be a bucket's name",
        ),
        ({"snapshotGcsBucket": "B"}, "snapshotGcsBucket", "must be a bucket's name"),
        ({"snapshotGcsBucket": "bbb"}, "snapshotGcsProvider", "must be the provider of a workload"),
        ({"snapshotEndpoint": "http://s3.example"}, "snapshotEndpoint", "must be https"),
    ],
)
def test_what_is_wrong_is_said_with_its_fix(
    run: Runner, changed: dict[str, object], key: str, words: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        run(lambda: load(MATRIX.spec), config=deploying("prod", **{**JOBS, **changed}))
    found = [one for one in caught.value.problems if one.startswith(f"vaultstack:{key}: ")]
    assert [one for one in found if words in one and "; fix: " in one], caught.value.problems


def test_the_keys_are_read_all_the_same(run: Runner) -> None:
    """Or a key that is there for later would be an unknown one."""

    def program() -> None:
        read = ConfigReader("vaultstack")
        assert read_snapshots(read, None, raft=False, jobs=False) is None
        assert {key for key in read._read if key.startswith("snapshot")} == {
            *("snapshotEndpoint", "snapshotGcsBucket", "snapshotGcsProvider", "snapshotRoleArn"),
            *("snapshotSchedule", "snapshotSecondBucket", "snapshotSecondRegion"),
            "snapshotStorage",
        }

    run(program, config={})

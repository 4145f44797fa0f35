"""AWS's command line becomes calls of its API."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from rehearsal.errors import RehearsalError
from rehearsal.recovery_drill.aws_cli import aws_cli
from rehearsal.recovery_drill.desk import Answer, Asked
from rehearsal.servers.aws import AwsServer


class FakeKms:
    def __init__(self) -> None:
        self.called: list[Any] = []

    def client(self, service: str) -> FakeKms:
        assert service == "kms"
        return self

    def describe_key(self, **parameters: Any) -> Any:
        self.called.append(parameters)
        return {"KeyMetadata": {"KeyId": "k1"}, "ResponseMetadata": {}}

    def enable_key(self, **parameters: Any) -> Any:
        self.called.append(parameters)
        return {"ResponseMetadata": {}}

    def schedule_key_deletion(self, **parameters: Any) -> Any:
        self.called.append(parameters)
        raise ClientError({"Error": {"Code": "NotFoundException"}}, "ScheduleKeyDeletion")


@pytest.fixture
def kms() -> FakeKms:
    return FakeKms()


def run(kms: FakeKms, *words: str) -> Answer:
    return aws_cli(cast("AwsServer", kms))(Asked(words, Path(), ""))


def test_options_are_parameters(kms: FakeKms) -> None:
    assert run(kms, "kms", "enable-key", "--key-id", "k1") == Answer()
    assert kms.called == [{"KeyId": "k1"}]


def test_a_query_is_a_path_into_the_answer(kms: FakeKms) -> None:
    query = ("--query", "KeyMetadata.KeyId", "--output", "text")
    assert run(kms, "kms", "describe-key", "--key-id", "alias/x", *query) == Answer("k1\n")
    assert kms.called == [{"KeyId": "alias/x"}]


def test_numbers_are_numbers_and_errors_are_errors(kms: FakeKms) -> None:
    said = run(kms, "kms", "schedule-key-deletion", "--pending-window-in-days", "7")
    assert kms.called == [{"PendingWindowInDays": 7}]
    assert said.status == 254
    assert "NotFoundException" in said.errors


def test_another_service_is_not_known(kms: FakeKms) -> None:
    with pytest.raises(RehearsalError, match="does not know s3"):
        run(kms, "s3", "ls")

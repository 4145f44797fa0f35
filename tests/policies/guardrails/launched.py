"""The pack under Pulumi's own launcher, asked as the engine asks it: over gRPC."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import grpc  # type: ignore[import-untyped]
from google.protobuf import empty_pb2, json_format, struct_pb2  # type: ignore[import-untyped]
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

from rehearsal.errors import NotYet
from rehearsal.supervisor import Process, Supervisor, wait_until
from tests.policies.guardrails.looking import Declared
from tests.recording import PROJECT, ROOT

FOLDER: Final = ROOT / "policies" / "guardrails"


@dataclass(frozen=True, slots=True)
class Pack:
    stub: Any
    process: Process

    def info(self) -> Any:
        return self.stub.GetAnalyzerInfo(empty_pb2.Empty())

    def policies(self) -> dict[str, Any]:
        return {policy.name: policy for policy in self.info().policies}

    def configure(self, config: Mapping[str, Mapping[str, Any]]) -> None:
        """As the engine does with a stack's pack configuration: every policy with its level."""
        given = {
            name: analyzer_pb2.PolicyConfig(
                enforcementLevel=policy.enforcementLevel,
                properties=_struct(config.get(name, {})),
            )
            for name, policy in self.policies().items()
        }
        self.stub.Configure(analyzer_pb2.ConfigureAnalyzerRequest(policyConfig=given))

    def look(self, declared: Sequence[Declared]) -> list[Any]:
        """What a preview would report: each resource's inputs first, then all together."""
        found: list[Any] = []
        for one in declared:
            request = analyzer_pb2.AnalyzeRequest(
                type=one.type,
                name=one.name,
                urn=one.urn or one.name,
                properties=_struct(one.inputs),
                options=analyzer_pb2.AnalyzerResourceOptions(protect=one.protect),
            )
            remedied = self.stub.Remediate(request)
            assert not remedied.remediations, "a guardrail changes nothing"
            found += self.stub.Analyze(request).diagnostics
        resources = [
            analyzer_pb2.AnalyzerResource(
                type=one.type,
                name=one.name,
                urn=one.urn or one.name,
                properties=_struct(one.inputs),
                options=analyzer_pb2.AnalyzerResourceOptions(protect=one.protect),
                propertyDependencies={
                    name: analyzer_pb2.AnalyzerPropertyDependencies(urns=urns)
                    for name, urns in one.related.items()
                },
            )
            for one in declared
        ]
        request = analyzer_pb2.AnalyzeStackRequest(resources=resources)
        return [*found, *self.stub.AnalyzeStack(request).diagnostics]


@contextmanager
def launched(config: Mapping[str, str]) -> Iterator[Pack]:
    """Started as the language host starts it: in its own folder, told of the stack by its
    environment. `config`: the stack's keys in full.
    """
    with Supervisor() as supervisor:
        process = supervisor.start(
            "pack",
            [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:1", FOLDER],
            env=supervisor.environment(
                PULUMI_PROJECT=PROJECT,
                PULUMI_STACK="any",
                PULUMI_ORGANIZATION="any",
                PULUMI_DRY_RUN="true",
                PULUMI_CONFIG=json.dumps(dict(config)),
            ),
            cwd=FOLDER,
        )

        def port() -> int:
            process.require_alive()
            found = re.search(r"^(\d+)$", process.log.read_text(), re.MULTILINE)
            if found is None:
                raise NotYet("it has printed no port")
            return int(found[1])

        address = (
            f"127.0.0.1:{wait_until(port, awaited='its port', patience=timedelta(seconds=60))}"
        )
        with grpc.insecure_channel(address) as channel:
            yield Pack(analyzer_pb2_grpc.AnalyzerStub(channel), process)


def _struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    return json_format.ParseDict(dict(values), struct_pb2.Struct())

"""Runs a program the way Pulumi's language host does, against a monitor that records every request
and makes nothing.

`pulumi.runtime.mocks.Mocks` is told neither parents nor options, so the monitor keeps the requests
themselves: whatever is asserted is what the engine would have been sent.
"""

from __future__ import annotations

import asyncio
import base64
import contextvars
import inspect
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pulumi
import yaml
from google.protobuf import empty_pb2, json_format, struct_pb2  # type: ignore[import-untyped]
from pulumi.runtime import mocks, rpc, settings
from pulumi.runtime.proto import engine_pb2, resource_pb2
from pulumi.runtime.stack import run_in_stack

ROOT: Final = Path(__file__).resolve().parent.parent
PROJECT: Final = "vaultstack"
SIGNATURE: Final = rpc._special_sig_key
SECRET: Final = rpc._special_secret_sig
STACK: Final = "pulumi:pulumi:Stack"

INITIALISATION: Final = "pulumi-python:dynamic/vaultstack:Initialisation"
ADOPTION: Final = "pulumi-python:dynamic/vaultstack:Adoption"
PROVIDER: Final = "pulumi:providers:vault"

ROOT_PEM: Final = "-----BEGIN CERTIFICATE-----\nroot\n-----END CERTIFICATE-----"
KEY_SHARES: Final = ["share-one-hidden", "share-two-hidden"]
PROVISIONER_SECRET: Final = "provisioner-secret-id-hidden"
REVIEWER_TOKEN: Final = "reviewer-token-hidden"

# What servers would answer, by type. The engine gets it by `up` only: a preview knows the inputs.
_ANSWERS: Final[Mapping[str, Mapping[str, object]]] = {
    INITIALISATION: {
        "role_id": "provisioner-role-id",
        "secret_id": PROVISIONER_SECRET,
        "secret_id_issued_at": 1,
        "shares": KEY_SHARES,
        "problem": "",
    },
    "vault:pkiSecret/secretBackendRootCert:SecretBackendRootCert": {"certificate": ROOT_PEM},
    "vault:pkiSecret/secretBackendIntermediateCertRequest:SecretBackendIntermediateCertRequest": {
        "csr": "a request"
    },
    "vault:pkiSecret/secretBackendRootSignIntermediate:SecretBackendRootSignIntermediate": {
        "certificate": "an intermediate",
        "certificateBundle": "an intermediate and its root",
    },
    "kubernetes:core/v1:Secret": {
        "data": {"token": base64.b64encode(REVIEWER_TOKEN.encode()).decode()}
    },
}


def is_secret(value: object) -> bool:
    """Whether a value on the wire is marked as secret."""
    return isinstance(value, Mapping) and value.get(SIGNATURE) == SECRET


def plain(value: Any) -> Any:
    """A value on the wire without its marks of secrecy."""
    if is_secret(value):
        return plain(value["value"])
    if isinstance(value, Mapping):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return value


def in_clear(value: object) -> Iterator[object]:
    """Every leaf of a value on the wire that is not marked as secret."""
    if is_secret(value):
        return
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from in_clear(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from in_clear(inner)
    else:
        yield value


def name_of(urn: str) -> str:
    return urn.rsplit("::", 1)[-1]


@dataclass(frozen=True, slots=True)
class Resource:
    """A registration, as the engine is sent it. Inputs are in their wire form."""

    urn: str
    request: resource_pb2.RegisterResourceRequest

    @property
    def type(self) -> str:
        return self.request.type

    @property
    def name(self) -> str:
        return self.request.name

    @property
    def inputs(self) -> dict[str, Any]:
        inputs: dict[str, Any] = json_format.MessageToDict(self.request.object)
        return inputs

    @property
    def values(self) -> dict[str, Any]:
        """The inputs without their marks of secrecy."""
        plain_inputs: dict[str, Any] = plain(self.inputs)
        return plain_inputs

    @property
    def parent(self) -> str:
        return name_of(self.request.parent)

    @property
    def provider(self) -> str:
        """The name of the explicit provider; empty: the engine's default one."""
        return name_of(self.request.provider.rpartition("::")[0])

    @property
    def protect(self) -> bool:
        return bool(self.request.protect)

    @property
    def after(self) -> set[str]:
        """Names of what it waits for."""
        return {name_of(urn) for urn in self.request.dependencies}

    @property
    def ignored_changes(self) -> set[str]:
        return set(self.request.ignoreChanges)

    @property
    def secret_outputs(self) -> set[str]:
        return set(self.request.additionalSecretOutputs)


@dataclass(frozen=True, slots=True)
class Recording:
    """All that one run asked of the engine."""

    resources: list[Resource] = field(default_factory=list)
    outputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By URN: what components and the stack registered, in wire form."""
    warnings: list[str] = field(default_factory=list)

    def __getitem__(self, name: str) -> Resource:
        """The one resource of this name."""
        (found,) = (resource for resource in self.resources if resource.name == name)
        return found

    def __contains__(self, name: str) -> bool:
        return any(resource.name == name for resource in self.resources)

    def of(self, type_: str) -> list[Resource]:
        return [resource for resource in self.resources if resource.type == type_]

    @property
    def types(self) -> Counter[str]:
        return Counter(resource.type for resource in self.resources)

    @property
    def identities(self) -> set[tuple[str, str]]:
        return {(resource.type, resource.name) for resource in self.resources}

    @property
    def components(self) -> list[Resource]:
        return [resource for resource in self.resources if not resource.request.custom]

    @property
    def exports(self) -> dict[str, Any]:
        (found,) = (outs for urn, outs in self.outputs.items() if f"::{STACK}::" in urn)
        return found

    def outputs_of(self, name: str) -> dict[str, Any]:
        return self.outputs[self[name].urn]

    def leaves_in_clear(self) -> Iterator[str]:
        """Every string that was sent without a mark of secrecy, outputs among them."""
        for resource in self.resources:
            # What the engine is told to hide, it hides in the inputs of the same name as well.
            hidden = resource.secret_outputs
            shown = {key: value for key, value in resource.inputs.items() if key not in hidden}
            yield from (str(leaf) for leaf in in_clear(shown))
        for outputs in self.outputs.values():
            yield from (str(leaf) for leaf in in_clear(outputs))


class _Nothing(mocks.Mocks):
    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        raise AssertionError(args.name)

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        raise AssertionError(f"the program asks a provider for {args.token}: a preview would too")


class _Monitor(mocks.MockMonitor):
    """Answers as the engine does: with the inputs, with what a server would add when it is not a
    preview, and with secrets marked where the registration says so.
    """

    def __init__(
        self, recording: Recording, *, preview: bool, answers: Mapping[str, Mapping[str, object]]
    ) -> None:
        super().__init__(_Nothing())
        self._recording, self._preview = recording, preview
        self._answers = {**_ANSWERS, **answers}

    def RegisterResource(  # noqa: N802 - the protocol's name
        self, request: resource_pb2.RegisterResourceRequest
    ) -> resource_pb2.RegisterResourceResponse:
        urn = self.make_urn(request.parent, request.type, request.name)
        if request.type == STACK:
            return resource_pb2.RegisterResourceResponse(urn=urn)
        self._recording.resources.append(Resource(urn, request))
        outputs: dict[str, Any] = json_format.MessageToDict(request.object)
        if request.custom and not self._preview:
            outputs |= self._answers.get(request.type, {})
            if request.type == "random:index/randomPassword:RandomPassword":
                outputs["result"] = f"random-hidden-{request.name}"
        for key in request.additionalSecretOutputs:
            if key in outputs and not is_secret(outputs[key]):
                outputs[key] = {SIGNATURE: SECRET, "value": outputs[key]}
        return resource_pb2.RegisterResourceResponse(
            urn=urn,
            id="" if self._preview or not request.custom else f"{request.name}-id",
            object=json_format.ParseDict(outputs, struct_pb2.Struct()),
        )

    def RegisterResourceOutputs(  # noqa: N802
        self, request: resource_pb2.RegisterResourceOutputsRequest
    ) -> empty_pb2.Empty:
        self._recording.outputs[request.urn] = json_format.MessageToDict(request.outputs)
        return empty_pb2.Empty()


class _Engine(mocks.MockEngine):
    def __init__(self, recording: Recording) -> None:
        super().__init__(None)
        self._recording = recording

    def Log(self, request: engine_pb2.LogRequest) -> None:  # noqa: N802
        if request.severity >= engine_pb2.WARNING:
            self._recording.warnings.append(request.message)


class Runner:
    """Runs programs one after another on the session's one event loop: Pulumi's futures belong to
    the loop that was current when they were made.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def __call__(
        self,
        program: Callable[[], object],
        *,
        config: Mapping[str, object] | None = None,
        secrets: Mapping[str, object] | None = None,
        preview: bool = False,
        answers: Mapping[str, Mapping[str, object]] | None = None,
    ) -> Recording:
        """`config` and `secrets`: the stack's keys, without `vaultstack:`, and their values as YAML
        has them. `answers`: by type, what servers answer besides what they are given.
        """
        recording = Recording()
        given = {**(config or {}), **(secrets or {})}
        texts = {f"{PROJECT}:{key}": as_the_engine_does(value) for key, value in given.items()}
        secret_keys = [f"{PROJECT}:{key}" for key in secrets or {}]
        monitor = _Monitor(recording, preview=preview, answers=answers or {})

        async def everything() -> None:
            pulumi.runtime.set_all_config(texts, secret_keys)
            settings.configure(
                mocks.MockSettings(  # type: ignore[no-untyped-call]
                    monitor=monitor,
                    monitor_features=set(),
                    engine=_Engine(recording),
                    project=PROJECT,
                    stack="test",
                    dry_run=preview,
                    organization="test",
                    callbacks=None,
                    outputs=set(),
                )
            )
            try:
                await run_in_stack(lambda: _awaitable(program()))
            finally:  # warnings about a resource wait for its URN, and nobody waits for them
                others = asyncio.all_tasks() - {asyncio.current_task()}
                await asyncio.gather(*others, return_exceptions=True)

        # All that Pulumi keeps is in context variables, so that no run sees another's.
        contextvars.copy_context().run(self._loop.run_until_complete, everything())
        return recording


def _awaitable(result: object) -> Awaitable[None] | None:
    return result if inspect.isawaitable(result) else None


def as_the_engine_does(value: object) -> str:
    """Every configuration value reaches a program as text."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return json.dumps(value)


def declared() -> dict[str, dict[str, Any]]:
    """The configuration keys of Pulumi.yaml."""
    keys: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]
    return keys


def stack_file(environment: str) -> dict[str, Any]:
    """What a stack file sets, by its full keys."""
    config: dict[str, Any] = yaml.safe_load((ROOT / f"Pulumi.{environment}.yaml").read_text())[
        "config"
    ]
    return config


def configuration(environment: str = "dev", /, **changed: object) -> dict[str, object]:
    """The defaults of Pulumi.yaml, the stack file over them, and `changed` over both; None takes a
    key away.
    """
    values: dict[str, object] = {
        key: declaration["default"]
        for key, declaration in declared().items()
        if "default" in declaration
    }
    for key, value in stack_file(environment).items():
        values[key.removeprefix(f"{PROJECT}:")] = value
    values |= changed
    return {key: value for key, value in values.items() if value is not None}

"""The program evaluated as the engine would have it, by a monitor that only records: its own time,
not the engine's and not Vault's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from pulumi.runtime import mocks
from pulumi.runtime.proto import resource_pb2

from policies.environments import Environment
from rehearsal import program
from rehearsal.scale import matrices

ENVIRONMENT: Final = Environment.DEV


class _Nobody(mocks.Mocks):
    """Is asked nothing: the recorder answers by itself."""

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        raise NotImplementedError(args.typ)

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        raise NotImplementedError(args.token)


NOBODY: Final = _Nobody()


class _Recorder(mocks.MockMonitor):
    """A resource's outputs are its inputs, as in a preview, and are not even decoded."""

    def __init__(self, register: Callable[[Any], None]) -> None:
        super().__init__(NOBODY)
        self._register = register

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - Pulumi's name
        self._register(request)
        return resource_pb2.RegisterResourceResponse(
            urn=self.make_urn(request.parent, request.type, request.name),
            id=f"{request.name}-id" if request.custom else "",
            object=request.object,
        )


def evaluate(workloads: int, register: Callable[[Any], None]) -> None:
    """With so many workloads more. `register` is told of every registration, as the engine is."""
    configuration = program.stack_configuration(ENVIRONMENT.value, {})
    with matrices.instead(matrices.added(workloads)):
        program.run(
            ENVIRONMENT.value,
            configuration,
            frozenset(),
            NOBODY,
            lambda _nobody: _Recorder(register),
        )

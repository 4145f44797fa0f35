"""Runs one component under a given provider, as `__main__.py` runs it under the bootstrap's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Protocol

import pulumi
import pulumi_vault
import pytest

from tests.recording import Recording, Runner

PROVIDER_NAME: Final = "given-provider"


class Alone(Protocol):
    """`make` is given the options that the program would give the component."""

    def __call__(
        self,
        make: Callable[[pulumi.ResourceOptions], object],
        *,
        preview: bool = False,
        config: Mapping[str, object] | None = None,
    ) -> Recording: ...


@pytest.fixture
def alone(run: Runner) -> Alone:
    """Runs one component and returns what it registered. What holds for every component is checked
    here: a literal type token, every child its own, every Vault resource with the given provider.
    """

    def run_alone(
        make: Callable[[pulumi.ResourceOptions], object],
        *,
        preview: bool = False,
        config: Mapping[str, object] | None = None,
    ) -> Recording:
        def program() -> None:
            provider = pulumi_vault.Provider(PROVIDER_NAME, address="http://127.0.0.1:8200")
            make(pulumi.ResourceOptions(providers={"vault": provider}))

        recording = run(program, config=config, preview=preview)
        _check(recording)
        return recording

    return run_alone


def _check(recording: Recording) -> None:
    (component,) = recording.components
    token = component.type.split(":")
    assert token[0] == "vaultstack"
    assert len(token) == 3
    assert all(token)
    assert component.urn in recording.outputs, "its outputs are not registered"
    for resource in recording.resources:
        if resource is component or resource.name == PROVIDER_NAME:
            continue
        assert resource.request.parent == component.urn, resource.name
        assert resource.name.startswith(f"{component.name}-"), resource.name
        if resource.type.startswith("vault:"):
            assert len(resource.request.aliases) == 0
            assert resource.provider == PROVIDER_NAME, resource.name

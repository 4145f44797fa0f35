"""Runs one component under a given provider, as `__main__.py` runs it under the bootstrap's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Protocol

import pulumi
import pulumi_vault
import pytest

from tests.recording import Recording, Resource, Runner

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
    """Runs one component and returns what it registered. What holds for every component, those in
    it too, is checked here: a literal type token, registered outputs, every child its own, every
    Vault resource with the given provider and every other with one of the component's.
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
    components = {component.urn: component for component in recording.components}
    (outermost,) = (urn for urn, one in components.items() if one.request.parent not in components)
    for component in components.values():
        token = component.type.split(":")
        assert token[0] == "vaultstack"
        assert len(token) == 3
        assert all(token)
        assert component.urn in recording.outputs, f"{component.name} registers no outputs"
    assert len(recording.identities) == len(recording.resources), "two have the same name"
    for resource in recording.resources:
        if resource.urn == outermost or resource.name == PROVIDER_NAME:
            continue
        # A component's child is a component's, however deep: its direct parent's.
        parent = components[resource.request.parent]
        assert resource.name.startswith(f"{parent.name}-"), resource.name
        _check_provider(recording, resource)


def _check_provider(recording: Recording, resource: Resource) -> None:
    """No resource falls back to a provider that nobody chose, with whatever it finds around it."""
    package = resource.type.partition(":")[0]
    if package == "vault":
        assert len(resource.request.aliases) == 0
        assert resource.provider == PROVIDER_NAME, resource.name
    elif package in ("kubernetes", "aws"):
        own = {one.name for one in recording.of(f"pulumi:providers:{package}")}
        assert resource.provider in own, resource.name

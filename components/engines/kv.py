"""KV v2: the secrets that applications read, with their versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_random as random
import pulumi_vault as vault

from components.settings import KvSettings, Secret
from policies.paths import KV
from policies.plan import KvSecret
from policies.standing import ENGINES


@dataclass(frozen=True)
class KvEngineArgs:
    """The values that somebody else issued (`settings`), and the plan's entries, each of them
    generated or given. `protect`: whether engine and entries may not be deleted.
    """

    settings: KvSettings
    entries: Sequence[KvSecret]
    protect: bool


class KvEngine(pulumi.ComponentResource):
    """The engine, and the entries that exist after the first `up`.

    A generated entry is written once (check-and-set 0) and never again: rotation owns it from then
    on, and every later write to it must name the version that it replaces. A given entry follows
    the configuration, and is left out, with a warning that names what is missing, until all its
    values are given. Values are never read back, so a preview needs no right to see them.
    """

    pending: tuple[str, ...]
    """What is still to be given: `<path>: <key>, <key>`."""

    def __init__(
        self, name: str, args: KvEngineArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("vaultstack:engines:KvEngine", name, None, opts)
        self._prefix, self._protected = name, args.protect
        versions = args.settings.max_versions
        self._engine = () if versions is None else (self._mount(versions),)
        pending: list[tuple[str, list[str]]] = []
        for entry in args.entries:
            values = args.settings.values.get(entry.name, {})
            if entry.generated_length is not None:
                self._generate(entry, entry.generated_length)
            elif missing := [key for key in entry.keys if key not in values]:
                pending.append((entry.name, missing))
            else:
                self._give(entry, values)
        for path, missing in pending:
            _warn(self, path, missing)
        self.pending = tuple(f"{path}: {', '.join(missing)}" for path, missing in pending)
        self.register_outputs({"pending": list(self.pending)})

    def _child(self, *after: pulumi.Resource) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, protect=self._protected, depends_on=list(after))

    def _mount(self, max_versions: int) -> pulumi.Resource:
        """The engine, and what its entries must wait for: its configuration."""
        mount = vault.Mount(
            f"{self._prefix}-mount",
            path=KV,
            type=ENGINES[KV].type,
            options=dict(ENGINES[KV].options),
            description=ENGINES[KV].description,
            opts=self._child(),
        )
        return vault.kv.SecretBackendV2(
            f"{self._prefix}-config",
            mount=KV,
            max_versions=max_versions,
            opts=self._child(mount),
        )

    def _generate(self, entry: KvSecret, length: int) -> None:
        key = entry.name.replace("/", "-")
        values = {
            field: random.RandomPassword(
                f"{self._prefix}-value-{key}-{field}",
                length=length,
                special=False,
                opts=pulumi.ResourceOptions(parent=self),
            ).result
            for field in entry.keys
        }
        vault.kv.SecretV2(
            f"{self._prefix}-entry-{key}",
            mount=KV,
            name=entry.name,
            data_json=pulumi.Output.json_dumps(values),
            options={"cas": "0"},
            custom_metadata=vault.kv.SecretV2CustomMetadataArgs(cas_required=True),
            disable_read=True,
            opts=pulumi.ResourceOptions.merge(
                self._child(*self._engine),
                pulumi.ResourceOptions(ignore_changes=["dataJson", "options"]),
            ),
        )

    def _give(self, entry: KvSecret, values: Mapping[str, Secret]) -> None:
        key = entry.name.replace("/", "-")
        vault.kv.SecretV2(
            f"{self._prefix}-entry-{key}",
            mount=KV,
            name=entry.name,
            data_json=pulumi.Output.json_dumps({field: values[field] for field in entry.keys}),
            disable_read=True,
            opts=self._child(*self._engine),
        )


def _warn(engine: KvEngine, path: str, missing: Sequence[str]) -> None:
    commands = "; ".join(
        f"pulumi config set --secret --path 'vaultstack:kvValues[\"{path}\"].{key}'"
        for key in missing
    )
    pulumi.log.warn(
        f"secret {path} is not there yet: give {', '.join(missing)} ({commands})", engine
    )

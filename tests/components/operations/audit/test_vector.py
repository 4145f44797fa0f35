"""What Vector is told: which output is read, and what becomes of it."""

from __future__ import annotations

from typing import Final

import yaml

from components.cluster.layout import SELECTOR
from components.operations.audit import vector
from components.operations.audit.ecs import PROGRAM
from components.operations.audit.vector import VectorConfig, VectorConfigArgs
from components.settings import KubernetesSettings
from tests.components.conftest import Alone

CLUSTER: Final = KubernetesSettings(None, "cluster-prod", "vault", "cluster.local")


def test_it_lies_where_vector_finds_it(alone: Alone) -> None:
    recording = alone(lambda opts: VectorConfig("v", VectorConfigArgs(CLUSTER, "logging"), opts))
    (made,) = recording.of("kubernetes:core/v1:ConfigMap")
    metadata = made.values["metadata"]
    assert (metadata["name"], metadata["namespace"]) == ("vault-audit-vector", "logging")
    assert made.values["data"] == {vector.FILE: vector.render("vault")}


def test_it_reads_the_servers_output_and_nobody_elses() -> None:
    (source,) = vector.configuration("vault")["sources"].values()
    assert source["type"] == "kubernetes_logs"
    assert source["extra_namespace_label_selector"] == "kubernetes.io/metadata.name=vault"
    labels = dict(pair.split("=") for pair in source["extra_label_selector"].split(","))
    assert labels == SELECTOR


def test_what_comes_out_has_one_name_and_no_sink() -> None:
    """Where it goes, and with which credential, is not said here."""
    found = vector.configuration("vault")
    assert found.keys() == {"sources", "transforms"}
    ((name, transform),) = found["transforms"].items()
    assert name == vector.DOCUMENTS
    assert transform["inputs"] == list(found["sources"])
    assert transform["source"] == PROGRAM


def test_an_entry_that_cannot_be_mapped_is_not_lost() -> None:
    (transform,) = vector.configuration("vault")["transforms"].values()
    assert transform["drop_on_abort"] is True
    assert transform["drop_on_error"] is False


def test_the_text_is_that_configuration_with_the_program_to_read() -> None:
    text = vector.render("vault")
    assert yaml.safe_load(text) == vector.configuration("vault")
    assert all(f"      {line}".rstrip() in text for line in PROGRAM.splitlines())

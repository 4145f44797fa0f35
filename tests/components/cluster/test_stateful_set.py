"""How a Vault runs in a pod: without rights, on writable places where it writes, never restarted
because it is sealed, and away only when somebody says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from components.cluster import layout as names
from components.cluster import pod_config
from components.cluster.layout import Layout
from components.cluster.pod_config import METRICS_CA_FILE
from components.cluster.pod_scripts import READY_FILE, START_FILE
from components.cluster.stateful_set import StatefulSetArgs, checksum, make_stateful_set
from components.settings import Bytes, Cpu, DeploymentSettings, Exposure, SizeSettings
from tests.components.cluster.deployments import (
    ALONE,
    DEPLOYMENT,
    LAYOUT,
    deployed,
    exposed,
    record,
)
from tests.recording import Runner

FILES: Mapping[str, str] = {"server.hcl": "a = 1", START_FILE: "start", READY_FILE: "ready"}
Json = dict[str, Any]


class StatefulSet:
    """What was declared, by its parts."""

    def __init__(self, values: Json) -> None:
        self.metadata: Json = values["metadata"]
        self.spec: Json = values["spec"]
        self.template: Json = self.spec["template"]
        self.pod: Json = self.template["spec"]
        (self.container,) = self.pod["containers"]
        self.volumes = {volume["name"]: volume for volume in self.pod["volumes"]}
        self.claims = {one["metadata"]["name"]: one for one in self.spec["volumeClaimTemplates"]}
        self.mounts = {mount["mountPath"]: mount for mount in self.container["volumeMounts"]}
        self.environment = {one["name"]: one.get("value") for one in self.container["env"]}

    def mount_of(self, file: str) -> Json:
        """The mount that a file in the container is in."""
        (found,) = (one for path, one in self.mounts.items() if file.startswith(f"{path}/"))
        return dict(found)

    def writable(self, file: str) -> bool:
        return not self.mount_of(file).get("readOnly")


def make(
    run: Runner,
    deployment: DeploymentSettings = DEPLOYMENT,
    layout: Layout = LAYOUT,
    *,
    raft: bool = True,
    token: bool = True,
    files: Mapping[str, str] = FILES,
) -> StatefulSet:
    args = StatefulSetArgs(deployment, layout, raft, files, token)
    recording = record(run, lambda opts: make_stateful_set("servers", args, opts))
    assert recording["servers"].type == "kubernetes:apps/v1:StatefulSet"
    return StatefulSet(recording["servers"].values)


def test_there_are_as_many_as_the_settings_say_all_at_once(run: Runner) -> None:
    spec = make(run, layout=Layout.of(DEPLOYMENT, 5)).spec
    assert spec["replicas"] == 5
    assert spec["podManagementPolicy"] == "Parallel"


def test_pods_are_found_by_the_names_in_their_certificate(run: Runner) -> None:
    made = make(run)
    assert made.spec["serviceName"] == names.PEERS
    pod = f"{made.metadata['name']}-0.{made.spec['serviceName']}"
    assert pod in LAYOUT.certificate_names
    assert made.metadata["namespace"] == LAYOUT.namespace


def test_it_selects_its_own_pods(run: Runner) -> None:
    made = make(run)
    selected = made.spec["selector"]["matchLabels"]
    assert selected == names.SELECTOR
    assert selected.items() <= made.template["metadata"]["labels"].items()


def test_pods_are_replaced_by_people_and_volumes_by_nobody(run: Runner) -> None:
    spec = make(run).spec
    assert spec["updateStrategy"] == {"type": "OnDelete"}
    assert spec["persistentVolumeClaimRetentionPolicy"] == {
        "whenDeleted": "Retain",
        "whenScaled": "Retain",
    }


def test_nothing_waits_for_pods_that_wait_for_first_contact(run: Runner) -> None:
    assert make(run).metadata["annotations"]["pulumi.com/skipAwait"] == "true"


def test_pods_have_no_rights_on_their_node(run: Runner) -> None:
    made = make(run)
    pod, container = made.pod["securityContext"], made.container["securityContext"]
    assert pod["runAsNonRoot"] is True
    assert pod["runAsUser"] > 0
    assert pod["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    }
    for forbidden in ("hostNetwork", "hostPID", "hostIPC", "hostUsers"):
        assert forbidden not in made.pod
    kinds = {kind for volume in made.volumes.values() for kind in volume.keys() - {"name"}}
    assert kinds == {"configMap", "secret", "emptyDir"}


def test_what_vault_writes_is_writable_and_nothing_else(run: Runner) -> None:
    made = make(run)
    for written in (f"{names.DATA}/raft.db", pod_config.AUDIT_FILE, "/tmp/x", "/home/vault/x"):
        assert made.writable(written), written
    tls = pod_config.CERTIFICATE
    for read in (pod_config.CONFIG_FILE, tls.certificate, tls.key, pod_config.CA_FILE):
        assert not made.writable(read), read


def test_data_and_audit_entries_outlive_the_pod(run: Runner) -> None:
    made = make(run)
    for file in (f"{names.DATA}/raft.db", pod_config.AUDIT_FILE):
        assert made.mount_of(file)["name"] in made.claims
    assert {mount["name"] for mount in made.mounts.values()} == {*made.claims, *made.volumes}


def test_volumes_are_as_large_as_the_settings_say(run: Runner) -> None:
    claims = make(run).claims
    sizes = {
        name: claim["spec"]["resources"]["requests"]["storage"] for name, claim in claims.items()
    }
    assert sizes == {"data": "10Gi", "audit": "20Gi"}
    for claim in claims.values():
        assert claim["spec"]["storageClassName"] == "disks"
        assert claim["spec"]["accessModes"] == ["ReadWriteOnce"]


def test_without_a_storage_class_the_default_one_is_meant(run: Runner) -> None:
    """An empty name would mean: none."""
    size = SizeSettings(
        Cpu.parse("1"), Bytes.parse("2Gi"), Bytes.parse("5Gi"), Bytes.parse("5Gi"), None
    )
    for claim in make(run, deployed(size=size)).claims.values():
        assert "storageClassName" not in claim["spec"]


def test_the_certificate_and_its_key_are_read_by_vaults_group_alone(run: Runner) -> None:
    made = make(run)
    secret = made.volumes["tls"]["secret"]
    assert secret == {"secretName": LAYOUT.certificate_secret, "defaultMode": 0o440}
    context = made.pod["securityContext"]
    assert context["fsGroup"] == context["runAsGroup"]


def test_memory_is_limited_and_computing_is_not(run: Runner) -> None:
    resources = make(run).container["resources"]
    assert resources == {
        "requests": {"cpu": "500m", "memory": "1Gi"},
        "limits": {"memory": "1Gi"},
    }


@pytest.mark.parametrize("memory", ["384Mi", "512Mi", "1Gi", "5Gi"])
def test_go_collects_before_the_pod_runs_out_of_memory(run: Runner, memory: str) -> None:
    size = SizeSettings(
        Cpu.parse("1"), Bytes.parse(memory), Bytes.parse("5Gi"), Bytes.parse("5Gi"), None
    )
    limit = make(run, deployed(size=size)).environment["GOMEMLIMIT"] or ""
    assert re.fullmatch(r"\d+[MG]iB", limit), "Go's own form"
    aimed = Bytes.parse(limit.removesuffix("B"))
    assert 0.7 < aimed.count / Bytes.parse(memory).count <= 0.8


def test_the_start_and_readiness_scripts_come_from_the_config_map(run: Runner) -> None:
    made = make(run)
    volume = made.volumes[made.mount_of(pod_config.CONFIG_FILE)["name"]]
    assert volume["configMap"] == {"name": names.CONFIG_MAP}
    ready = made.container["readinessProbe"]["exec"]["command"]
    for shell, path in (made.container["command"], ready):
        assert shell == "/bin/sh"
        assert path.startswith(f"{names.CONFIG}/")
        assert path.rpartition("/")[2] in FILES
    assert "args" not in made.container


@pytest.mark.parametrize("probe", ["startupProbe", "livenessProbe"])
def test_a_server_that_answers_is_never_restarted_whatever_its_state(
    run: Runner, probe: str
) -> None:
    request = make(run).container[probe]["httpGet"]
    assert (request["scheme"], request["port"]) == ("HTTPS", "https")
    url = urlsplit(request["path"])
    assert url.path == "/v1/sys/health"
    query = {key: value for key, (value,) in parse_qs(url.query).items()}
    assert query["standbyok"] == "true"
    for code in ("sealedcode", "uninitcode", "haunhealthycode", "removedcode"):
        assert 200 <= int(query[code]) < 400


def test_a_server_has_time_to_start_and_a_busy_one_to_answer(run: Runner) -> None:
    container = make(run).container
    startup, liveness = container["startupProbe"], container["livenessProbe"]
    # As long as it tries in vain to label itself, it answers nothing.
    assert startup["periodSeconds"] * startup["failureThreshold"] > 150
    assert liveness["periodSeconds"] * liveness["failureThreshold"] > 150
    readiness = container["readinessProbe"]
    assert readiness["timeoutSeconds"] <= readiness["periodSeconds"]


@pytest.mark.parametrize(
    ("kind", "seconds"), [(Exposure.NONE, 5), (Exposure.INGRESS, 5), (Exposure.LOAD_BALANCER, 30)]
)
def test_a_server_that_goes_has_time_to_be_forgotten_and_to_hand_over(
    run: Runner, kind: Exposure, seconds: int
) -> None:
    made = make(run, deployed(exposure=exposed(kind)))
    (pause,) = made.container["lifecycle"]["preStop"].values()
    assert pause["seconds"] == seconds
    assert made.pod["terminationGracePeriodSeconds"] > seconds + 30


def test_what_a_probe_leaves_is_collected(run: Runner) -> None:
    """Vault would be the first process of its container, and collects nothing."""
    assert make(run).pod["shareProcessNamespace"] is True


def test_others_do_not_displace_it_where_a_priority_is_given(run: Runner) -> None:
    assert make(run, deployed(priority_class="first")).pod["priorityClassName"] == "first"
    assert "priorityClassName" not in make(run).pod


def test_two_servers_are_never_on_one_host_and_over_zones_where_there_are_some(
    run: Runner,
) -> None:
    pod = make(run).pod
    (term,) = pod["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert term["topologyKey"] == "kubernetes.io/hostname"
    (zones,) = pod["topologySpreadConstraints"]
    assert zones["topologyKey"] == "topology.kubernetes.io/zone"
    # From the beginning: its disks bind a server to its zone for good.
    assert zones["whenUnsatisfiable"] == "DoNotSchedule"
    assert zones["nodeTaintsPolicy"] == "Honor"
    for rule in (term, zones):
        assert rule["labelSelector"]["matchLabels"] == names.SELECTOR


def test_each_server_of_raft_knows_its_own_name_and_address(run: Runner) -> None:
    made = make(run)
    assert made.container["env"][0] == {
        "name": "POD_NAME",
        "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}},
    }
    environment = made.environment
    assert environment["VAULT_RAFT_NODE_ID"] == "$(POD_NAME)"
    assert environment["VAULT_CLUSTER_ADDR"] == "https://$(POD_NAME).vault-internal:8201"
    assert environment["VAULT_K8S_POD_NAME"] == "$(POD_NAME)"
    assert environment["VAULT_K8S_NAMESPACE"] == LAYOUT.namespace


def test_variables_come_after_those_that_they_name(run: Runner) -> None:
    """Kubernetes leaves a reference to a later variable as it is written."""
    known: set[str] = set()
    for variable in make(run).container["env"]:
        named = set(re.findall(r"\$\((\w+)\)", variable.get("value", "")))
        assert named <= known, variable
        known.add(variable["name"])


def test_a_server_alone_needs_neither_name_nor_peers(run: Runner) -> None:
    environment = make(run, layout=ALONE, raft=False).environment
    assert not [name for name in environment if name.startswith(("VAULT_RAFT", "VAULT_K8S"))]
    assert "VAULT_CLUSTER_ADDR" not in environment


def test_people_in_the_pod_find_their_own_server_over_tls(run: Runner) -> None:
    environment = make(run).environment
    assert environment["VAULT_ADDR"] == "https://localhost:8200"
    assert environment["VAULT_CACERT"] == pod_config.CA_FILE


def test_no_secret_is_in_the_environment(run: Runner) -> None:
    for variable in make(run).container["env"]:
        assert variable.keys() <= {"name", "value", "valueFrom"}
        assert "secretKeyRef" not in variable.get("valueFrom", {})


@pytest.mark.parametrize("token", [True, False])
def test_the_token_for_kubernetes_is_there_only_where_it_is_used(run: Runner, token: bool) -> None:
    pod = make(run, token=token).pod
    assert pod["automountServiceAccountToken"] is token
    assert pod["serviceAccountName"] == names.SERVICE_ACCOUNT
    assert pod["enableServiceLinks"] is False


def test_the_image_is_the_settings(run: Runner) -> None:
    assert make(run, deployed(image="mirror/vault:2")).container["image"] == "mirror/vault:2"


def test_a_changed_configuration_shows_in_the_pods_template(run: Runner) -> None:
    def annotation(files: Mapping[str, str]) -> str:
        return str(make(run, files=files).template["metadata"]["annotations"]["checksum/config"])

    assert annotation(FILES) == annotation(dict(reversed(list(FILES.items())))) == checksum(FILES)
    for name in FILES:
        assert annotation({**FILES, name: "changed"}) != annotation(FILES)


def test_a_watched_server_knows_prometheus_authority_and_not_its_key(run: Runner) -> None:
    args = StatefulSetArgs(DEPLOYMENT, LAYOUT, True, FILES, True, metrics=True)
    made = StatefulSet(
        record(run, lambda opts: make_stateful_set("servers", args, opts))["servers"].values
    )
    assert made.mount_of(METRICS_CA_FILE)["name"] == "metrics"
    assert not made.writable(METRICS_CA_FILE)
    secret = made.volumes["metrics"]["secret"]
    assert secret["secretName"] == "vault-metrics-ca"
    assert secret["items"] == [{"key": "tls.crt", "path": "ca.crt"}]
    assert {"name": "metrics", "containerPort": 8203} in made.container["ports"]
    assert "metrics" not in make(run).volumes

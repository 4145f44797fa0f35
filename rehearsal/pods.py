"""Plays the part of the kubelet, of volumes and of the cluster's DNS for the Vault servers: what
the program stored in the Kubernetes API is admitted as pods there, and runs as processes here.

A server gets the files, the command and the environment that its pod would get; only addresses and
folders differ, and the block that would have it label its pod is left out, as Vault looks for the
API server's credentials in one fixed place of the file system. Deliberately knows nothing of what
the configuration says otherwise.
"""

from __future__ import annotations

import base64
import re
import shutil
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from components.cluster.layout import UNUSED_CLUSTER_PORT
from rehearsal.errors import NotYet, RehearsalError
from rehearsal.ports import LOOPBACK, free_port
from rehearsal.servers import vault
from rehearsal.servers.kubernetes import KubernetesApi
from rehearsal.supervisor import Supervisor, wait_until, write_private

Json = Mapping[str, Any]
Progress = Callable[[str], None]

_REGISTRATION: Final = re.compile(r'service_registration "kubernetes" \{\s*\}\n?')
_SECRET_PATIENCE: Final = timedelta(seconds=30)
_SHELL: Final = Path("/bin/sh")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a pod's ports are on this machine."""

    pod: str
    api_port: int
    cluster_port: int
    metrics_port: int
    unused_port: int
    """Of the metrics' listener, which opens one for other servers, too."""

    @property
    def address(self) -> str:
        return f"https://{LOOPBACK}:{self.api_port}"

    @property
    def metrics_address(self) -> str:
        return f"https://{LOOPBACK}:{self.metrics_port}"


class Pods:
    """The servers of one StatefulSet: their addresses from the beginning, they themselves once the
    StatefulSet is there. Meets `rehearsal.vaults.Vaults`.
    """

    def __init__(
        self,
        supervisor: Supervisor,
        binary: Path,
        kubernetes: KubernetesApi,
        ca_file: Path,
        environment: Mapping[str, str],
        count: int,
        progress: Progress,
    ) -> None:
        """`ca_file`: of the authority that issues the servers' certificate. `environment`: what a
        webhook for workload identity would add to the pods'.
        """
        self._supervisor, self._binary, self._kubernetes = supervisor, binary, kubernetes
        self.ca_file, self._environment, self._progress = ca_file, environment, progress
        self._places = [
            _Place(f"vault-{index}", *(free_port() for _ in range(4))) for index in range(count)
        ]
        self._servers: tuple[vault.VaultServer, ...] = ()
        self.watched = False
        """Whether the servers show their metrics to Prometheus."""

    @property
    def address(self) -> str:
        """The first server's, which is the one that is initialised."""
        return self._places[0].address

    @property
    def servers(self) -> tuple[vault.VaultServer, ...]:
        if not self._servers:
            raise RehearsalError("no Vault runs yet: the program declared no StatefulSet")
        return self._servers

    @property
    def metrics_addresses(self) -> Mapping[str, str]:
        """Server -> where its metrics are, if it shows them."""
        return {place.pod: place.metrics_address for place in self._places}

    def path(self, path: str) -> str:
        """Of a pod's volume: below the folder in which each server runs."""
        return path.removeprefix("/")

    def run(self, stateful_set: Json) -> None:
        """What the StatefulSet's controller, the scheduler and the kubelet would do. Returns when
        every server's API answers. Raises `RehearsalError`.
        """
        (container,) = stateful_set["spec"]["template"]["spec"]["containers"]
        self.watched = any(port["name"] == "metrics" for port in container["ports"])
        with ThreadPoolExecutor() as pool:
            self._servers = tuple(
                pool.map(lambda place: self._start(place, stateful_set), self._places)
            )

    def _start(self, place: _Place, stateful_set: Json) -> vault.VaultServer:
        return self.start(self._kubernetes.apply(pod_of(stateful_set, place.pod)))

    def start(self, pod: Json, binary: Path | None = None) -> vault.VaultServer:
        """What the kubelet does with a pod: volumes, then the process. A pod that comes again finds
        its disks as they were, and all else anew. `binary`: Vault's, if not the scene's own.
        """
        (place,) = (one for one in self._places if one.pod == pod["metadata"]["name"])
        folder = self._supervisor.folder / place.pod
        folder.mkdir(mode=0o700, exist_ok=True)
        (container,) = pod["spec"]["containers"]
        rewrite = _Rewriting(place, self._places, pod, container, folder)
        for mount in container["volumeMounts"]:
            (volume,) = (one for one in pod["spec"]["volumes"] if one["name"] == mount["name"])
            self._mount(volume, folder / mount["mountPath"].lstrip("/"), pod, rewrite)
        program, *arguments = map(rewrite, container["command"])
        if Path(program) != _SHELL:
            raise RehearsalError(f"{place.pod}: its command is not {_SHELL} but {program}")
        server = vault.start_command(
            self._supervisor,
            [_SHELL, *arguments],
            place.address,
            env=self._environment_of(container, pod, rewrite, binary or self._binary),
            name=place.pod,
            folder=folder,
            ca_file=self.ca_file,
        )
        self._progress(f"{place.pod} answers on {place.address}")
        self._servers = tuple(server if one.name == server.name else one for one in self._servers)
        return server

    def again(self, name: str) -> None:
        """Start a container once more whose process ended, as the kubelet does after a crash: the
        pod is the same, and so are all its files.
        """
        self._servers = tuple(one.again() if one.name == name else one for one in self._servers)

    def _mount(self, volume: Json, path: Path, pod: Json, rewrite: _Rewriting) -> None:
        if "persistentVolumeClaim" not in volume and path.is_dir():
            shutil.rmtree(path)
        path.mkdir(parents=True, mode=0o700, exist_ok=True)
        namespace = pod["metadata"]["namespace"]
        if "configMap" in volume:
            stored = self._kubernetes.get("v1", "ConfigMap", volume["configMap"]["name"], namespace)
            for name, text in stored["data"].items():
                write_private(path / name, rewrite(text))
        elif "secret" in volume:
            secret = self._awaited_secret(volume["secret"]["secretName"], namespace)["data"]
            items = volume["secret"].get("items")
            named = {one["key"]: one["path"] for one in items} if items else {k: k for k in secret}
            for key, name in named.items():
                write_private(path / name, base64.b64decode(secret[key]).decode())
        elif "projected" in volume:
            return  # the token for Kubernetes' own API, see above
        elif not {"emptyDir", "persistentVolumeClaim"} & volume.keys():
            raise RehearsalError(f"the rehearsal does not know the volume {volume}; teach pods.py")

    def _awaited_secret(self, name: str, namespace: str) -> Json:
        """A kubelet waits for it too: cert-manager takes its time."""

        def look() -> Json:
            try:
                return self._kubernetes.get("v1", "Secret", name, namespace)
            except RehearsalError as error:
                raise NotYet(str(error)) from None

        return wait_until(look, awaited=f"Secret {name}", patience=_SECRET_PATIENCE)

    def _environment_of(
        self, container: Json, pod: Json, rewrite: _Rewriting, binary: Path
    ) -> Mapping[str, str]:
        """As the kubelet makes it: values may name variables before them."""
        known: dict[str, str] = {}
        for variable in container["env"]:
            if "valueFrom" in variable:
                value = _field(pod, variable["valueFrom"]["fieldRef"]["fieldPath"])
            else:
                value = variable.get("value", "")
                for name, earlier in known.items():
                    value = value.replace(f"$({name})", earlier)
            known[variable["name"]] = value
        return {
            "PATH": f"{binary.parent}:/usr/bin:/bin",
            # So that nothing outlives a server that was killed by more than a second.
            "CERTIFICATE_LOOK_SECONDS": "1",
            **{name: rewrite(value) for name, value in known.items()},
            **self._environment,
        }


def pod_of(stateful_set: Json, name: str) -> Json:
    """The pod that the controller would make."""
    metadata, spec = stateful_set["metadata"], stateful_set["spec"]
    template = spec["template"]
    claims = [
        {
            "name": claim["metadata"]["name"],
            "persistentVolumeClaim": {"claimName": f"{claim['metadata']['name']}-{name}"},
        }
        for claim in spec["volumeClaimTemplates"]
    ]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": metadata["namespace"],
            "labels": {
                **template["metadata"]["labels"],
                "apps.kubernetes.io/pod-index": name.rpartition("-")[2],
                "statefulset.kubernetes.io/pod-name": name,
            },
            "annotations": template["metadata"].get("annotations", {}),
        },
        "spec": {
            **template["spec"],
            "hostname": name,
            "subdomain": spec["serviceName"],
            "volumes": [*template["spec"].get("volumes", []), *claims],
        },
    }


def _field(pod: Json, path: str) -> str:
    value: Any = pod
    for part in path.split("."):
        value = value[part]
    return str(value)


class _Rewriting:
    """From a pod's addresses and folders to this machine's."""

    def __init__(
        self, own: _Place, places: list[_Place], pod: Json, container: Json, folder: Path
    ) -> None:
        namespace = pod["metadata"]["namespace"]
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        api, cluster = ports["https"], ports["https-internal"]
        subdomain = pod["spec"]["subdomain"]
        pairs = {
            f"0.0.0.0:{api}": f"{LOOPBACK}:{own.api_port}",
            f"0.0.0.0:{cluster}": f"{LOOPBACK}:{own.cluster_port}",
            f"https://{LOOPBACK}:{api}": own.address,
            f"https://localhost:{api}": own.address,
        }
        if "metrics" in ports:
            pairs[f"0.0.0.0:{ports['metrics']}"] = f"{LOOPBACK}:{own.metrics_port}"
            pairs[f"{LOOPBACK}:{UNUSED_CLUSTER_PORT}"] = f"{LOOPBACK}:{own.unused_port}"
        for place in places:
            host = f"https://{place.pod}.{subdomain}"
            pairs[f"{host}:{api}"] = place.address
            pairs[f"{host}:{cluster}"] = f"https://{LOOPBACK}:{place.cluster_port}"
        for mount in container["volumeMounts"]:
            pairs[mount["mountPath"]] = str(folder / mount["mountPath"].lstrip("/"))
        self._pattern = re.compile("|".join(sorted(map(re.escape, pairs), key=len, reverse=True)))
        self._pairs = pairs
        # The service that follows the leader: here each server speaks for itself.
        self._of_service = re.compile(rf"https://[\w-]+\.{namespace}\.svc\.[\w.]+:{api}")
        self._own = own.address

    def __call__(self, text: str) -> str:
        text = _REGISTRATION.sub("", self._of_service.sub(self._own, text))
        return self._pattern.sub(lambda found: self._pairs[found[0]], text)

"""The live monitor: takes the place of Pulumi's engine and really makes what the program declares.

A resource whose type it does not know stops the rehearsal with its name: nothing is skipped in
silence. It keeps no state and compares nothing: a rehearsal starts from empty servers.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Mapping
from typing import Any

from pulumi.runtime import mocks
from pulumi.runtime.rpc import _special_secret_sig, _special_sig_key

from components.bootstrap.ceremony import BootstrapError
from components.bootstrap.ci_login import TOKEN_VARIABLE
from rehearsal.errors import RehearsalError
from rehearsal.journal import Journal
from rehearsal.resources import Made, Maker, Properties, aws, dynamic, kubernetes, random, vault
from rehearsal.servers.aws import AwsServer
from rehearsal.servers.kubernetes import KubernetesApi
from rehearsal.vault_api import VaultApi

_VAULT_PROVIDER = "pulumi:providers:vault"
_KUBERNETES_PROVIDER = "pulumi:providers:kubernetes"
# What the program asks the engine to keep secret; the mocks' interface does not tell.
_SECRET_OF_DYNAMIC = frozenset({"given_secret_id", "secret_id", "shares"})


class LiveMonitor(mocks.Mocks):
    """Makes resources on real servers. `made` is told of each, from several threads. Without
    `aws_server` it knows no AWS resource. `stored` is told of each Kubernetes object, and what it
    does about it is done before the resource counts as made. `path`: what servers are told instead
    of an absolute path. `journal`: is told of every request to Vault but first contact's.
    """

    def __init__(
        self,
        kubernetes_api: KubernetesApi,
        ca_file: str,
        made: Callable[[str, str], None],
        aws_server: AwsServer | None = None,
        stored: Callable[[Properties], None] = lambda _stored: None,
        path: Callable[[str], str] = lambda path: path,
        journal: Journal | None = None,
    ) -> None:
        self._kubernetes, self._ca_file, self._made = kubernetes_api, ca_file, made
        self._aws, self._stored, self._path = aws_server, stored, path
        self._journal = journal
        self._vaults: dict[str, VaultApi] = {}
        self._makers: dict[str, Mapping[str, Maker]] = {}  # by their provider's name
        self._lock = threading.Lock()
        self._random = random.makers()
        self.outputs: dict[str, Properties] = {}
        """Name of a dynamic resource -> what it returned, secrets included."""

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        inputs = unwrap(args.inputs)
        try:
            made = self._make(args, inputs)
        except (RehearsalError, BootstrapError) as error:
            raise RehearsalError(f"{args.typ} {args.name}: {error}") from error
        self._made(args.typ, args.name)
        outputs = {key: _wrap(value, key in made.secret) for key, value in made.outputs.items()}
        return made.id, {**args.inputs, **outputs}

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        raise RehearsalError(f"the rehearsal does not know the function {args.token}")

    def _make(self, args: mocks.MockResourceArgs, inputs: Properties) -> Made:
        if args.typ.startswith("vaultstack:"):  # a component is made of its children
            return Made("", {})
        if args.typ == _KUBERNETES_PROVIDER:  # there is one cluster, whatever its context's name
            return Made(args.name, {})
        if args.typ == _VAULT_PROVIDER:
            return self._vault_provider(args.name, inputs)
        if args.typ.startswith("vault:"):
            return self._by_provider(args, inputs)
        if args.typ == aws.PROVIDER and self._aws is not None:
            return self._knows(args.name, aws.makers(aws.connect(self._aws, inputs)))
        if args.typ.startswith(aws.PREFIX) and self._aws is not None:
            return self._by_provider(args, inputs)
        if args.typ.startswith(dynamic.PREFIX):
            made = dynamic.make(inputs, _SECRET_OF_DYNAMIC)
            self.outputs[args.name] = made.outputs
            return made
        if args.typ.startswith(kubernetes.PREFIX):
            return kubernetes.make(self._kubernetes, inputs, self._stored)
        if args.typ in self._random:
            return self._random[args.typ](inputs)
        raise RehearsalError("the rehearsal does not know this type; teach rehearsal/resources/")

    def _vault_provider(self, name: str, inputs: Properties) -> Made:
        api = VaultApi(inputs["address"], self._ca_file, journal=self._journal)
        session = log_in(api, inputs)
        with self._lock:
            self._vaults[name] = session
        return self._knows(name, vault.makers(session, self._path))

    def _knows(self, provider: str, makers: Mapping[str, Maker]) -> Made:
        with self._lock:
            self._makers[provider] = makers
        return Made(provider, {})

    def _by_provider(self, args: mocks.MockResourceArgs, inputs: Properties) -> Made:
        with self._lock:
            makers = self._makers.get((args.provider or "").rsplit("::", 1)[-1])
        if makers is None:
            raise RehearsalError("has no provider: pass it one, or give it a parent that has")
        if args.typ not in makers:
            package = args.typ.partition(":")[0]
            raise RehearsalError(
                f"the rehearsal does not know this type; teach rehearsal/resources/{package}.py"
            )
        return makers[args.typ](inputs)

    @property
    def provisioner(self) -> VaultApi:
        """Vault as the provisioner."""
        (api,) = self._vaults.values()
        return api


def log_in(api: VaultApi, inputs: Properties) -> VaultApi:
    """As the real provider would, whose own inputs arrive as JSON text."""
    path, parameters = _login(inputs)
    answer = api.call("POST", path, parameters)
    if not answer.allowed:
        raise RehearsalError(
            f"the provisioner cannot log in at {path.removesuffix('/login')}: Vault said "
            f"{answer.status}: {answer.errors}"
        )
    return api.with_token(answer.body["auth"]["client_token"])


def _login(inputs: Properties) -> tuple[str, Properties]:
    """Where the provider logs in, and with what."""
    if "authLoginJwt" in inputs:
        by_token = _json(inputs["authLoginJwt"])
        token = os.environ.get(TOKEN_VARIABLE, "")
        return f"auth/{by_token['mount']}/login", {"role": by_token["role"], "jwt": token}
    login = _json(inputs["authLogin"])
    return login["path"], unwrap(login["parameters"])


def unwrap(value: Any) -> Any:
    """Replace Pulumi's wire form of secrets by what is in it, at any depth; on the wire every
    number is a float, and Vault wants whole ones.
    """
    if isinstance(value, Mapping):
        if value.get(_special_sig_key) == _special_secret_sig:
            return unwrap(value["value"])
        return {key: unwrap(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [unwrap(inner) for inner in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _wrap(value: Any, secret: bool) -> Any:
    return {_special_sig_key: _special_secret_sig, "value": value} if secret else value


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value

"""A new secret ID of an AppRole, response-wrapped, laid into one key of a Kubernetes Secret.

The job never sees the secret ID: Vault gives it a token with which that can be unwrapped, once.
Those that it issued before are destroyed by the first run after their overlap. It knows them by
their accessors, which it keeps on the Lease, and so touches none that somebody else issued. A
secret ID also ends by itself, after the time that its role says.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any

from vaultstack_jobs.clock import from_text, to_text
from vaultstack_jobs.cluster import ClusterError, ClusterUnavailableError
from vaultstack_jobs.configuration import SecretId
from vaultstack_jobs.outcomes import FailedError
from vaultstack_jobs.tasks import Bench
from vaultstack_jobs.vault import VaultRefusedError


class SecretIdRotation:
    """The task, by `SecretId`. Keeps which accessor is in use, and when the earlier ones ended."""

    def __init__(self, bench: Bench, task: SecretId) -> None:
        self._bench, self._task = bench, task
        self._role = f"auth/approle/role/{task.role}"

    @property
    def subject(self) -> str:
        return f"{self._task.role}: secret ID"

    def last_done(self, _: datetime | None, /) -> datetime | None:
        """Vault tells it to those only who may look at secret IDs, which the job need not."""
        return None

    def start(self) -> None:
        turn, secret = self._bench.turn, self._task.secret
        turn.remember({"of": self.subject})
        wrapped = self._issue()
        accessor = str(wrapped["wrapped_accessor"])
        turn.remember({"of": self.subject, "accessor": accessor})
        try:
            self._bench.cluster.set_secret_key(
                secret.namespace, secret.name, secret.key, wrapped["token"]
            )
        except ClusterUnavailableError:
            raise  # it may be there: the next run ends it in good time
        except ClusterError as error:
            self._destroy(accessor)
            turn.forget()
            raise FailedError(str(error)) from error
        self._replace_current(accessor)
        self._bench.log.step(
            "handed over",
            what=self.subject,
            secret=f"{secret.namespace}/{secret.name}",
            key=secret.key,
            unwrap_within_seconds=self._task.wrap_ttl_seconds,
        )

    def resume(self, pending: Mapping[str, Any], /) -> None:
        """Nobody knows what became of that one: it ends like one that was in use."""
        if "accessor" in pending:
            self._replace_current(str(pending["accessor"]))
        self.start()

    def tidy(self) -> None:
        """Destroy what is past its overlap."""
        memory = dict(self._bench.turn.memory)
        ended = dict(memory.get("ended", {}))
        now = self._bench.clock.now()
        for accessor, since in tuple(ended.items()):
            if (now - from_text(since)).total_seconds() < self._task.overlap_seconds:
                continue
            self._bench.turn.hold()
            self._destroy(accessor)
            del ended[accessor]
            self._bench.turn.keep({**memory, "ended": ended})
            self._bench.log.step("destroyed an old one", what=self.subject, replaced_at=since)

    def _issue(self) -> Mapping[str, Any]:
        try:
            answer = self._bench.vault.request(
                "POST",
                f"{self._role}/secret-id",
                {"metadata": json.dumps({"issued_by": self._bench.rotation.name})},
                headers={"X-Vault-Wrap-TTL": f"{self._task.wrap_ttl_seconds}s"},
            )
        except VaultRefusedError as error:
            self._bench.turn.forget()
            raise FailedError(str(error)) from error
        wrapped: Mapping[str, Any] = answer["wrap_info"]
        return wrapped

    def _replace_current(self, accessor: str) -> None:
        memory = self._bench.turn.memory
        ended = dict(memory.get("ended", {}))
        if current := memory.get("current"):
            ended[current] = to_text(self._bench.clock.now())
        self._bench.turn.keep({"current": accessor, "ended": ended})

    def _destroy(self, accessor: str) -> None:
        try:
            self._bench.vault.request(
                "POST",
                f"{self._role}/secret-id-accessor/destroy",
                {"secret_id_accessor": accessor},
            )
        except VaultRefusedError as error:
            if error.status != HTTPStatus.NOT_FOUND:  # which says that it has ended by itself
                raise

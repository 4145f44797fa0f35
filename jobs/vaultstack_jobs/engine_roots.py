"""What Vault rotates by itself when told to: a database's administrator, a static database user,
the AWS engine's own key. Nobody but Vault ever knows the new value.

Vault has its own log of a rotation that is under way, and completes or undoes it. If its answer is
lost, the next run rotates once more, which does no harm.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from vaultstack_jobs.clock import from_text
from vaultstack_jobs.configuration import AwsRoot, DatabaseRoot, DatabaseStatic
from vaultstack_jobs.outcomes import FailedError
from vaultstack_jobs.tasks import Bench
from vaultstack_jobs.vault import VaultRefusedError, data_of


class EngineRootRotation:
    """The task, by any of the three."""

    def __init__(self, bench: Bench, task: DatabaseRoot | DatabaseStatic | AwsRoot) -> None:
        self._bench, self._task = bench, task

    @property
    def subject(self) -> str:
        return self._path

    @property
    def _path(self) -> str:
        match self._task:
            case DatabaseRoot(connection=connection):
                return f"database/rotate-root/{connection}"
            case DatabaseStatic(role=role):
                return f"database/rotate-role/{role}"
            case AwsRoot():
                return "aws/config/rotate-root"

    def last_done(self, _: datetime | None, /) -> datetime | None:
        """Vault tells it of static users only."""
        if not isinstance(self._task, DatabaseStatic):
            return None
        role = self._bench.vault.request("GET", f"database/static-roles/{self._task.role}")
        last = data_of(role).get("last_vault_rotation")
        return from_text(last) if last else None

    def start(self) -> None:
        turn, log = self._bench.turn, self._bench.log
        turn.remember({"of": self.subject})
        try:
            answer = self._bench.vault.request("POST", self._path, {})
        except VaultRefusedError as error:
            turn.forget()
            raise FailedError(f"{error}{self._advice}") from error
        # An AWS key has an ID, which is no secret: AWS's own log names it.
        key_id = data_of(answer).get("access_key")
        log.step("rotated", what=self.subject, **({"key_id": key_id} if key_id else {}))

    def resume(self, _: Mapping[str, Any], /) -> None:
        self.start()

    def tidy(self) -> None:
        """Nothing is left for later."""

    @property
    def _advice(self) -> str:
        match self._task:
            case AwsRoot():
                return (
                    "; an IAM user has at most two keys, and the engine's needs iam:GetUser, "
                    "iam:CreateAccessKey and iam:DeleteAccessKey of itself"
                )
            case _:
                return "; see that the database answers, and that the administrator may log in"

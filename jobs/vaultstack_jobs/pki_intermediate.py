"""A new key and certificate for the CA that issues to workloads, signed by the root beside it.

The new one becomes the mount's default, which the roles follow. The old one may sign no certificate
from then on, but keeps its CRL and OCSP for as long as it is there: what it issued goes on until it
ends. Neither key ever leaves Vault. Deliberately deletes nothing: who may delete an issuer could
delete the one in use, and Vault's own tidying removes expired ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from vaultstack_jobs.ca_profile import CaProfile, profile_of
from vaultstack_jobs.clock import to_text
from vaultstack_jobs.configuration import PkiIntermediate
from vaultstack_jobs.outcomes import FailedError, HalfWayError
from vaultstack_jobs.tasks import Bench
from vaultstack_jobs.vault import MERGE_PATCH, Json, VaultRefusedError, data_of

_DELAY: Final = timedelta(minutes=10)  # that may pass between signing and looking
_REVOKING_ONLY: Final = "read-only,crl-signing,ocsp-signing"


class PkiIntermediateRotation:
    """The task, by `PkiIntermediate`."""

    def __init__(self, bench: Bench, task: PkiIntermediate) -> None:
        self._bench, self._task = bench, task

    @property
    def subject(self) -> str:
        return f"{self._task.mount}: intermediate CA"

    def last_done(self, _: datetime | None, /) -> datetime | None:
        """What the certificate in use says itself."""
        return self._profile(self._default()).since

    def start(self) -> None:
        old = self._default()
        profile = self._profile(old)
        self._bench.turn.remember({"of": self.subject, "old": old})
        try:
            new = self._make(profile)
        except VaultRefusedError as error:
            # At most a key without a certificate is left behind, which nothing uses.
            self._bench.turn.forget()
            raise FailedError(str(error)) from error
        self._bench.turn.remember({"of": self.subject, "old": old, "new": new})
        self._bench.log.step("signed", what=self.subject, issuer=new)
        self._switch(old, new)

    def resume(self, pending: Mapping[str, Any], /) -> None:
        if "new" in pending:
            self._switch(str(pending["old"]), str(pending["new"]))
        elif self._default() != pending["old"]:
            raise FailedError(
                f"{self.subject}: the default issuer was changed by somebody else while a run was "
                f"making a new one; fix: see that it is right, then remove what is pending"
            )
        else:
            self.start()

    def tidy(self) -> None:
        """Nothing is left for later."""

    def _make(self, profile: CaProfile) -> str:
        """The new issuer, imported but not used yet."""
        task = self._task
        subject = {"common_name": task.common_name, "organization": list(profile.organizations)}
        key = {"key_type": profile.key_type, "key_bits": profile.key_bits}
        self._bench.turn.hold()
        request = self._write(f"{task.mount}/intermediate/generate/internal", {**subject, **key})
        signed = self._write(
            f"{task.root_mount}/root/sign-intermediate",
            {
                **subject,
                "csr": request["csr"],
                "ttl": f"{task.ttl_seconds}s",
                # As text: so an ACL policy can say which length, for it compares texts only.
                "max_path_length": str(
                    -1 if profile.max_path_length is None else profile.max_path_length
                ),
            },
        )
        self._check(signed)
        chain = dict.fromkeys([signed["certificate"], *signed["ca_chain"]])
        self._bench.turn.hold()
        imported = self._write(
            f"{task.mount}/intermediate/set-signed", {"certificate": "\n".join(chain)}
        )
        for issuer, key_id in imported["mapping"].items():
            if key_id == request["key_id"]:
                return str(issuer)
        raise HalfWayError(f"{self.subject}: Vault took the new certificate without its key")

    def _check(self, signed: Json) -> None:
        """Vault shortens what would outlive the root. Raises `FailedError` where too little is left
        to be renewed once more, and once missed.
        """
        made, now = profile_of(signed["certificate"]), self._bench.clock.now()
        left, least = made.until - now, timedelta(seconds=2 * self._bench.rotation.interval_seconds)
        if left < least - _DELAY:
            self._bench.turn.forget()
            raise FailedError(
                f"{self.subject}: the root ends at {to_text(made.until)}, and so would the new "
                "certificate, before it can be renewed and that be missed once; fix: renew the root"
            )
        if left < timedelta(seconds=self._task.ttl_seconds) - _DELAY:
            self._bench.log.warning("ends with the root", until=to_text(made.until))

    def _switch(self, old: str, new: str) -> None:
        """Each step may be done twice."""
        mount, vault, turn = self._task.mount, self._bench.vault, self._bench.turn
        profile = self._profile(new)
        turn.hold()
        name = f"intermediate-{profile.since:%Y%m%d%H%M%S}"
        vault.request("PATCH", f"{mount}/issuer/{new}", {"issuer_name": name}, headers=MERGE_PATCH)
        vault.request("POST", f"{mount}/config/issuers", {"default": new})
        if self._default() != new:
            raise HalfWayError(f"{self.subject}: Vault did not make issuer {new} the default")
        turn.hold()
        usage = {"usage": _REVOKING_ONLY}
        vault.request("PATCH", f"{mount}/issuer/{old}", usage, headers=MERGE_PATCH)
        self._bench.log.step(
            "in use",
            what=self.subject,
            issuer=new,
            issuer_name=name,
            until=to_text(profile.until),
            only_revokes=old,
        )

    def _default(self) -> str:
        answer = self._bench.vault.request("GET", f"{self._task.mount}/config/issuers")
        default = str(data_of(answer).get("default") or "")
        if not default:
            raise FailedError(f"{self.subject}: there is none to renew; fix: run `pulumi up`")
        return default

    def _profile(self, issuer: str) -> CaProfile:
        answer = self._bench.vault.request("GET", f"{self._task.mount}/issuer/{issuer}")
        try:
            return profile_of(str(data_of(answer)["certificate"]))
        except ValueError as error:
            raise FailedError(f"{self.subject}: issuer {issuer}: {error}") from error

    def _write(self, path: str, body: Json) -> Json:
        return data_of(self._bench.vault.request("POST", path, body))

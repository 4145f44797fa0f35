"""What a job's task gives it in Kubernetes, as powers: no ACL policy says so, and it may be more.

The rights are those that components/operations/rotation/access.py makes. That the cluster holds a
job to restarting is an admission policy's doing (restarts.py beside it): while that is not there,
and for whoever may remove it, `restart-deployments` is the right to run anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from policies.escalation.holding import Held
from policies.escalation.power import PATCH, Effect, Power
from policies.plan import Rotation

RESTART: Final = Power(
    "restart-deployments",
    Effect.HARM,
    (),
    "it reads the Deployment, with all that stands in clear in its pods' environment, and restarts "
    "them whenever and as often as it likes, into whatever the image's tag, the ConfigMaps and the "
    "Secrets that they name are by then; without the admission policy that holds it to one "
    "annotation it could run any image there, as any service account of the namespace and with any "
    "of its Secrets",
)
WRITE_SECRET: Final = Power(
    "write-secrets",
    Effect.MORE,
    (),
    "it reads all of the Secret, too, for an empty patch answers with it; and whoever fetches a "
    "secret ID there logs in with whichever it put there",
)
IN_KUBERNETES: Final = (RESTART, WRITE_SECRET)


def held_by_job(rotation: Rotation) -> tuple[Held, ...]:
    """The witness is `<kind>/<name>`, and in which namespace."""
    return tuple(_held(rotation))


def _held(rotation: Rotation) -> Iterator[Held]:
    tell: Any = rotation.task.get("tell")
    if tell and tell.get("type") == "restart":
        place = f"deployments/{tell.get('deployment')} in {tell.get('namespace')}"
        yield Held(RESTART, PATCH, place)
    secret: Any = rotation.task.get("secret")
    if secret:
        place = f"secrets/{secret.get('name')} in {secret.get('namespace')}"
        yield Held(WRITE_SECRET, PATCH, place)

"""The two shell scripts of a server's pod. They lie beside its configuration: in a pod's `command`
Kubernetes would change their dollar signs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from components.cluster.layout import LOOPBACK, Layout
from components.cluster.pod_config import AUDIT_FILE, CERTIFICATE, CONFIG_FILE
from components.settings.deployment import API_PORT
from components.settings.quantity import Bytes

START_FILE: Final = "start.sh"
READY_FILE: Final = "ready.sh"
# The one that is written, and old ones.
_FILES: Final = 10


@dataclass(frozen=True, slots=True)
class Rotation:
    """When the audit file makes way for a new one, and how much of the old ones stays. In bytes."""

    file: int
    """From this size on; it grows on until somebody looks."""
    kept: int
    """Of all old ones together. The oldest go first, the newest never."""

    @classmethod
    def within(cls, volume: Bytes) -> Rotation:
        """All together four fifths of the volume; the rest is for what comes between two looks."""
        bound = volume.share(80).count
        return cls(bound // _FILES, bound - bound // _FILES)


def start(rotation: Rotation) -> str:
    """Starts Vault."""
    return f"""\
# Vault reads its certificate again, and opens its audit file anew, when it is told to. So that a
# renewed certificate needs no restart, and the audit file never fills its volume, a shell beside it
# looks at both. Vault takes this shell's place: signals reach it.
certificate() {{ cksum < {CERTIFICATE.certificate}; }}
size() {{ if [ -f "$1" ]; then stat -c %s "$1"; else echo 0; fi; }}
log={AUDIT_FILE}
# Vault writes on to a file that was renamed, until it opens the new one: nothing is lost.
rotate() {{
  [ "$(size "$log")" -ge {rotation.file} ] || return 0
  newest=$log.$(date -u +%Y%m%dT%H%M%SZ)
  [ ! -e "$newest" ] || return 0
  mv "$log" "$newest" && kill -HUP $$ || return 0
  sum=0
  for old in "$log".*; do sum=$((sum + $(size "$old"))); done
  for old in "$log".*; do
    [ "$sum" -gt {rotation.kept} ] && [ "$old" != "$newest" ] || break
    sum=$((sum - $(size "$old"))); rm -f "$old"
  done
}}
seen=$(certificate) # before Vault reads it, so that no change falls in between
(
  while sleep "${{CERTIFICATE_LOOK_SECONDS:-30}}" && kill -0 $$ 2> /dev/null; do
    now=$(certificate)
    [ "$now" = "$seen" ] || {{ kill -HUP $$ && seen=$now; }}
    rotate
  done
) &
exec vault server -config={CONFIG_FILE}
"""


_ASK = f"""\
ask() {{ wget -q -O "$1" --no-check-certificate "$2"; }}
health() {{ ask /dev/null "https://{LOOPBACK}:{API_PORT}/v1/sys/health?standbyok=true$1"; }}\
"""


def ready(layout: Layout, *, raft: bool) -> str:
    """Whether the pod may get traffic; ends with 0 where it may."""
    peers = " ".join(f"https://{layout.peer_host(pod)}:{API_PORT}" for pod in layout.pods[1:])
    if not raft:
        return f"""\
# There is no other server that could do better: also one that waits for first contact, or to be
# unsealed, gets the traffic.
{_ASK}
health '&uninitcode=200&sealedcode=200'
"""
    return f"""\
{_ASK}
# A sealed server gets no traffic, nor does one without a leader.
health '' && exit 0
# One that is not initialised gets it only if it is the first, where the program's first contact
# happens, and only while no other is initialised: else it has lost its disk, and whoever
# initialised it would make a second Vault under the first one's name.
case "$POD_NAME" in *-0) ;; *) exit 1 ;; esac
health '&uninitcode=200' || exit 1
for peer in {peers}; do
  ask - "$peer/v1/sys/init" | grep -q '"initialized":false' || exit 1
done
"""

"""The two shell scripts of a server's pod. They lie beside its configuration: in a pod's `command`
Kubernetes would change their dollar signs.
"""

from __future__ import annotations

from typing import Final

from components.cluster.layout import LOOPBACK, Layout
from components.cluster.pod_config import CERTIFICATE, CONFIG_FILE
from components.settings.deployment import API_PORT

START_FILE: Final = "start.sh"
READY_FILE: Final = "ready.sh"

START: Final = f"""\
# Vault reads its certificate again when it is told to. So that a renewed one needs no restart, a
# shell beside it looks for changes. Vault takes this shell's place: signals reach it.
certificate() {{ cksum < {CERTIFICATE.certificate}; }}
seen=$(certificate) # before Vault reads it, so that no change falls in between
(
  while sleep "${{CERTIFICATE_LOOK_SECONDS:-30}}" && kill -0 $$ 2> /dev/null; do
    now=$(certificate)
    [ "$now" = "$seen" ] || {{ kill -HUP $$ && seen=$now; }}
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

"""The injector that gives pods an agent for their secrets, and all it needs."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_kubernetes import core, meta, networking, policy, rbac

from components.certificate import make_certificate
from components.delivery.authority import make_authority
from components.delivery.injector import layout as names
from components.delivery.injector.layout import Layout
from components.delivery.injector.pods import make_deployment
from components.delivery.injector.webhook import make_webhook
from components.delivery.namespace import make_closed_namespace
from components.kubernetes_cluster import make_provider
from components.namespace import PodSecurity
from components.options import after
from components.peers import Ingress, allow, networks, tcp, to_api_server
from components.rights import account, bind_everywhere, make_account
from components.settings import DeliverySettings, InjectorSettings, IssuerReference
from policies.plan import Plan


@dataclass(frozen=True)
class AgentInjectorArgs:
    """`injector` is what the settings say of this way alone, `settings` what both ways share. The
    plan names the namespaces whose pods may ask for an agent.
    """

    settings: DeliverySettings
    injector: InjectorSettings
    plan: Plan
    protect: bool
    """Whether the namespace may not be deleted."""


class AgentInjector(pulumi.ComponentResource):
    """Vault's own injector, for the namespaces of the matrix' workloads and no others.

    Deliberately does not talk to Vault, holds no secret but its certificate's key, and changes
    nothing in Kubernetes: it only answers the API server.
    """

    def __init__(
        self, name: str, args: AgentInjectorArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("vaultstack:delivery:AgentInjector", name, None, opts)
        settings, injector = args.settings, args.injector
        self._layout = layout = Layout.of(settings.kubernetes)
        provider = make_provider(
            f"{name}-kubernetes", settings.kubernetes, pulumi.ResourceOptions(parent=self)
        )
        inside = pulumi.ResourceOptions(parent=self, provider=provider)
        namespace = make_closed_namespace(
            f"{name}-namespace",
            layout.namespace,
            PodSecurity.RESTRICTED,
            inside,
            protect=args.protect,
        )
        self._after = after(inside, namespace)
        needed: list[pulumi.Resource] = [
            self._network(f"{name}-network", settings),
            *self._account(f"{name}-account"),
            self._service(f"{name}-service"),
        ]
        if issuer := injector.serving.issuer:
            needed.append(self._certificate(f"{name}-certificate", issuer))
        if injector.replicas > 1:
            self._disruption_budget(f"{name}-disruption-budget")
        authority = make_authority(
            f"{name}-authority", layout.namespace, settings.authority, self._after
        )
        if authority:
            needed.append(authority.made)
        deployment = make_deployment(
            f"{name}-deployment",
            layout,
            settings,
            injector,
            authority,
            after(self._after, needed),
        )
        make_webhook(
            f"{name}-webhook",
            layout,
            served_namespaces(args.plan, settings),
            injector.serving,
            injector.failure_policy,
            # Before somebody answers, asking would only hold pods up.
            after(inside, [deployment]),
        )
        self.register_outputs({"namespace": layout.namespace})

    def _metadata(self) -> meta.v1.ObjectMetaArgs:
        return meta.v1.ObjectMetaArgs(
            name=names.NAME, namespace=self._layout.namespace, labels=names.LABELS
        )

    def _network(self, name: str, settings: DeliverySettings) -> networking.v1.NetworkPolicy:
        """The API server calls it, and it watches the API server. The rest of the cluster's nodes
        are in these networks too: what it answers to anybody is no secret.
        """
        callers = networks(settings.api_server_cidrs)
        return allow(
            name,
            self._metadata(),
            self._after,
            pods=names.SELECTOR,
            ingress=[Ingress(from_=callers, ports=tcp(names.PORT))],
            egress=[to_api_server(settings.api_server_cidrs)],
        )

    def _account(self, name: str) -> list[pulumi.Resource]:
        """vault-k8s takes no certificate into use before it sees the webhooks, so it may look at
        them. It would also write its CA there, if it made its own: that it may not.
        """
        own = make_account(name, self._metadata(), self._after)
        metadata = meta.v1.ObjectMetaArgs(name=self._layout.namespace, labels=names.LABELS)
        role = rbac.v1.ClusterRole(
            f"{name}-role",
            metadata=metadata,
            rules=[
                rbac.v1.PolicyRuleArgs(
                    api_groups=["admissionregistration.k8s.io"],
                    resources=["mutatingwebhookconfigurations"],
                    verbs=["get", "list", "watch"],
                )
            ],
            opts=self._after,
        )
        binding = bind_everywhere(
            f"{name}-binding",
            self._layout.namespace,
            metadata,
            account(self._layout.namespace, names.NAME),
            after(self._after, [role]),
        )
        return [own, binding]

    def _service(self, name: str) -> core.v1.Service:
        return core.v1.Service(
            name,
            metadata=meta.v1.ObjectMetaArgs(
                name=names.NAME,
                namespace=self._layout.namespace,
                labels=names.LABELS,
                # It has no endpoints before the pods are there, which wait for it.
                annotations={"pulumi.com/skipAwait": "true"},
            ),
            spec=core.v1.ServiceSpecArgs(
                type="ClusterIP",
                selector=names.SELECTOR,
                ports=[core.v1.ServicePortArgs(name="https", port=443, target_port="https")],
            ),
            opts=self._after,
        )

    def _certificate(self, name: str, issuer: IssuerReference) -> pulumi.Resource:
        return make_certificate(
            name,
            self._metadata(),
            issuer,
            names.SERVING_SECRET,
            self._layout.host_names,
            ["digital signature", "server auth"],
            self._after,
        )

    def _disruption_budget(self, name: str) -> policy.v1.PodDisruptionBudget:
        """One may go on purpose; one that is not ready always: it answers nobody where it is."""
        return policy.v1.PodDisruptionBudget(
            name,
            metadata=self._metadata(),
            spec=policy.v1.PodDisruptionBudgetSpecArgs(
                max_unavailable=1,
                selector=meta.v1.LabelSelectorArgs(match_labels=names.SELECTOR),
                unhealthy_pod_eviction_policy="AlwaysAllow",
            ),
            opts=self._after,
        )


def served_namespaces(plan: Plan, settings: DeliverySettings) -> tuple[str, ...]:
    """Of the plan's workloads, sorted; never Vault's own and Kubernetes': what runs there must
    start when nothing else does.
    """
    return tuple(
        sorted(
            {
                role.namespace
                for role in plan.kubernetes_roles
                if role.namespace != settings.kubernetes.namespace
                and not role.namespace.startswith("kube-")
            }
        )
    )

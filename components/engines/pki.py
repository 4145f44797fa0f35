"""PKI: a root that signs one intermediate, and an intermediate that signs everything else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_vault as vault

from components.settings import PkiSettings
from policies.environments import Environment
from policies.paths import PKI, PKI_ROOT
from policies.plan import PkiRole
from policies.standing import ENGINES, ROOT_ISSUER, intermediate_ca, root_ca

# EC P-256 issues in a few milliseconds where RSA 2048 takes tens, and every TLS client knows it.
_KEY_TYPE, _KEY_BITS = "ec", 256


@dataclass(frozen=True)
class PkiEngineArgs:
    """Lifetimes and names of both CAs (`settings`), and the plan's roles. `protect`: whether the
    mounts, and with them the CAs' keys, may not be deleted.
    """

    settings: PkiSettings
    environment: Environment
    roles: Sequence[PkiRole]
    protect: bool


class PkiEngine(pulumi.ComponentResource):
    """Both CAs, where their certificates and CRLs are found, and the roles.

    Keys are made in Vault and never leave it. The root has a mount of its own, so that the right
    to issue from the intermediate is never a right to sign a CA.

    Makes the first intermediate only. A scheduled job renews it, and makes the new one the mount's
    default; so nothing here says which issuer is the default, and roles name none: they follow it.
    """

    path: str
    root_certificate: pulumi.Output[str]
    """PEM, what clients should trust."""

    def __init__(
        self, name: str, args: PkiEngineArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("vaultstack:engines:PkiEngine", name, None, opts)
        self._prefix, self._args = name, args
        root = self._root(*self._mount(PKI_ROOT, args.settings.root_ttl.seconds))
        mount, _ = self._mount(
            PKI,
            args.settings.intermediate_ttl.seconds,
            several_issuers=True,
        )
        intermediate = self._intermediate(mount, root)
        for role in args.roles:
            self._role(role, intermediate)
        self.path, self.root_certificate = PKI, root.certificate
        self.register_outputs({"path": self.path, "rootCertificate": self.root_certificate})

    def _child(self, *after: pulumi.Resource) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, depends_on=list(after))

    def _data(self, *after: pulumi.Resource) -> pulumi.ResourceOptions:
        """Of what cannot be made again: a CA that is gone takes every certificate with it."""
        return pulumi.ResourceOptions(
            parent=self, protect=self._args.protect, depends_on=list(after)
        )

    def _mount(
        self,
        path: str,
        max_lease_seconds: int,
        *,
        several_issuers: bool = False,
    ) -> tuple[vault.Mount, pulumi.Resource]:
        """And where its certificates say that its CRL is, which must be said before one is made."""
        mount = vault.Mount(
            f"{self._prefix}-mount-{path}",
            path=path,
            type=ENGINES[path].type,
            description=ENGINES[path].description,
            default_lease_ttl_seconds=max_lease_seconds,
            max_lease_ttl_seconds=max_lease_seconds,
            opts=self._data(),
        )
        urls = self._urls(path, mount, several_issuers=several_issuers)
        vault.pkisecret.SecretBackendCrlConfig(
            f"{self._prefix}-crl-{path}",
            backend=path,
            # Valid for three days, and made anew every hour: whoever cannot fetch it goes on for a
            # while, and what was revoked is on it within the hour. OCSP knows at once.
            expiry="72h",
            auto_rebuild=True,
            auto_rebuild_grace_period="71h",
            opts=self._child(mount),
        )
        vault.pkisecret.BackendConfigAutoTidy(
            f"{self._prefix}-tidy-{path}",
            backend=path,
            enabled=True,
            interval_duration="24h",
            tidy_cert_store=True,
            tidy_revoked_certs=True,
            # A year after their end, which is Vault's default; never the one in use.
            tidy_expired_issuers=several_issuers,
            # Kept for three days beyond their end, for whoever asks what was there.
            safety_buffer="72h",
            opts=self._child(mount),
        )
        return mount, urls

    def _urls(self, path: str, mount: vault.Mount, *, several_issuers: bool) -> pulumi.Resource:
        """Where a certificate says its issuer, CRL and OCSP server are.

        `<mount>/ca` and `<mount>/crl` are the default issuer's: where that changes, older
        certificates must say their own. The root cannot, as Vault makes it before it has a name.
        """
        base = f"{self._args.settings.url}/v1/{path}"
        own = f"{base}/issuer/{{{{issuer_id}}}}"
        return vault.pkisecret.SecretBackendConfigUrls(
            f"{self._prefix}-urls-{path}",
            backend=path,
            issuing_certificates=[f"{own}/der" if several_issuers else f"{base}/ca"],
            crl_distribution_points=[f"{own}/crl/der" if several_issuers else f"{base}/crl"],
            ocsp_servers=[f"{base}/ocsp"],
            enable_templating=several_issuers,
            opts=self._child(mount),
        )

    def _root(
        self, mount: vault.Mount, urls: pulumi.Resource
    ) -> vault.pkisecret.SecretBackendRootCert:
        settings = self._args.settings
        return vault.pkisecret.SecretBackendRootCert(
            f"{self._prefix}-root",
            backend=PKI_ROOT,
            type="internal",
            common_name=root_ca(settings.organization, self._args.environment),
            organization=settings.organization,
            issuer_name=ROOT_ISSUER,
            key_type=_KEY_TYPE,
            key_bits=_KEY_BITS,
            ttl=f"{settings.root_ttl.seconds}s",
            max_path_length=1,
            opts=self._data(mount, urls),
        )

    def _intermediate(
        self, mount: vault.Mount, root: vault.pkisecret.SecretBackendRootCert
    ) -> vault.pkisecret.SecretBackendIntermediateSetSigned:
        settings = self._args.settings
        common_name = intermediate_ca(settings.organization, self._args.environment)
        request = vault.pkisecret.SecretBackendIntermediateCertRequest(
            f"{self._prefix}-intermediate-request",
            backend=PKI,
            type="internal",
            common_name=common_name,
            organization=settings.organization,
            key_type=_KEY_TYPE,
            key_bits=_KEY_BITS,
            opts=self._data(mount),
        )
        certificate = vault.pkisecret.SecretBackendRootSignIntermediate(
            f"{self._prefix}-intermediate-certificate",
            backend=PKI_ROOT,
            csr=request.csr,
            common_name=common_name,
            organization=settings.organization,
            ttl=f"{settings.intermediate_ttl.seconds}s",
            max_path_length=0,
            opts=self._data(root),
        )
        return vault.pkisecret.SecretBackendIntermediateSetSigned(
            f"{self._prefix}-intermediate",
            backend=PKI,
            certificate=certificate.certificate_bundle,
            opts=self._data(),
        )

    def _role(self, role: PkiRole, intermediate: pulumi.Resource) -> None:
        vault.pkisecret.SecretBackendRole(
            f"{self._prefix}-role-{role.name}",
            backend=PKI,
            name=role.name,
            allowed_domains=list(role.allowed_domains),
            allow_bare_domains=True,
            allow_subdomains=role.allow_subdomains,
            allow_glob_domains=False,
            allow_wildcard_certificates=False,
            allow_localhost=False,
            allow_ip_sans=False,
            allow_any_name=False,
            enforce_hostnames=True,
            client_flag=role.client,
            server_flag=role.server,
            key_type=_KEY_TYPE,
            key_bits=_KEY_BITS,
            key_usages=["DigitalSignature"],
            ttl=str(role.default_ttl_seconds),
            max_ttl=str(role.max_ttl_seconds),
            opts=self._child(intermediate),
        )

module vaultstack.dev/tools/crds

go 1.26.0

// No package of these is built: they are here for the definitions that they publish, see
// rehearsal/crds.py. `go mod tidy` would therefore remove them. After a change of a version:
// GOFLAGS=-mod=mod go mod download MODULE@VERSION
require (
	github.com/cert-manager/cert-manager v1.21.2
	github.com/prometheus-operator/prometheus-operator v0.85.0
)

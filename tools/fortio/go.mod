module vaultstack.dev/tools/fortio

go 1.26.0

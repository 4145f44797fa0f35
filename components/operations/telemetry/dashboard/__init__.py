"""The Grafana dashboard: typed values, Grafana's JSON of them, and the ConfigMap that holds it."""

"""The dashboard, drawn from what a real Prometheus scraped of a rehearsed cluster under load."""

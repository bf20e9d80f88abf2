"""What we say: alerts, reports, charts."""

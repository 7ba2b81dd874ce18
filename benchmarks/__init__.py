"""What the platform's own programs cost, each figure beside its reference from the same run (README.md)."""

"""`mlplatform queue`: who runs, who waits and why, and whose GPUs they are."""

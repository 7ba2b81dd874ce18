"""What every component that creates AWS resources shares: its place, roles, keys, log groups and names."""

"""Where the platform runs: a cluster that was there before, or one of EKS with its network, machines and add-ons."""

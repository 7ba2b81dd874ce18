"""What every component that creates Kubernetes objects shares: charts, namespaces, workloads, secrets."""

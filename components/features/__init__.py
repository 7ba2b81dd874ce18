"""The parts of the feature store: Feast, and the stores under it in the cluster and on AWS."""

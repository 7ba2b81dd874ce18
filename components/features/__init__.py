"""The parts of the feature store: Feast, its online store and its offline store."""

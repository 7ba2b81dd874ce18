"""The parts of the model registry: MLflow, and the accounts of its users."""

"""The parts of the artifact bucket: on S3, in the cluster, and who may reach what of it."""

"""Signing in to an EKS cluster of the rehearsal: the command that makes a token, the server that reads it."""

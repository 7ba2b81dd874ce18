"""What makes the rules trustworthy: their examples as cases, mutants of their conditions, values made unknown."""

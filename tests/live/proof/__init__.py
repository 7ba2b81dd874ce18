"""Proof that the tests of deployed stacks only read, and that each of their checks can fail; run on moto."""

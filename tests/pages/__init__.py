"""The pages: what of them can be tried without what they are about."""

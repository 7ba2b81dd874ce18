"""`mlplatform release`: what is released, how far it is, and the two things that people do about it."""

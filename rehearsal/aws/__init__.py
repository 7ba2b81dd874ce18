"""AWS in a rehearsal: a provider plugin for pulumi-aws whose calls are answered by moto, and never by AWS."""

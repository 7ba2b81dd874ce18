"""The table: what each resource type of pulumi-aws asks of AWS, a module for each service."""

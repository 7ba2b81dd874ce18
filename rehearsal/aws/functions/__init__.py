"""The functions of pulumi-aws that read, a module for each subject."""

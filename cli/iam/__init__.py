"""`mlplatform iam-policy`: the least that whoever deploys a stack must be allowed to do in an AWS account."""

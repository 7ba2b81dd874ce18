"""Examples of identities and keys."""

from __future__ import annotations

from tests.aws.examples._example import ACCOUNT, TAGS, Example, policy, trust

IDENTITY = [
    Example(
        "aws:iam/role:Role",
        {
            "assumeRolePolicy": trust("pods.eks.amazonaws.com"),
            "managedPolicyArns": ["arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"],
            "inlinePolicies": [{"name": "read", "policy": policy("s3:GetObject")}],
            "tags": TAGS,
        },
        {"description": "changed", "managedPolicyArns": [], "inlinePolicies": []},
        {"path": "/platform/"},
    ),
    Example(
        "aws:iam/rolePolicy:RolePolicy",
        {"role": "$role", "name": "policy-#", "policy": policy("s3:GetObject")},
        {"policy": policy("s3:PutObject")},
        {"name": "other"},
    ),
    Example(
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        {"role": "$role", "policyArn": "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy"},
        replaces={"policyArn": "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"},
    ),
    Example("aws:iam/instanceProfile:InstanceProfile", {"role": "$role", "tags": TAGS}, {"tags": {}}, {"path": "/x/"}),
    Example(
        "aws:kms/key:Key",
        {
            "description": "a key",
            "enableKeyRotation": True,
            "deletionWindowInDays": 30,
            "policy": policy("kms:*", principal=ACCOUNT),
            "tags": TAGS,
        },
        {"description": "changed", "enableKeyRotation": False},
        {"keyUsage": "GENERATE_VERIFY_MAC", "customerMasterKeySpec": "HMAC_256"},
    ),
    Example(
        "aws:kms/alias:Alias",
        {"name": "alias/test-#", "targetKeyId": "$key"},
        {"targetKeyId": "$key-b"},
        {"name": "alias/other"},
    ),
]

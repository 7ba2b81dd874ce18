"""What EKS, identities, keys, queues and the registration of machines need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cli.iam.needs import Needs

if TYPE_CHECKING:
    from collections.abc import Mapping

_EKS: Final = "arn:{partition}:eks:{region}:{account}"
_CLUSTER: Final = f"{_EKS}:cluster/{{cluster}}"
_EKS_TAGS: Final = "eks:TagResource eks:UntagResource eks:ListTagsForResource"
_QUEUE: Final = "arn:{partition}:sqs:{region}:{account}:{name}"
_ROLE: Final = "arn:{partition}:iam::{account}:role/{name}"
_EVENT: Final = "arn:{partition}:events:{region}:{account}:rule/{name}"

CLUSTER: Final[Mapping[str, Needs]] = {
    "aws:eks/cluster:Cluster": Needs(
        read="ec2:DescribeSubnets ec2:DescribeSecurityGroups ec2:DescribeVpcs kms:DescribeKey",
        created="eks:CreateCluster",
        named="eks:DeleteCluster eks:DescribeCluster eks:UpdateClusterConfig eks:UpdateClusterVersion "
        f"eks:DescribeUpdate eks:ListUpdates eks:AssociateEncryptionConfig {_EKS_TAGS}",
        arns=(_CLUSTER,),
        passed_to=("eks.amazonaws.com",),
        linked=("eks.amazonaws.com",),
    ),
    "aws:eks/addon:Addon": Needs(
        read="eks:DescribeAddonVersions eks:DescribeAddonConfiguration",
        named="eks:CreateAddon eks:UpdateAddon eks:DeleteAddon eks:DescribeAddon eks:ListAddons eks:DescribeUpdate "
        "eks:CreatePodIdentityAssociation eks:UpdatePodIdentityAssociation eks:DeletePodIdentityAssociation "
        f"{_EKS_TAGS}",
        arns=(_CLUSTER, f"{_EKS}:addon/{{cluster}}/*", f"{_EKS}:podidentityassociation/{{cluster}}/*"),
        passed_to=("pods.eks.amazonaws.com",),
    ),
    "aws:eks/accessEntry:AccessEntry": Needs(
        named=f"eks:CreateAccessEntry eks:UpdateAccessEntry eks:DeleteAccessEntry eks:DescribeAccessEntry {_EKS_TAGS}",
        arns=(_CLUSTER, f"{_EKS}:access-entry/{{cluster}}/*"),
    ),
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": Needs(
        named="eks:AssociateAccessPolicy eks:DisassociateAccessPolicy eks:ListAssociatedAccessPolicies",
        arns=(f"{_EKS}:access-entry/{{cluster}}/*",),
    ),
    "aws:eks/nodeGroup:NodeGroup": Needs(
        named="eks:CreateNodegroup eks:UpdateNodegroupConfig eks:UpdateNodegroupVersion eks:DeleteNodegroup "
        f"eks:DescribeNodegroup eks:DescribeUpdate {_EKS_TAGS}",
        arns=(_CLUSTER, f"{_EKS}:nodegroup/{{cluster}}/*"),
        read="ec2:DescribeLaunchTemplateVersions ec2:DescribeInstanceTypes iam:GetRole",
        passed_to=("eks.amazonaws.com", "ec2.amazonaws.com"),
        linked=("eks-nodegroup.amazonaws.com", "autoscaling.amazonaws.com"),
    ),
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": Needs(
        named="eks:CreatePodIdentityAssociation eks:UpdatePodIdentityAssociation eks:DeletePodIdentityAssociation "
        f"eks:DescribePodIdentityAssociation eks:ListPodIdentityAssociations {_EKS_TAGS}",
        arns=(_CLUSTER, f"{_EKS}:podidentityassociation/{{cluster}}/*"),
        passed_to=("pods.eks.amazonaws.com",),
    ),
    "aws:iam/role:Role": Needs(
        named="iam:CreateRole iam:GetRole iam:DeleteRole iam:UpdateRole iam:UpdateRoleDescription "
        "iam:UpdateAssumeRolePolicy iam:TagRole iam:UntagRole iam:ListRolePolicies iam:ListAttachedRolePolicies "
        "iam:ListInstanceProfilesForRole",
        arns=(_ROLE,),
    ),
    "aws:iam/rolePolicy:RolePolicy": Needs(named="iam:PutRolePolicy iam:GetRolePolicy iam:DeleteRolePolicy"),
    # Which policies may be attached is narrowed apart: `statements.attachments`.
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": Needs(named="iam:ListAttachedRolePolicies"),
    "aws:iam/instanceProfile:InstanceProfile": Needs(
        named="iam:CreateInstanceProfile iam:GetInstanceProfile iam:DeleteInstanceProfile iam:AddRoleToInstanceProfile "
        "iam:RemoveRoleFromInstanceProfile iam:TagInstanceProfile iam:UntagInstanceProfile",
        arns=("arn:{partition}:iam::{account}:instance-profile/{name}",),
        passed_to=("ec2.amazonaws.com",),
    ),
    "aws:kms/key:Key": Needs(
        read="kms:DescribeKey kms:GetKeyPolicy kms:GetKeyRotationStatus kms:ListResourceTags",
        created="kms:CreateKey kms:PutKeyPolicy kms:TagResource",
        tagged="kms:PutKeyPolicy kms:EnableKeyRotation kms:DisableKeyRotation kms:UpdateKeyDescription "
        "kms:ScheduleKeyDeletion kms:EnableKey kms:DisableKey kms:TagResource kms:UntagResource kms:CreateGrant "
        "kms:RetireGrant kms:RevokeGrant",
    ),
    "aws:kms/alias:Alias": Needs(
        read="kms:ListAliases",
        named="kms:CreateAlias kms:UpdateAlias kms:DeleteAlias",
        arns=("arn:{partition}:kms:{region}:{account}:{name}",),
        # An alias needs the right on the key that it names too.
        tagged="kms:CreateAlias kms:UpdateAlias kms:DeleteAlias",
    ),
    "aws:sqs/queue:Queue": Needs(
        named="sqs:CreateQueue sqs:DeleteQueue sqs:GetQueueAttributes sqs:SetQueueAttributes sqs:GetQueueUrl "
        "sqs:TagQueue sqs:UntagQueue sqs:ListQueueTags",
        arns=(_QUEUE,),
    ),
    "aws:sqs/queuePolicy:QueuePolicy": Needs(named="sqs:GetQueueAttributes sqs:SetQueueAttributes"),
    "aws:cloudwatch/eventRule:EventRule": Needs(
        named="events:PutRule events:DeleteRule events:DescribeRule events:EnableRule events:DisableRule "
        "events:ListTargetsByRule events:TagResource events:UntagResource events:ListTagsForResource",
        arns=(_EVENT,),
    ),
    "aws:cloudwatch/eventTarget:EventTarget": Needs(
        named="events:PutTargets events:RemoveTargets events:ListTargetsByRule"
    ),
    "aws:ssm/activation:Activation": Needs(
        read="ssm:DescribeActivations",
        created="ssm:CreateActivation",
        free="ssm:DeleteActivation ssm:AddTagsToResource ssm:RemoveTagsFromResource",
        passed_to=("ssm.amazonaws.com",),
    ),
    "aws:ssm/parameter:Parameter": Needs(
        read="ssm:DescribeParameters",
        named="ssm:PutParameter ssm:DeleteParameter ssm:GetParameter ssm:GetParameters ssm:AddTagsToResource "
        "ssm:RemoveTagsFromResource ssm:ListTagsForResource",
        arns=("arn:{partition}:ssm:{region}:{account}:parameter/{name}",),
    ),
    "aws:rolesanywhere/trustAnchor:TrustAnchor": Needs(
        read="rolesanywhere:ListTagsForResource",
        created="rolesanywhere:CreateTrustAnchor rolesanywhere:TagResource",
        tagged="rolesanywhere:GetTrustAnchor rolesanywhere:UpdateTrustAnchor rolesanywhere:DeleteTrustAnchor "
        "rolesanywhere:EnableTrustAnchor rolesanywhere:DisableTrustAnchor rolesanywhere:UntagResource",
    ),
    "aws:rolesanywhere/profile:Profile": Needs(
        read="rolesanywhere:ListTagsForResource",
        created="rolesanywhere:CreateProfile rolesanywhere:TagResource",
        tagged="rolesanywhere:GetProfile rolesanywhere:UpdateProfile rolesanywhere:DeleteProfile "
        "rolesanywhere:EnableProfile rolesanywhere:DisableProfile rolesanywhere:UntagResource",
        passed_to=("rolesanywhere.amazonaws.com",),
    ),
}

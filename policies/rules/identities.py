"""Who may do what in AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from policies.language import ABSENT, UNKNOWN, Value, all_of, any_of, resource
from policies.rule import Example, Level, OnUnknown, Rule
from policies.rules._access_bases import allow, policy
from policies.rules._documents import every_allowance
from policies.rules._examples import variants

if TYPE_CHECKING:
    from policies.language import Condition

ROLE: Final = "aws:iam/role:Role"
ROLE_POLICY: Final = "aws:iam/rolePolicy:RolePolicy"
POLICY: Final = "aws:iam/policy:Policy"
ATTACHMENT: Final = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
_HOLDERS: Final = {
    ROLE_POLICY: "role policy",
    POLICY: "managed policy",
    "aws:iam/userPolicy:UserPolicy": "user policy",
    "aws:iam/groupPolicy:GroupPolicy": "group policy",
}
_ATTACHMENTS: Final = {
    ATTACHMENT: "role attachment",
    "aws:iam/userPolicyAttachment:UserPolicyAttachment": "user attachment",
    "aws:iam/groupPolicyAttachment:GroupPolicyAttachment": "group attachment",
    "aws:iam/policyAttachment:PolicyAttachment": "attachment",
}

_UNBOUNDED: Final = r"^[*]$|^arn:[^:]*:iam::[^:]*:([*]|(role|user|group|policy)/[*])$"
"""All resources, or all roles, users, groups or policies."""
_RAISES_ITSELF: Final = (
    r"(?i)^iam:(AddUserToGroup|Attach(Group|Role|User)Policy|Create(AccessKey|LoginProfile|PolicyVersion)"
    r"|Delete(Role|User)PermissionsBoundary|PassRole|Put(Group|Role|User)Policy"
    r"|SetDefaultPolicyVersion|Update(AssumeRolePolicy|LoginProfile))$"
    r"|^sts:AssumeRole$"
)
"""Actions with which an identity gives itself the rights of another, or more of its own."""
_WHOLE_SERVICE: Final = r"^[^:]*[*]|^[^:]+:[*]$"
_CHANGES_IDENTITIES: Final = r"(?i)^iam:[^:]*[*]"
_READS_IDENTITIES: Final = r"(?i)^iam:(Get|List|Simulate|Generate)"


def _narrow(action: Value) -> Condition:
    return all_of(
        ~action.matches(_WHOLE_SERVICE),
        ~action.matches(_RAISES_ITSELF),
        ~action.matches(_CHANGES_IDENTITIES) | action.matches(_READS_IDENTITIES),
    )


def _bounded(statement: Value) -> Condition:
    return all_of(
        ~statement["NotAction"].exists(),
        ~statement["NotResource"].exists(),
        any_of(
            statement["Resource"].listed().every(lambda resource: ~resource.matches(_UNBOUNDED)),
            statement["Action"].listed().every(_narrow),
        ),
    )


_OWN_POLICIES: Final = resource["inlinePolicies"].every(lambda one: every_allowance(one["policy"], _bounded))
_FIRST: Final = "policy.Statement[0]"
_PASSES: Final = allow(["iam:PassRole"], ["arn:aws:iam::111122223333:role/node"])
_TOO_MUCH: Final = (
    allow(["*"], ["*"]),
    allow(["*:*"], ["*"]),
    allow(["s3:*"], ["*"]),
    allow(["s3:GetObject", "ec2:*"], ["*"]),
    allow(["iam:PassRole"], ["*"]),
    allow(["iam:passrole"], ["arn:aws:iam::111122223333:role/*"]),
    allow(["iam:CreatePolicyVersion"], ["arn:aws:iam::111122223333:role/a", "arn:aws:iam::111122223333:policy/*"]),
    allow(["iam:Put*"], ["arn:aws:iam::111122223333:*"]),
    allow(["sts:AssumeRole"], ["*"]),
    {"Effect": "Allow", "NotAction": ["iam:*"], "Resource": "arn:aws:s3:::models"},
    {"Effect": "Allow", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::evidence"},
)

BOUNDED_POLICIES = Rule(
    id="IAM-01",
    title="Policies name what they allow: no whole service on everything, and no way to raise one's own rights",
    why="A role that may do everything is worth stealing; one that may pass or change any role is that role already.",
    fix="name actions and resources; for iam:PassRole and whatever changes policies, the very role or policy",
    level=Level.MANDATORY,
    conditions={**dict.fromkeys(_HOLDERS, every_allowance(resource["policy"], _bounded)), ROLE: _OWN_POLICIES},
    frameworks={"AWS Security Hub": ("IAM.1", "IAM.21")},
    peers=("CKV_AWS_62/63/286-290", "cdk-nag IAM5"),
    differs="Conditions of a statement are not weighed. That two narrow policies of one role make a wide one is not "
    "seen.",
    good=(
        *(Example(base) for base in _HOLDERS.values()),
        Example("aws role"),
        Example("aws role", {"inlinePolicies": [{"name": "reads", "policy": policy(_PASSES)}]}),
        *(
            Example("role policy", {_FIRST: statement})
            for statement in (
                _PASSES,
                allow(["iam:Get*", "iam:ListRoles"], ["*"]),
                allow(["ec2:Describe*"], ["*"]),
                {"Effect": "Deny", "Action": "*", "Resource": "*"},
                {"Effect": "Deny", "NotAction": "s3:*", "Resource": "*"},
                {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::models/*"},
            )
        ),
        Example("role policy", {"policy": '{"Statement": {"Effect": "Allow", "Action": "sqs:SendMessage"}}'}),
    ),
    bad=(
        *(Example("role policy", {_FIRST: statement}) for statement in _TOO_MUCH),
        *(Example(base, {"policy.Statement[2]": _TOO_MUCH[0]}) for base in _HOLDERS.values()),
        Example(
            "aws role", {"inlinePolicies": [{"policy": policy(_PASSES)}, {"policy": policy(_PASSES, _TOO_MUCH[0])}]}
        ),
        Example("role policy", {"policy": '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}'}),
        Example("role policy", {"policy": "{"}),
    ),
    unknown=(
        *(Example(base, {"policy": UNKNOWN}) for base in _HOLDERS.values()),
        Example("aws role", {"inlinePolicies": UNKNOWN}),
        Example("role policy", {_FIRST: allow(["s3:*"], [UNKNOWN])}),
    ),
)

_ALMIGHTY: Final = ":policy/(AdministratorAccess|IAMFullAccess|PowerUserAccess)$"
_ADMIN: Final = "arn:aws:iam::aws:policy/AdministratorAccess"

NO_ADMINISTRATORS = Rule(
    id="IAM-02",
    title="Nobody is given AWS's policies for administrators",
    why="A platform's role with all rights makes every fault of the platform a fault of the whole account.",
    fix="attach a policy made for the purpose in place of AdministratorAccess, PowerUserAccess or IAMFullAccess",
    level=Level.MANDATORY,
    on_unknown=OnUnknown.REFUSE,
    conditions={
        **dict.fromkeys(_ATTACHMENTS, ~resource["policyArn"].matches(_ALMIGHTY)),
        ROLE: resource["managedPolicyArns"].every(lambda arn: ~arn.matches(_ALMIGHTY)),
    },
    frameworks={"AWS Security Hub": ("IAM.1",)},
    peers=("CKV_AWS_274/275", "CKV2_AWS_56"),
    good=(
        *(Example(base) for base in _ATTACHMENTS.values()),
        Example("aws role", {"managedPolicyArns": ["arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"]}),
        Example("role attachment", {"policyArn": "arn:aws:iam::111122223333:policy/AdministratorAccessOfNothing"}),
    ),
    bad=(
        *(Example(base, {"policyArn": _ADMIN}) for base in _ATTACHMENTS.values()),
        *(
            Example("role attachment", {"policyArn": f"arn:aws-cn:iam::aws:policy/{name}"})
            for name in ("IAMFullAccess", "PowerUserAccess")
        ),
        Example("aws role", {"managedPolicyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess", _ADMIN]}),
    ),
    unknown=(
        *(Example(base, {"policyArn": UNKNOWN}) for base in _ATTACHMENTS.values()),
        Example("aws role", {"managedPolicyArns": UNKNOWN}),
    ),
)


def _bound_to_a_workload(statement: Value) -> Condition:
    """A token of an OIDC provider counts only if it was made for AWS, and for one subject."""
    same = statement["Condition.StringEquals"]
    return all_of(
        same.some(lambda key: key.matches(":aud$")),
        same.some(lambda key: key.matches(":sub$") & same.key(key).listed().every(lambda one: ~one.matches("[*?]"))),
    )


def _trusted(statement: Value) -> Condition:
    federated = statement["Principal.Federated"].listed()
    return all_of(
        ~statement["NotPrincipal"].exists(),
        statement["Principal.AWS"].listed().every(lambda principal: ~principal.equals("*")),
        federated.some(lambda provider: provider.matches(":oidc-provider/")).implies(_bound_to_a_workload(statement)),
    )


_ISSUER: Final = "oidc.eks.eu-central-1.amazonaws.com/id/0A1B"
_PROVIDER: Final = f"arn:aws:iam::111122223333:oidc-provider/{_ISSUER}"
_SAML: Final = "arn:aws:iam::111122223333:saml-provider/a"
_OIDC: Final = {
    "Effect": "Allow",
    "Principal": {"Federated": _PROVIDER},
    "Action": "sts:AssumeRoleWithWebIdentity",
    "Condition": {
        "StringEquals": {f"{_ISSUER}:aud": "sts.amazonaws.com", f"{_ISSUER}:sub": "system:serviceaccount:kserve:serve"}
    },
}
_TRUST: Final = "assumeRolePolicy.Statement[0]"
_AUD, _SUB = (f'{_TRUST}.Condition.StringEquals["{_ISSUER}:{claim}"]' for claim in ("aud", "sub"))

BOUND_TRUST = Rule(
    id="IAM-03",
    title="A role is taken by whom its trust names: a workload's token for AWS and for one service account",
    why="A trust without the subject lets every pod of the cluster take the role; one for everybody, every account.",
    fix="use EKS Pod Identity, or require both <issuer>:aud and <issuer>:sub with StringEquals and no wildcard",
    level=Level.MANDATORY,
    conditions={ROLE: every_allowance(resource["assumeRolePolicy"], _trusted)},
    frameworks={"CIS EKS": ("5.2.1",)},
    peers=("CKV_AWS_60/61", "CKV_AWS_393 (GitHub)"),
    good=(
        Example("aws role"),
        Example("aws role", {_TRUST: _OIDC}),
        Example("aws role", {_TRUST: {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/ci"}}}),
        Example("aws role", {_TRUST: {"Effect": "Allow", "Principal": {"Federated": _SAML}}}),
        Example("aws role", {"assumeRolePolicy.Statement[1]": {"Effect": "Deny", "NotPrincipal": {"AWS": "1"}}}),
    ),
    bad=(
        *(
            Example("aws role", {_TRUST: {"Effect": "Allow", "Action": "sts:AssumeRole", **whom}})
            for whom in (
                {"Principal": "*"},
                {"Principal": {"AWS": "*"}},
                {"Principal": {"AWS": ["111122223333", "*"]}},
                {"NotPrincipal": {"AWS": "111122223333"}},
            )
        ),
        Example("aws role", {"assumeRolePolicy.Statement[1]": {"Effect": "Allow", "Principal": {"AWS": "*"}}}),
        Example("aws role", {_TRUST: {"Effect": "Allow", "Principal": {"Federated": [_SAML, _PROVIDER]}}}),
        *(
            Example("aws role", {_TRUST: _OIDC, path: value})
            for path, value in (
                (f"{_TRUST}.Condition", ABSENT),
                (_AUD, ABSENT),
                (_SUB, ABSENT),
                (_SUB, "system:serviceaccount:*"),
                (_SUB, ["system:serviceaccount:kserve:serve", "system:serviceaccount:kserve:?"]),
            )
        ),
    ),
    unknown=variants(
        "aws role",
        ("assumeRolePolicy", UNKNOWN),
        (_TRUST, {**_OIDC, "Condition": UNKNOWN}),
        (f"{_TRUST}.Principal", UNKNOWN),
    ),
)

RULES: Final = (BOUNDED_POLICIES, NO_ADMINISTRATORS, BOUND_TRUST)

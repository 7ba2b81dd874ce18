"""Who may do what through the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from policies.language import UNKNOWN, Value, all_of, resource
from policies.rule import Example, Level, OnUnknown, Rule
from policies.rules._examples import variants

if TYPE_CHECKING:
    from policies.language import Condition

_GROUP: Final = "rbac.authorization.k8s.io"
_FORBIDDEN_VERBS: Final = ("*", "bind", "escalate", "impersonate")
_EVERYBODY: Final = ("system:unauthenticated", "system:authenticated", "system:anonymous")


def _narrow(rule: Value) -> Condition:
    return all_of(
        rule["apiGroups"].every(lambda group: ~group.equals("*")),
        rule["resources"].every(lambda name: ~name.starts_with("*")),
        rule["nonResourceURLs"].every(lambda path: ~path.equals("*")),
        rule["verbs"].every(lambda verb: ~verb.is_one_of(_FORBIDDEN_VERBS)),
    )


_ROLE: Final = resource["rules"].every(_narrow)
_BINDING: Final = all_of(
    ~resource["roleRef.name"].equals("cluster-admin"),
    resource["subjects"].every(lambda subject: ~subject["name"].is_one_of(_EVERYBODY)),
)

NARROW_ROLES = Rule(
    id="K8S-09",
    title="Roles name what they allow: no wildcard, no cluster-admin, no way to raise one's own rights",
    why="A wildcard also grants what is added to the API tomorrow; bind, escalate and impersonate turn any role into "
    "all of them.",
    fix="list API groups, resources and verbs; bind a role made for the purpose to named subjects",
    level=Level.MANDATORY,
    on_unknown=OnUnknown.REFUSE,
    conditions={
        f"{_GROUP}/Role": _ROLE,
        f"{_GROUP}/ClusterRole": _ROLE,
        f"{_GROUP}/RoleBinding": _BINDING,
        f"{_GROUP}/ClusterRoleBinding": _BINDING,
    },
    frameworks={"CIS Kubernetes": ("4.1.1", "4.1.3", "4.1.8")},
    peers=("CKV_K8S_49", "CKV2_K8S_1-3", "Kyverno restrict-wildcard-verbs"),
    good=(
        *(Example(base) for base in ("role", "cluster role", "binding", "cluster binding")),
        # To RBAC this is a name and no wildcard: it grants nothing.
        Example("role", {"rules[1].resources": ["pods/*"]}),
        # The API server puts this one's rules together from other roles.
        Example("cluster role", {"rules": None, "aggregationRule": {"clusterRoleSelectors": [{}]}}),
    ),
    bad=(
        *(
            example
            for base in ("role", "cluster role")
            for example in variants(
                base,
                *(("rules[0].verbs", ["get", verb]) for verb in _FORBIDDEN_VERBS),
                ("rules[1].resources", ["pods", "*"]),
                ("rules[1].resources", ["*/scale"]),
                ("rules[1].apiGroups", ["", "*"]),
                ("rules[0]", {"nonResourceURLs": ["/healthz", "*"], "verbs": ["get"]}),
            )
        ),
        *(
            example
            for base in ("binding", "cluster binding")
            for example in variants(
                base, ("roleRef.name", "cluster-admin"), *(("subjects[0].name", name) for name in _EVERYBODY)
            )
        ),
    ),
    unknown=(
        Example("role", {"rules[0].verbs": UNKNOWN}),
        Example("cluster role", {"rules": UNKNOWN}),
        Example("binding", {"roleRef.name": UNKNOWN}),
        Example("cluster binding", {"subjects": UNKNOWN}),
    ),
)

RULES: Final = (NARROW_ROLES,)

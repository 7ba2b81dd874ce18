"""What a rule fills in, as a MutatingAdmissionPolicy with its binding (Kubernetes 1.36 and later)."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from policies.admission._expressions import expression
from policies.admission._kinds import kinds, resource_rules
from policies.admission._matching import NOT_OF_THE_CLUSTER, match_conditions
from policies.admission._validating import API_VERSION, matched_namespaces, metadata
from policies.language import steps

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from policies.exceptions import PolicyException
    from policies.language import Condition
    from policies.parameters import Parameters
    from policies.rule import Default, Rule

Manifest = dict[str, Any]


def name_of(rule: Rule) -> str:
    """What the objects are called that fill in what the rule knows."""
    return f"mlplatform-{rule.id.lower()}"


def mutating_policy(
    rule: Rule, conditions: Mapping[str, Condition], parameters: Parameters, exceptions: Iterable[PolicyException]
) -> Manifest:
    """The policy that gives an object the rule's values wherever it has none, if the object breaks the rule."""
    filled = {kind: condition for kind, condition in conditions.items() if kind in rule.defaults}
    holds = expression(filled, asdict(parameters))
    asked = [
        NOT_OF_THE_CLUSTER,
        *match_conditions(rule, filled, parameters, exceptions),
        {"name": "broken", "expression": f"!({holds})"},
    ]
    spec = {
        "failurePolicy": "Fail",
        # A container that another plugin adds afterwards is looked at too.
        "reinvocationPolicy": "IfNeeded",
        "matchConstraints": {"matchPolicy": "Equivalent", "resourceRules": resource_rules(filled)},
        "matchConditions": asked,
        "mutations": [{"patchType": "JSONPatch", "jsonPatch": {"expression": _patches(rule, filled)}}],
    }
    return {
        "apiVersion": API_VERSION,
        "kind": "MutatingAdmissionPolicy",
        "metadata": metadata(name_of(rule), [rule]),
        "spec": spec,
    }


def mutating_binding(rule: Rule, left_alone: Sequence[str]) -> Manifest:
    """Where it fills in: in every namespace but those left alone."""
    return {
        "apiVersion": API_VERSION,
        "kind": "MutatingAdmissionPolicyBinding",
        "metadata": metadata(name_of(rule), [rule]),
        "spec": {"policyName": name_of(rule), "matchResources": matched_namespaces(left_alone)},
    }


def _patches(rule: Rule, filled: Iterable[str]) -> str:
    """All patches, as one expression. What is filled in is the same below the same kind of place (a pod), so it is
    written once, over the list of such places that the object at hand has: the server takes seconds of its processor
    to compile the text of every kind."""
    ways: dict[str, dict[str, list[str]]] = {}
    for kind in filled:
        by_root: dict[str, list[Default]] = {}
        for default in rule.defaults[kind]:
            by_root.setdefault(_root(default.at), []).append(default)
        for root, defaults in by_root.items():
            ways.setdefault(_patch(root, defaults), {}).setdefault(kind, []).append(root)
    return " + ".join(f"({_places(by_kind)}).map(place, {patch}).flatten()" for patch, by_kind in ways.items())


def _root(at: str) -> str:
    """The object that a place is in: of a container of a pod, the pod."""
    return at[: max(at.rfind("."), 0)] if at.endswith("[*]") else at


def _patch(root: str, defaults: Iterable[Default]) -> str:
    """One JSON patch for all that the object ``place.of``, to which ``place.at`` points, is given."""
    by_place: dict[str, list[Default]] = {}
    for default in defaults:
        by_place.setdefault(default.at.removeprefix(root), []).append(default)
    return " + ".join(_additions("place.of", "place.at", at.split("[*]"), given) for at, given in by_place.items())


def _places(by_kind: Mapping[str, Sequence[str]]) -> str:
    """Those of whatever kind the object is, each with the pointer to it."""
    by_text: dict[str, list[str]] = {}
    for kind, roots in by_kind.items():
        by_text.setdefault(" + ".join(_place(root) for root in roots), []).append(kind)
    chosen = "".join(f"object.kind in {json.dumps(kinds(of))} ? {text} : " for text, of in by_text.items())
    return f"{chosen}[]"


def _place(root: str) -> str:
    if not root:
        return '[{"at": dyn(""), "of": dyn(object)}]'
    way, several, inside = root.partition("[*]")
    keys = steps(way)
    at, of = _joined('""', keys), _below("object", keys)
    if not several:
        return f'[?{of}.optMap(pod, {{"at": dyn({at}), "of": dyn(pod)}})]'
    further = steps(inside.removeprefix("."))
    within, pointer = _below("item", further), _joined(f'{at} + "/" + string(number)', further)
    found = f'{{"at": dyn({pointer}), "of": dyn({within}.value())}}'
    return f"{of}.orValue([]).transformList(number, item, {within}.hasValue(), {found})"


def _additions(value: str, pointer: str, way: list[str], given: Sequence[Default]) -> str:
    """What to add below ``value``, which a JSON pointer (a CEL text) leads to; through lists, one after the other."""
    keys = steps(way[0].removeprefix(".")) if way[0] else ()
    inside, at = _below(value, keys), _joined(pointer, keys)
    if len(way) == 1:
        return _missing(inside, at, given)
    item, number = f"item{len(way)}", f"number{len(way)}"
    each = _additions(item, f'{at} + "/" + string({number})', way[1:], given)
    return f"{inside}.orValue([]).transformList({number}, {item}, {each}).flatten()"


def _missing(value: str, pointer: str, given: Sequence[Default]) -> str:
    """The objects around the values that are not there, then the values: conditions see the object as it came."""
    wanted: dict[tuple[str, ...], str] = {}
    for default in given:
        keys = tuple(str(key) for key in steps(default.path))
        wanted |= {keys[:length]: "{}" for length in range(1, len(keys)) if keys[:length] not in wanted}
        wanted[keys] = json.dumps(default.value)
    there = f"{value}.hasValue() && " if "?" in value else ""
    return " + ".join(
        f"({there}!{_below(value, keys)}.hasValue() ? "
        f'[JSONPatch{{op: "add", path: {_joined(pointer, keys)}, value: {text}}}] : [])'
        for keys, text in wanted.items()
    )


def _below(value: str, keys: Iterable[object]) -> str:
    return value + "".join(f"[?{json.dumps(str(key))}]" for key in keys)


def _joined(pointer: str, keys: Iterable[object]) -> str:
    added = "".join("/" + str(key).replace("~", "~0").replace("/", "~1") for key in keys)
    if not added:
        return pointer
    return f'{pointer[:-1]}{added}"' if pointer.endswith('"') else f"{pointer} + {json.dumps(added)}"

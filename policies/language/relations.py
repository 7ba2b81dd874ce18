"""Which resources of a stack name which others.

A resource is named by what identifies it (a bucket's ``bucket``, a namespace's ``metadata.name``). While that is not
known yet, the engine's record of where a value comes from decides; where that does not decide either, two resources
are related perhaps, and a condition on them is unknown wherever it matters.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from policies.language.paths import Bound, IllTypedError, Path, Scope
from policies.language.truth import ABSENT, UNKNOWN, Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence


class Member(Protocol):
    """A resource of a stack."""

    @property
    def type(self) -> str:
        """As rules name it."""

    @property
    def properties(self) -> Mapping[str, Any]:
        """Its inputs, and outputs where they are known."""

    @property
    def label(self) -> str:
        """What reports call it."""

    @property
    def urn(self) -> str:
        """What ``sources`` calls it; empty where there is none."""

    @property
    def sources(self) -> Mapping[str, Sequence[str]]:
        """The URNs of the resources that the value of each property comes from."""


MEMBER = "member "
"""Before a name in a scope: the member whose properties the name stands for."""


@dataclass(frozen=True, slots=True)
class Related:
    """The resources of a type that name another one, or that it names.

    ``of`` is the name that stands for the one, ``reference`` the path of the property that names, ``identity`` the
    paths of what identifies: any one that is known. ``names`` says that the one names those of the type; else they
    name it. ``spelled`` is how a reference writes an identity, with ``{}`` in its place.
    """

    of: str
    type: str
    reference: tuple[str, ...]
    identity: tuple[tuple[str, ...], ...]
    names: bool
    spelled: str = "{}"

    def members(self, scope: Scope) -> Iterator[tuple[Member, bool]]:
        """Each that is related, or may be; and whether it certainly is."""
        stack: Stack = scope["stack"].value
        member: Member = scope[MEMBER + self.of].value
        return stack.related(self, member)

    def identities(self, member: Member) -> list[str]:
        """The texts that name the member, as far as they are known."""
        found = (value for path in self.identity for value in _values(member, path) if isinstance(value, str))
        return [self.spelled.format(text) for text in dict.fromkeys(found)]

    def references(self, member: Member) -> list[Any]:
        """What the member names: texts, and UNKNOWN for each that is not known yet."""
        return _values(member, self.reference)


def _values(member: Member, path: tuple[str, ...]) -> list[Any]:
    try:
        value = Path("", path).resolve({"": Bound(member.properties, ())}).value
    except IllTypedError:
        return [UNKNOWN]
    if value is ABSENT:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def place_of(member: Member) -> Place:
    """The member as the first step of a place in it: ``models-policy (BucketPolicy)``."""
    return (f"{member.label.rpartition('::')[2]} ({short(member.type)})",)


def short(resource_type: str) -> str:
    """The last part of a type's name."""
    return resource_type.rpartition(":" if ":" in resource_type else "/")[2]


@dataclass
class _Index:
    """The members of one type, by what they name or are named by."""

    by_text: dict[str, list[Member]] = field(default_factory=lambda: defaultdict(list))
    """Those with a known text."""
    by_source: dict[str, list[tuple[Member, bool]]] = field(default_factory=lambda: defaultdict(list))
    """Those with an unknown reference, by the URN that it comes from; whether it can only be that one."""
    blind: list[Member] = field(default_factory=list)
    """Those of whose reference or identity nothing is known."""


class Stack:
    """All resources of a stack; what is related with one is found without looking at all others."""

    def __init__(self, members: Iterable[Member] = ()) -> None:
        self._by_type: dict[str, list[Member]] = defaultdict(list)
        self._by_urn: dict[str, Member] = {}
        self._indexes: dict[tuple[Related, str], _Index] = {}
        for member in members:
            self._by_type[member.type].append(member)
            if member.urn:
                self._by_urn[member.urn] = member

    def related(self, how: Related, one: Member) -> Iterator[tuple[Member, bool]]:
        """The members that are related with the one, each once, and whether that is certain."""
        found = self._named_by(how, one) if how.names else self._naming(how, one)
        certain: dict[int, tuple[Member, bool]] = {}
        for member, sure in found:
            _, surely = certain.get(id(member), (member, False))
            certain[id(member)] = (member, surely or sure)
        yield from certain.values()

    def _naming(self, how: Related, one: Member) -> Iterator[tuple[Member, bool]]:
        index = self._index(how, one.type)
        texts = how.identities(one)
        for text in texts:
            yield from ((member, True) for member in index.by_text.get(text, ()))
        if not texts:
            yield from ((member, False) for members in index.by_text.values() for member in members)
        yield from index.by_source.get(one.urn, ())
        yield from ((member, False) for member in index.blind)

    def _named_by(self, how: Related, one: Member) -> Iterator[tuple[Member, bool]]:
        index = self._index(how, one.type)
        references = how.references(one)
        for text in references:
            if isinstance(text, str):
                yield from ((member, True) for member in index.by_text.get(text, ()))
                yield from ((member, False) for member in index.blind)
        unknown = sum(reference is UNKNOWN for reference in references)
        if not unknown:
            return
        sources = self._sources(one, how.reference, how.type)
        if sources:
            yield from ((self._by_urn[urn], len(sources) == unknown) for urn in sources)
        else:
            yield from ((member, False) for member in self._by_type[how.type])

    def _index(self, how: Related, other: str) -> _Index:
        """The index that the relation needs, made once; ``other`` is the type at the relation's other end."""
        if (how, other) not in self._indexes:
            index = self._indexes[how, other] = _Index()
            for member in self._by_type[how.type]:
                (_enter_identity if how.names else self._enter_reference)(index, how, member, other)
        return self._indexes[how, other]

    def _enter_reference(self, index: _Index, how: Related, member: Member, named: str) -> None:
        for value in how.references(member):
            if isinstance(value, str):
                index.by_text[value].append(member)
                continue
            sources = self._sources(member, how.reference, named)
            for urn in sources:
                index.by_source[urn].append((member, len(sources) == 1))
            if not sources:
                index.blind.append(member)

    def _sources(self, member: Member, reference: tuple[str, ...], named: str) -> list[str]:
        """The URNs of resources of the named type that the reference comes from."""
        urns = member.sources.get(reference[0], ())
        return [urn for urn in urns if urn in self._by_urn and self._by_urn[urn].type == named]


def _enter_identity(index: _Index, how: Related, member: Member, _other: str) -> None:
    texts = how.identities(member)
    for text in texts:
        index.by_text[text].append(member)
    if not texts:
        index.blind.append(member)

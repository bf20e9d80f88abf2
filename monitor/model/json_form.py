"""Our values as JSON and back, by their types: times as ISO 8601 UTC, unknown as None, tuples as lists.

A field that is added needs no line here: it appears under its name, and needs a default to be read from what was stored
before it was there. Names that are not known are passed over, so that what a later version stored is read too.
"""

from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar

from cattrs import Converter
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from monitor.model.grid import iso, parse_iso
from monitor.model.rotation import Evidence, Outcome, RotationChange, SideEvidence

Json = dict[str, Any]
T = TypeVar("T")


def to_json(value: Any) -> Any:
    """The JSON form of a value: fields under their names, in their order."""
    return _converter().unstructure(value)


def from_json(data: Any, kind: type[T]) -> T:
    """The inverse of :func:`to_json`, bit for bit; raises KeyError where what has no default is missing."""
    return _converter().structure(data, kind)


@cache
def _converter() -> Converter:
    converter = Converter(unstruct_collection_overrides={tuple: list}, detailed_validation=False)
    converter.register_unstructure_hook(datetime, iso)
    converter.register_unstructure_hook(StrEnum, str)
    converter.register_structure_hook(datetime, lambda text, _: parse_iso(text))
    converter.register_structure_hook(float, lambda number, _: number)  # a whole number stays one
    _sides(converter)
    _evidence(converter)
    _outcomes(converter)
    _changes(converter)
    return converter


def _sides(converter: Converter) -> None:
    total, split = override(rename="return"), override(rename="share_change_split_pp")
    plain = make_dict_unstructure_fn(
        SideEvidence, converter, total_return=total, share_split_pp=split
    )
    typed = make_dict_structure_fn(
        SideEvidence, converter, total_return=total, share_split_pp=split
    )

    def out(side: SideEvidence) -> Json:
        record = plain(side)
        breadth = [record.pop("breadth_behind"), record.pop("breadth_of")]
        contributors = record.pop("contributors")
        return record | {"breadth": breadth, "contributors": contributors}

    def back(data: Json, _: Any) -> SideEvidence:
        behind, members = data["breadth"]
        return typed(data | {"breadth_behind": behind, "breadth_of": members}, SideEvidence)

    converter.register_unstructure_hook(SideEvidence, out)
    converter.register_structure_hook(SideEvidence, back)


def _evidence(converter: Converter) -> None:
    plain = make_dict_unstructure_fn(Evidence, converter)
    typed = make_dict_structure_fn(Evidence, converter)

    def out(evidence: Evidence) -> Json:
        """Figures of the sides that readers look for first stand beside those of the pair."""
        record = plain(evidence)
        source, target = record.pop("from_side"), record.pop("to_side")
        gaining: Json = target or {"contributors": []}
        return {
            "at": record.pop("at"),
            "window_h": record.pop("window_h"),
            "relative_return": record.pop("relative_return"),
            "share_change_pp": source["share_change_pp"],
            "volume_share_change_pp": gaining.get("volume_share_change_pp"),
            "net_flow_usd": source["net_flow_usd"],
            "flow_seen": source["flow_seen"],
            "market_return": record.pop("market_return"),
            "from_own_return": source["own_return"],
            "to_own_return": gaining.get("own_return"),
            "share_change_split_pp": source["share_change_split_pp"],
            "moved_before_detection_pp": record.pop("moved_before_detection_pp"),
            "breadth": {"from": source["breadth"], "to": gaining.get("breadth")},
            "breadth_ahead": {
                "from": source["breadth_ahead"],
                "to": gaining.get("breadth_ahead"),
            },
            "contributors": {"from": source["contributors"], "to": gaining["contributors"]},
            **record,
            "sides": {"from": source, "to": target},
        }

    def back(data: Json, _: Any) -> Evidence:
        sides = data["sides"]
        return typed(data | {"from_side": sides["from"], "to_side": sides["to"]}, Evidence)

    converter.register_unstructure_hook(Evidence, out)
    converter.register_structure_hook(Evidence, back)


def _outcomes(converter: Converter) -> None:
    """The return of *to* over *from* also under a name that says so: evidence counts the other way round."""
    plain = make_dict_unstructure_fn(Outcome, converter)

    def out(outcome: Outcome) -> Json:
        record = plain(outcome)
        return record | {"to_over_from_return": outcome.relative_return}

    converter.register_unstructure_hook(Outcome, out)


def _changes(converter: Converter) -> None:
    """A change is the rotation's object with the reason and the time beside its fields."""
    plain = make_dict_unstructure_fn(RotationChange, converter)
    typed = make_dict_structure_fn(RotationChange, converter)

    def out(change: RotationChange) -> Json:
        record = plain(change)
        rotation: Json = record.pop("rotation")
        return rotation | record

    def back(data: Json, _: Any) -> RotationChange:
        return typed(data | {"rotation": data}, RotationChange)

    converter.register_unstructure_hook(RotationChange, out)
    converter.register_structure_hook(RotationChange, back)

"""The table of a sector's figures: every field of the state has a row, and every place its own columns."""

from dataclasses import fields

import pytest

from monitor.content.wording.cells import cell
from monitor.model.figures import FIGURES, Place, figures_at
from monitor.model.json_form import from_json
from monitor.model.state import SectorState
from monitor.model.step_json import sector_to_json
from monitor.store.step_rows import SECTOR_COLUMNS, sector_from, sector_row
from monitor.store.tables import sector_state
from tests.unit.model.test_rotation_json import FIVE

NOTHING_KNOWN = from_json(
    {field.name: None for field in fields(SectorState)}
    | {"id": "memes", "index": 1.0, "breadth_behind": 0, "breadth_of": 0, "members": 0}
    | {"coverage": 0.0, "stale_weight": 0.0, "venue_conflict": False},
    SectorState,
)


def test_every_field_of_the_state_is_a_figure_and_is_stored() -> None:
    names = {figure.name for figure in FIGURES if figure.columns}
    assert names == {field.name for field in fields(SectorState)} - {"id"}
    assert len({figure.name for figure in FIGURES}) == len(FIGURES)
    assert {column.name for column in SECTOR_COLUMNS} == set(sector_state.c.keys()) - {
        "close_time",
        "place",
    }


def test_a_state_of_which_nothing_is_known_survives_its_row_and_says_so() -> None:
    row = sector_row(FIVE, 0, NOTHING_KNOWN)
    assert sector_from([row[column.name] for column in SECTOR_COLUMNS]) == NOTHING_KNOWN
    record = sector_to_json(NOTHING_KNOWN)
    assert record["net_flow_24h_usd"] is None
    assert record["breadth"] == [0, 0]
    assert next(iter(record)) == "id"


@pytest.mark.parametrize("place", Place)
def test_each_place_has_columns_and_a_cell_for_what_is_unknown(place: Place) -> None:
    shown = list(figures_at(place))
    assert shown
    for figure, column in shown:
        assert cell(figure, column, NOTHING_KNOWN)


def test_a_narrow_terminal_leaves_out_what_can_be_spared() -> None:
    wide = [column.heading for _, column in figures_at(Place.TERMINAL)]
    narrow = [column.heading for _, column in figures_at(Place.TERMINAL, narrow=True)]
    assert [heading for heading in wide if heading not in narrow] == ["24 h share", "volume 24 h"]


def test_names_in_an_export_have_their_unit() -> None:
    names = [figure.export_name for figure in FIGURES if figure.exported]
    assert {
        "index_level",
        "market_cap_usd",
        "share_fraction",
        "return_24h_fraction",
        "members_count",
        "coverage_fraction",
    } <= set(names)
    assert len(set(names)) == len(names)

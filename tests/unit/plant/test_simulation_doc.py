"""The tables in simulation.md are those of the code; `python -m tests.unit.plant.test_simulation_doc` writes them anew."""

import argparse
import re
from pathlib import Path
from typing import Final

import pytest

import resources
from plant import __main__ as command_line
from plant.data_sets import DATA_SETS
from plant.entities import Family
from plant.families.registry import MODELS
from plant.faults import FaultMode
from plant.record import Record
from plant.scenario_files import ScenarioShelf
from plant.scenarios import COMMANDS, load_scenario
from plant.sensor_modes import COMMON_FAULTS
from plant.truth_file import COLUMNS
from plant.utility_faults import UTILITIES, UTILITY_FAULTS

DOC: Final = Path(resources.__file__).parent / "docs" / "simulation.md"
BEGIN: Final = "<!-- made by the tests from the code: {} -->"
END: Final = "<!-- end -->"


def fault_table() -> str:
    rows = [_row(family, mode) for family in Family if family in MODELS for mode in MODELS[family].faults]
    rows += [_row("every device", mode) for mode in COMMON_FAULTS]
    rows += [_row(f"`{UTILITIES}`", mode) for mode in UTILITY_FAULTS]
    return "\n".join(["| family | fault | law | what happens |", "|---|---|---|---|", *rows])


def scenario_table() -> str:
    shelf = ScenarioShelf()
    rows = [f"| `{name}` | {shelf.load(name).description} |" for name in shelf.files()]
    return "\n".join(["| name | what happens |", "|---|---|", *rows])


def data_set_table() -> str:
    rows = []
    for name, each in DATA_SETS.items():
        columns = ", ".join(f"`{column.name}`" for column in each.columns)
        rows.append(
            f"| `{name}` | {each.description} | {columns} | {f'`{each.rule_name}`' if each.rule else ''} |"
        )
    return "\n".join(["| set | holds | columns | own rule |", "|---|---|---|---|", *rows])


def _row(family: str, mode: FaultMode) -> str:
    law = mode.law.name if mode.law is not None else ""
    return f"| {family} | `{mode.name}` | {law} | {mode.description} |"


TABLES: Final = {"faults": fault_table, "scenarios": scenario_table, "data sets": data_set_table}


def replaced(text: str) -> str:
    for name, make in TABLES.items():
        before, mark, rest = text.partition(BEGIN.format(name))
        _, end, after = rest.partition(END)
        assert mark, f"{name}: no mark"
        assert end, f"{name}: no end"
        text = f"{before}{mark}\n{make()}\n{end}{after}"
    return text


def test_that_the_tables_are_those_of_the_code() -> None:
    text = DOC.read_text(encoding="utf-8")

    assert text == replaced(text)


def test_that_every_family_has_three_ways_to_wear() -> None:
    assert {family: len(model.faults) for family, model in MODELS.items() if len(model.faults) < 3} == {}


def test_that_the_example_scenario_is_right(tmp_path: Path) -> None:
    example = re.search(r"```toml\n(.*?)```", DOC.read_text(encoding="utf-8"), re.DOTALL)
    assert example is not None
    path = tmp_path / "example.toml"
    path.write_text(example[1], encoding="utf-8")

    scenario = load_scenario(path)

    assert len(scenario.events) == 3
    assert scenario.random is not None


@pytest.mark.parametrize("word", [*COMMANDS, *COLUMNS, *Record.__dataclass_fields__])
def test_that_the_page_names_it(word: str) -> None:
    assert re.search(rf"\b{word}\b", DOC.read_text(encoding="utf-8"))


def test_that_the_page_names_every_option_of_the_command_line() -> None:
    commands = next(
        action for action in command_line._parser()._actions if isinstance(action, argparse._SubParsersAction)
    )
    text = DOC.read_text(encoding="utf-8")
    for name, parser in commands.choices.items():
        assert f"`{name}`" in text
        for action in parser._actions:
            for option in action.option_strings:
                if option.startswith("--") and option != "--help" and name == "record":
                    assert option in text, option


if __name__ == "__main__":
    DOC.write_text(replaced(DOC.read_text(encoding="utf-8")), encoding="utf-8")

import importlib
import pkgutil

import pytest

import plant.degradation
import plant.families
import plant.laws
from plant.degradation.catalogue import LAWS
from plant.docs.__main__ import PATH, main
from plant.docs.docstrings import as_statement, formulas, parse
from plant.docs.page import page

# What carries formulas but is none itself.
MACHINERY = {
    "Actuator",
    "Cadence",
    "Curves",
    "DataSheet",
    "DegradationLaw",
    "FamilyModel",
    "NaturalWear",
    "StepContext",
    "UtilityReadings",
    "all_fault_names",
    "brake",
    "data_sheet",
    "drive",
    "faults_of",
    "follows_drive",
}
MODULES = [
    f"{package.__name__}.{each.name}"
    for package in (plant.laws, plant.degradation, plant.families)
    for each in pkgutil.iter_modules(package.__path__)
]


def test_that_the_page_of_physics_is_what_the_docstrings_say() -> None:
    assert PATH.read_text(encoding="utf-8") == page(), "run python -m plant.docs"
    assert main(["--check"]) == 0


@pytest.mark.parametrize("module", MODULES)
def test_that_every_formula_names_a_source_or_calls_itself_an_assumption(module: str) -> None:
    bare = [
        formula.name
        for formula in formulas(importlib.import_module(module))
        if not formula.is_grounded and formula.name not in MACHINERY
    ]
    assert not bare


@pytest.mark.slow
def test_that_every_law_of_degradation_prints_its_equation_and_source() -> None:
    for law in LAWS:
        assert "d =" in law.equation or "d = " in law.equation
        assert law.source
        assert law.title in page()


def test_that_a_docstring_is_taken_apart() -> None:
    found = parse(
        "f",
        "m",
        "Return the pull (N): F = m a.\n\nm mass (kg), a\nacceleration. Source: Newton, Principia.\nAssumption: no drag.",
    )

    assert found.text == ("Return the pull (N): F = m a.", "m mass (kg), a acceleration.")
    assert found.sources == ("Newton, Principia.",)
    assert found.assumptions == ("no drag.",)
    assert found.is_grounded
    assert as_statement(found.text[0]) == "Pull (N): F = m a."
    assert not parse("g", "m", "Return nothing in particular.").is_grounded

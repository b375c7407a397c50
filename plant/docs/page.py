"""Write the page of physics."""

import importlib
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from types import ModuleType

import plant.degradation
import plant.families
import plant.laws
from plant.degradation.law import DegradationLaw
from plant.docs.docstrings import Formula, as_statement, formulas
from plant.entities import Family
from plant.families.registry import MODELS
from plant.laws.utilities import UTILITY_TAGS
from plant.parameters import Parameter, parameters_of

_HEAD = """# Physics

Made by `python -m plant.docs` from the docstrings of the code; change them, not this page.

Symbols: n speed over nominal, u load 0..1, d damage 0..1, p share of life used up (or pressure over nominal, where it says
so), T temperature in degC, P power, V supply voltage over nominal. Everything is computed in SI units or per unit of the
machine's rating, for all machines of a family at once. First-order states take the exact step
x += (x_inf - x) (1 - exp(-dt / tau)), linear systems of two and more states the matrix exponential, and slow random
processes their exact transition, so that any step from 0.01 to 10 s gives the same course. Order in a step: commands, load,
wear, electrical, mechanical, thermal, hydraulic, sensors.

A line "Source" says where a formula is from; a line "Assumption" says what no source was found for, and why it is
reasonable.
"""
_LIVES = """Each mode of each machine has a life drawn from its law's Weibull distribution, in running hours at stress 1.
Its progress p grows by dt / life * stress, and damage is d(p); a machine fails at p = 1. The life that is truly left is
(1 - p) life / stress, with the stress of the last hour of running.
"""
_LAWS_FIRST = ("first_order", "linear", "load_cycle", "shifts", "utilities", "motor", "thermal", "vibration")


def page() -> str:
    """Return the page as Markdown."""
    lines = [_HEAD]
    lines += ["## Laws that families share", ""]
    for module in _modules(plant.laws, _LAWS_FIRST):
        lines += _module(module)
    lines += ["## Degradation", "", *_degradation()]
    lines += ["## Families", "", "Parameters that a plant file may set for every family:", ""]
    shared = _shared_parameters()
    lines += [*_parameters(parameters_of(Family.CNC), shared), ""]
    for family, model in MODELS.items():
        lines += _family(family, importlib.import_module(model.__module__), shared)
    lines += ["## Shared utilities", "", *_utilities()]
    return "\n".join(lines).rstrip() + "\n"


def _modules(package: ModuleType, first: Iterable[str] = ()) -> Iterator[ModuleType]:
    names = sorted(each.name for each in pkgutil.iter_modules(package.__path__))
    ordered = [name for name in first if name in names]
    for name in ordered + [name for name in names if name not in ordered]:
        yield importlib.import_module(f"{package.__name__}.{name}")


def _module(module: ModuleType) -> list[str]:
    grounded = [formula for formula in formulas(module) if formula.is_grounded]
    if not grounded:
        return []
    lines = [f"### {_title(module)}", ""]
    for formula in grounded:
        lines += _formula(formula)
    return lines


def _title(module: ModuleType) -> str:
    return (module.__doc__ or "").splitlines()[0].rstrip(".")


def _formula(formula: Formula) -> list[str]:
    first, *rest = formula.text or ("",)
    lines = [f"**`{formula.name}`** {_escape(as_statement(first))}", ""]
    for paragraph in rest:
        lines += [_escape(paragraph), ""]
    lines += [f"- Source: {_escape(each)}" for each in formula.sources]
    lines += [f"- Assumption: {_escape(each)}" for each in formula.assumptions]
    return [*lines, ""]


def _degradation() -> list[str]:
    lines = [
        _LIVES,
        "",
        "| law | stress and damage | characteristic life, h | Weibull slope | from |",
        "|---|---|---|---|---|",
    ]
    laws: dict[str, DegradationLaw] = {}
    for model in MODELS.values():
        laws |= {mode.degradation.name: mode.degradation for mode in model.faults}
    lines += [
        f"| {law.title} (`{law.name}`) | {_escape(law.equation)} | {law.life_h:,.0f} | {law.weibull_shape:g} | "
        f"{_escape(law.source)} |"
        for law in sorted(laws.values(), key=lambda each: each.name)
    ]
    lines.append("")
    for module in _modules(plant.degradation):
        lines += _module(module)
    return lines


def _shared_parameters() -> set[str]:
    names = [set(parameters_of(family)) for family in MODELS]
    return set.intersection(*names)


def _parameters(known: Mapping[str, Parameter], chosen: set[str]) -> list[str]:
    lines = ["| parameter | default | range | meaning |", "|---|---|---|---|"]
    lines += [
        f"| `{name}` | {each.default:g} | {each.low:g} to {each.high:g} | {_escape(each.meaning)} |"
        for name, each in known.items()
        if name in chosen
    ]
    return lines


def _family(family: Family, module: ModuleType, shared: set[str]) -> list[str]:
    lines = [f"### {_title(module)}", ""]
    for formula in formulas(module):
        if formula.is_grounded:
            lines += _formula(formula)
    lines += ["| fault | law | what happens |", "|---|---|---|"]
    lines += [
        f"| `{mode.name}` | {mode.degradation.title} | {_escape(mode.description)} |"
        for mode in MODELS[family].faults
    ]
    own = set(parameters_of(family)) - shared
    if own:
        lines += ["", *_parameters(parameters_of(family), own)]
    return [*lines, ""]


def _utilities() -> list[str]:
    lines = ["| measurement | unit | normal | what it is |", "|---|---|---|---|"]
    lines += [
        f"| `{tag.name}` | {tag.unit} | {tag.normal_low:g} to {tag.normal_high:g} | {_escape(tag.description)} |"
        for tag in UTILITY_TAGS
    ]
    return [*lines, ""]


def _escape(text: str) -> str:
    """Return text that Markdown shows as it is, in a table too; what stands between backticks is code."""
    pieces = text.split("`")
    for index in range(0, len(pieces), 2):
        for sign in ("\\", "*", "_", "|", "<"):
            pieces[index] = pieces[index].replace(sign, "\\" + sign)
    return "`".join(pieces)

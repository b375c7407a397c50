"""Say what a law of degradation is: how damage follows the share of life used up, and how long a life lasts."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from plant.laws.first_order import Array

Shape = Callable[[Array], Array]


@dataclass(frozen=True, slots=True, kw_only=True)
class DegradationLaw:
    """A named way of wearing out.

    Progress p, the share of life used up, grows by dt / life * stress; stress is 1 at nominal load, speed and
    temperature, and each family computes it from the law's own formula. Damage 0..1 is `shape(p)`, failure at p = 1.
    Lives are Weibull distributed: `life_h` is the characteristic life (63.2 % have failed by then) in running hours
    at stress 1, `weibull_shape` the slope. `scatter` is the variance of the life of one injected fault, as a share.
    """

    name: str
    title: str
    equation: str  # of stress and of damage, as the page of physics prints it
    source: str
    life_h: float
    weibull_shape: float
    shape: Shape
    scatter: float = 0.002


def power(exponent: float) -> Shape:
    """Return d = p^b, damage after a share p of life.

    Assumption: a power law after onset, because it has the one parameter that tells early from late growth.
    """

    def shape(progress: Array) -> Array:
        grown: Array = progress**exponent
        return grown

    return shape


def draw_life_s(law: DegradationLaw, count: int, rng: np.random.Generator) -> Array:
    """Return lives in running seconds: eta (-ln U)^(1/beta), the inverse of the Weibull distribution.

    Its hazard is h = (beta / eta) (t / eta)^(beta - 1): eta characteristic life, beta slope (below 1 early failures, 1 random
    ones, 2 to 4 wear-out), U uniform and kept off the earliest 1 % of lives. Source: W. Weibull, A statistical distribution function of wide
    applicability, J. Appl. Mech. 18 (1951); its inverse is elementary. Assumption: the earliest 1 % are found while a
    machine is taken into service.
    """
    share = rng.uniform(0.0, 0.99, count)  # of machines that live longer
    lives: Array = law.life_h * 3600.0 * (-np.log(np.maximum(share, 1e-12))) ** (1.0 / law.weibull_shape)
    return lives

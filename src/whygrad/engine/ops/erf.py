"""The error function on arrays, to the last bit or so (in float32 to 4e-7), without SciPy.

The method and coefficients of FreeBSD's s_erf.c (Sun Microsystems, 1993): a rational function on
each of four stretches. The browser has the same in ``web/src/player/erf.ts``.
"""

from __future__ import annotations

import numpy as np

from whygrad.engine.op import Array

# Lowest power first. |x| < 0.84375: x + x P(x²)/Q(x²).
_P1 = (
    1.28379167095512558561e-01,
    -3.25042107247001499370e-01,
    -2.84817495755985104766e-02,
    -5.77027029648944159157e-03,
    -2.37630166566501626084e-05,
)
_Q1 = (
    1.0,
    3.97917223959155352819e-01,
    6.50222499887672944485e-02,
    5.08130628187576562776e-03,
    1.32494738004321644526e-04,
    -3.96022827877536812320e-06,
)
# |x| < 1.25: C + P(|x| - 1)/Q(|x| - 1).
_C2 = 8.45062911510467529297e-01
_P2 = (
    -2.36211856075265944077e-03,
    4.14856118683748331666e-01,
    -3.72207876035701323847e-01,
    3.18346619901161753674e-01,
    -1.10894694282396677476e-01,
    3.54783043256182359371e-02,
    -2.16637559486879084300e-03,
)
_Q2 = (
    1.0,
    1.06420880400844228286e-01,
    5.40397917702171048937e-01,
    7.18286544141962662868e-02,
    1.26171219808761642112e-01,
    1.36370839120290507362e-02,
    1.19844998467991074170e-02,
)
# |x| < 1/0.35: 1 - exp(-x² - 0.5625 + P(1/x²)/Q(1/x²)) / |x|.
_P3 = (
    -9.86494403484714822705e-03,
    -6.93858572707181764372e-01,
    -1.05586262253232909814e01,
    -6.23753324503260060396e01,
    -1.62396669462573470355e02,
    -1.84605092906711035994e02,
    -8.12874355063065934246e01,
    -9.81432934416914548592e00,
)
_Q3 = (
    1.0,
    1.96512716674392571292e01,
    1.37657754143519042600e02,
    4.34565877475229228821e02,
    6.45387271733267880336e02,
    4.29008140027567833386e02,
    1.08635005541779435134e02,
    6.57024977031928170135e00,
    -6.04244152148580987438e-02,
)
# Further out: the same with these; beyond 6 the result is 1.
_P4 = (
    -9.86494292470009928597e-03,
    -7.99283237680523006574e-01,
    -1.77579549177547519889e01,
    -1.60636384855821916062e02,
    -6.37566443368389627722e02,
    -1.02509513161107724954e03,
    -4.83519191608651397019e02,
)
_Q4 = (
    1.0,
    3.03380607434824582924e01,
    3.25792512996573918826e02,
    1.53672958608443695994e03,
    3.19985821950859553908e03,
    2.55305040643316442583e03,
    4.74528541206955367215e02,
    -2.24409524465858183362e01,
)


# float32, where speed is asked for: tanh(x P(x²)/Q(x²)) up to 4.2, where float32 has 1.
# P/Q meets atanh(erf(x))/x at twelve Chebyshev points of the stretch.
_END = 4.2
_P = (
    1.1283791740900493,
    0.4075321741145949,
    0.08407392701741365,
    0.009539606992878936,
    0.0005729867339924139,
    1.2368409941727415e-05,
    3.0058435697558605e-08,
)
_Q = (
    1.0,
    0.2700862388932442,
    0.05009428056095207,
    0.0044650339950872255,
    0.00019430686798370753,
    1.8202411110547288e-06,
)


def fill_erf(x: Array, out: Array) -> None:
    """Write the error function of each element of ``x`` to ``out``."""
    if out.dtype == np.float32:
        near = np.clip(x, -_END, _END)
        square = near * near
        near *= _polynomial(_P, square)
        near /= _polynomial(_Q, square)
        np.tanh(near, out)
        return
    size = np.abs(x)
    # NaN falls through every stretch and stays as it is
    np.copyto(out, x)
    for low, high, curve in _STRETCHES:
        here = (size >= low) & (size <= high)
        if here.any():
            out[here] = np.copysign(curve(size[here]), x[here])


def _middle(x: Array) -> Array:
    z = x * x
    return x + x * (_polynomial(_P1, z) / _polynomial(_Q1, z))


def _shoulder(x: Array) -> Array:
    return _C2 + _polynomial(_P2, x - 1.0) / _polynomial(_Q2, x - 1.0)


def _tail(x: Array, p: tuple[float, ...], q: tuple[float, ...]) -> Array:
    z = 1.0 / (x * x)
    return 1.0 - np.exp(-x * x - 0.5625 + _polynomial(p, z) / _polynomial(q, z)) / x


def _near_tail(x: Array) -> Array:
    return _tail(x, _P3, _Q3)


def _far_tail(x: Array) -> Array:
    return _tail(x, _P4, _Q4)


_STRETCHES = (
    (0.0, 0.84375, _middle),
    (0.84375, 1.25, _shoulder),
    (1.25, 1 / 0.35, _near_tail),
    (1 / 0.35, 6.0, _far_tail),
    (6.0, np.inf, np.ones_like),
)


def _polynomial(coefficients: tuple[float, ...], x: Array) -> Array:
    """Return c0 + c1 x + c2 x² ... by Horner's rule."""
    *rest, last = coefficients
    total = np.full_like(x, last)
    for coefficient in reversed(rest):
        total *= x
        total += coefficient
    return total

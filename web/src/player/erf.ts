// The error function, to the last bit or so. The twin of src/whygrad/engine/ops/erf.py.
//
// The method and coefficients of FreeBSD's s_erf.c (Sun Microsystems, 1993): a rational function
// on each of four stretches. Coefficients are given lowest power first.

// |x| < 0.84375: x + x P(x²)/Q(x²)
const P1 = [
  0.12837916709551256,
  -0.3250421072470015,
  -0.02848174957559851,
  -0.005770270296489442,
  -2.3763016656650163e-5,
]
const Q1 = [
  1.0,
  0.39791722395915535,
  0.0650222499887673,
  0.005081306281875766,
  0.00013249473800432164,
  -3.960228278775368e-6,
]
// |x| < 1.25: C + P(|x| - 1)/Q(|x| - 1)
const C2 = 0.8450629115104675
const P2 = [
  -0.0023621185607526594,
  0.41485611868374833,
  -0.3722078760357013,
  0.31834661990116175,
  -0.11089469428239668,
  0.035478304325618236,
  -0.002166375594868791,
]
const Q2 = [
  1.0,
  0.10642088040084423,
  0.540397917702171,
  0.07182865441419627,
  0.12617121980876164,
  0.01363708391202905,
  0.011984499846799107,
]
// |x| < 1/0.35: 1 - exp(-x² - 0.5625 + P(1/x²)/Q(1/x²)) / |x|
const P3 = [
  -0.009864944034847148,
  -0.6938585727071818,
  -10.558626225323291,
  -62.375332450326006,
  -162.39666946257347,
  -184.60509290671104,
  -81.2874355063066,
  -9.814329344169145,
]
const Q3 = [
  1.0,
  19.651271667439257,
  137.65775414351904,
  434.56587747522923,
  645.3872717332679,
  429.00814002756783,
  108.63500554177944,
  6.570249770319282,
  -0.0604244152148581,
]
// further out: the same with these; beyond 6 the result is 1
const P4 = [
  -0.0098649429247001,
  -0.799283237680523,
  -17.757954917754752,
  -160.63638485582192,
  -637.5664433683896,
  -1025.0951316110772,
  -483.5191916086514,
]
const Q4 = [
  1.0,
  30.33806074348246,
  325.7925129965739,
  1536.729586084437,
  3199.8582195085955,
  2553.0504064331644,
  474.52854120695537,
  -22.44095244658582,
]

export function erf(x: number): number {
  const size = Math.abs(x)
  if (!(size >= 0.84375)) return x + x * ratio(P1, Q1, x * x)
  if (size >= 6) return Math.sign(x)
  if (size < 1.25) return Math.sign(x) * (C2 + ratio(P2, Q2, size - 1))
  const [p, q] = size < 1 / 0.35 ? [P3, Q3] : [P4, Q4]
  const power = Math.exp(-size * size - 0.5625 + ratio(p, q, 1 / (size * size)))
  return Math.sign(x) * (1 - power / size)
}

function ratio(p: readonly number[], q: readonly number[], x: number): number {
  return polynomial(p, x) / polynomial(q, x)
}

/** c0 + c1 x + c2 x² … by Horner's rule. */
function polynomial(coefficients: readonly number[], x: number): number {
  let total = 0
  for (let i = coefficients.length - 1; i >= 0; i--) total = total * x + coefficients[i]!
  return total
}

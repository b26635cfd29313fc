// The table of kernels: one per op of the Python table, under the same name with the same params.

import { CURVES } from './curves'
import { ELEMENTWISE } from './elementwise'
import type { Kernel } from './kernel'
import { LOOKUP } from './lookup'
import { LOSS } from './loss'
import { MATMUL } from './matmul'
import { REDUCE } from './reduce'
import { SHAPES } from './shapes'

export const KERNELS: Readonly<Record<string, Kernel>> = {
  ...ELEMENTWISE,
  ...CURVES,
  ...REDUCE,
  ...MATMUL,
  ...SHAPES,
  ...LOOKUP,
  ...LOSS,
}

// The table of kernels: one per op of the Python table, under the same name with the same params.

import { ALONG } from './along'
import { CHANCE } from './chance'
import { CONV } from './conv'
import { CURVES } from './curves'
import { EINSUM } from './einsum'
import { ELEMENTWISE } from './elementwise'
import type { Kernel } from './kernel'
import { LOOKUP } from './lookup'
import { LOSS } from './loss'
import { MATMUL } from './matmul'
import { POOL } from './pool'
import { REDUCE } from './reduce'
import { SHAPES } from './shapes'

export const KERNELS: Readonly<Record<string, Kernel>> = {
  ...ELEMENTWISE,
  ...CURVES,
  ...REDUCE,
  ...MATMUL,
  ...SHAPES,
  ...ALONG,
  ...EINSUM,
  ...CONV,
  ...POOL,
  ...CHANCE,
  ...LOOKUP,
  ...LOSS,
}

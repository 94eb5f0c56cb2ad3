/** The things that the sandbox can draw, as data: ellipses and polygons in a square from -1 to 1, y downwards. */
import type { Colour } from './colours.ts'
import { BLACK, box, eyes, heart, type Shape, SKIN, star, WAVES, WHITE, WOOD } from './shapes.ts'

/** Where a motif belongs: in the air, on the ground, behind everything, or anywhere because it is a plain form. */
export type Habitat = 'sky' | 'ground' | 'water' | 'wide' | 'form'

export interface MotifRow {
  readonly colour: Colour
  readonly habitat: Habitat
  readonly shapes: readonly Shape[]
}

export const MOTIFS = {
  circle: { colour: 0x3366cc, habitat: 'form', shapes: [['ellipse', 0, 0, 1, 1, 'main']] },
  square: { colour: 0x3366cc, habitat: 'form', shapes: [box(-0.9, -0.9, 0.9, 0.9, 'main')] },
  rectangle: { colour: 0x3366cc, habitat: 'form', shapes: [box(-1, -0.6, 1, 0.6, 'main')] },
  triangle: {
    colour: 0x2e8b57,
    habitat: 'form',
    shapes: [['polygon', [0, -0.95, 1, 0.8, -1, 0.8], 'main']],
  },
  diamond: {
    colour: 0x40c4d0,
    habitat: 'form',
    shapes: [['polygon', [0, -1, 0.75, 0, 0, 1, -0.75, 0], 'main']],
  },
  star: { colour: 0xffd700, habitat: 'form', shapes: [['polygon', star(5, 0.4), 'main']] },
  heart: { colour: 0xd62246, habitat: 'form', shapes: [['polygon', heart(), 'main']] },
  sun: {
    colour: 0xffc81e,
    habitat: 'sky',
    shapes: [
      ['polygon', star(12, 0.72), 'main'],
      ['ellipse', 0, 0, 0.62, 0.62, 'light'],
    ],
  },
  moon: {
    colour: 0xf4f1c9,
    habitat: 'sky',
    shapes: [
      ['ellipse', 0, 0, 1, 1, 'main'],
      ['ellipse', -0.3, -0.3, 0.22, 0.22, 'dark'],
      ['ellipse', 0.35, 0.05, 0.15, 0.15, 'dark'],
      ['ellipse', -0.1, 0.45, 0.18, 0.18, 'dark'],
    ],
  },
  cloud: {
    colour: WHITE,
    habitat: 'sky',
    shapes: [
      ['ellipse', -0.5, 0.15, 0.5, 0.35, 'main'],
      ['ellipse', 0.5, 0.15, 0.5, 0.35, 'main'],
      ['ellipse', 0, -0.15, 0.55, 0.5, 'main'],
    ],
  },
  bird: {
    colour: 0x3b5b92,
    habitat: 'sky',
    shapes: [
      ['polygon', [-1, -0.6, -0.1, 0.1, 0.3, 0.1, -0.2, 0.35], 'dark'],
      ['ellipse', 0.15, 0.2, 0.55, 0.3, 'main'],
      ['ellipse', 0.6, 0, 0.25, 0.22, 'main'],
      ['polygon', [0.82, -0.08, 1, 0.03, 0.82, 0.1], 0xffa500],
      ['ellipse', 0.66, -0.04, 0.05, 0.05, BLACK],
    ],
  },
  balloon: {
    colour: 0xe03a3e,
    habitat: 'sky',
    shapes: [
      ['polygon', [-0.01, 0.4, 0.02, 0.4, 0.02, 1, -0.01, 1], BLACK],
      ['ellipse', 0, -0.3, 0.6, 0.7, 'main'],
      ['polygon', [0, 0.35, 0.1, 0.5, -0.1, 0.5], 'main'],
      ['ellipse', -0.2, -0.5, 0.12, 0.2, 'light'],
    ],
  },
  mountain: {
    colour: 0x6b7a8f,
    habitat: 'wide',
    shapes: [
      ['polygon', [-1, 1, -0.35, -0.55, 0.3, 1], 'main'],
      ['polygon', [-0.3, 1, 0.35, -0.9, 1, 1], 'dark'],
      ['polygon', [0.16, -0.35, 0.35, -0.9, 0.54, -0.35, 0.35, -0.5], WHITE],
      ['polygon', [-0.51, -0.17, -0.35, -0.55, -0.18, -0.17, -0.35, -0.28], WHITE],
    ],
  },
  sea: { colour: 0x1f78b4, habitat: 'wide', shapes: [box(-1, -1, 1, 1, 'main'), ...WAVES] },
  tree: {
    colour: 0x2e8b3d,
    habitat: 'ground',
    shapes: [
      box(-0.12, 0.1, 0.12, 1, WOOD),
      ['ellipse', -0.35, -0.15, 0.42, 0.42, 'main'],
      ['ellipse', 0.35, -0.15, 0.42, 0.42, 'main'],
      ['ellipse', 0, -0.5, 0.5, 0.5, 'main'],
    ],
  },
  house: {
    colour: 0xd9b382,
    habitat: 'ground',
    shapes: [
      box(-0.75, -0.15, 0.75, 1, 'main'),
      ['polygon', [0, -1, 0.95, -0.15, -0.95, -0.15], 0xa23b2a],
      box(-0.18, 0.35, 0.18, 1, WOOD),
      box(-0.6, 0.1, -0.3, 0.4, 0xbfe3f5),
      box(0.3, 0.1, 0.6, 0.4, 0xbfe3f5),
    ],
  },
  flower: {
    colour: 0xe75480,
    habitat: 'ground',
    shapes: [
      box(-0.05, 0, 0.05, 1, 0x2e8b3d),
      ['ellipse', 0.25, 0.6, 0.25, 0.1, 0x2e8b3d],
      ['ellipse', 0, -0.75, 0.25, 0.3, 'main'],
      ['ellipse', 0, -0.05, 0.25, 0.3, 'main'],
      ['ellipse', -0.38, -0.4, 0.3, 0.25, 'main'],
      ['ellipse', 0.38, -0.4, 0.3, 0.25, 'main'],
      ['ellipse', 0, -0.4, 0.22, 0.22, 0xffd24a],
    ],
  },
  cat: {
    colour: 0xe8963e,
    habitat: 'ground',
    shapes: [
      ['polygon', [0.4, 0.75, 0.8, 0.1, 0.95, 0.15, 0.65, 0.95], 'dark'],
      ['ellipse', 0, 0.6, 0.62, 0.4, 'main'],
      ['polygon', [-0.55, -0.35, -0.5, -1, -0.1, -0.6], 'main'],
      ['polygon', [0.55, -0.35, 0.5, -1, 0.1, -0.6], 'main'],
      ['ellipse', 0, -0.2, 0.6, 0.5, 'main'],
      ...eyes(0.22, -0.28, 0.08),
      ['polygon', [-0.07, -0.1, 0.07, -0.1, 0, 0], 0xd96b7c],
      ['polygon', [-0.75, -0.14, -0.25, -0.06, -0.75, -0.1], BLACK],
      ['polygon', [0.75, -0.14, 0.25, -0.06, 0.75, -0.1], BLACK],
      ['polygon', [-0.75, 0.08, -0.25, 0, -0.75, 0.04], BLACK],
      ['polygon', [0.75, 0.08, 0.25, 0, 0.75, 0.04], BLACK],
    ],
  },
  dog: {
    colour: 0xb07b46,
    habitat: 'ground',
    shapes: [
      ['polygon', [0.5, 0.5, 0.98, 0, 0.9, 0.2, 0.6, 0.7], 'main'],
      ['ellipse', 0, 0.62, 0.62, 0.38, 'main'],
      ['ellipse', 0, -0.3, 0.52, 0.55, 'main'],
      ['ellipse', -0.52, -0.25, 0.18, 0.48, 'dark'],
      ['ellipse', 0.52, -0.25, 0.18, 0.48, 'dark'],
      ['ellipse', 0, -0.05, 0.27, 0.24, 'light'],
      ...eyes(0.2, -0.42, 0.08),
      ['ellipse', 0, -0.17, 0.1, 0.07, BLACK],
    ],
  },
  fish: {
    colour: 0xff8c42,
    habitat: 'water',
    shapes: [
      ['polygon', [0.4, 0, 1, -0.5, 1, 0.5], 'dark'],
      ['ellipse', -0.15, 0, 0.75, 0.45, 'main'],
      ['ellipse', -0.55, -0.1, 0.08, 0.08, BLACK],
    ],
  },
  boat: {
    colour: 0xb5482f,
    habitat: 'water',
    shapes: [
      box(-0.04, -0.9, 0.04, 0.5, WOOD),
      ['polygon', [0.08, -0.85, 0.7, 0.3, 0.08, 0.3], WHITE],
      ['polygon', [-0.08, -0.6, -0.55, 0.3, -0.08, 0.3], 0xe8e8e8],
      ['polygon', [-0.9, 0.4, 0.9, 0.4, 0.6, 0.95, -0.6, 0.95], 'main'],
    ],
  },
  car: {
    colour: 0xc62828,
    habitat: 'ground',
    shapes: [
      ['polygon', [-0.6, 0.2, -0.35, -0.3, 0.35, -0.3, 0.65, 0.2], 'main'],
      ['polygon', [-0.45, 0.15, -0.27, -0.2, 0.27, -0.2, 0.48, 0.15], 0xbfe3f5],
      box(-1, 0.15, 1, 0.7, 'main'),
      ['ellipse', -0.55, 0.72, 0.24, 0.24, BLACK],
      ['ellipse', 0.55, 0.72, 0.24, 0.24, BLACK],
      ['ellipse', -0.55, 0.72, 0.1, 0.1, 0xb0b0b0],
      ['ellipse', 0.55, 0.72, 0.1, 0.1, 0xb0b0b0],
    ],
  },
  rocket: {
    colour: 0xd8dde3,
    habitat: 'ground',
    shapes: [
      ['polygon', [-0.2, 0.6, 0.2, 0.6, 0, 1], 0xff8c00],
      ['polygon', [-0.3, 0.2, -0.6, 0.7, -0.3, 0.6], 0xc62828],
      ['polygon', [0.3, 0.2, 0.6, 0.7, 0.3, 0.6], 0xc62828],
      ['ellipse', 0, -0.2, 0.32, 0.8, 'main'],
      ['ellipse', 0, -0.35, 0.14, 0.14, 0x1f78b4],
    ],
  },
  person: {
    colour: 0x3465a4,
    habitat: 'ground',
    shapes: [
      box(-0.22, 0.4, -0.04, 1, 0x2f3640),
      box(0.04, 0.4, 0.22, 1, 0x2f3640),
      ['polygon', [-0.28, -0.35, 0.28, -0.35, 0.5, 0.3, 0.34, 0.36, 0.24, 0, 0.26, 0.5, -0.26, 0.5], 'main'],
      ['polygon', [-0.28, -0.35, -0.24, 0, -0.34, 0.36, -0.5, 0.3], 'main'],
      ['ellipse', 0, -0.65, 0.28, 0.33, SKIN],
      ...eyes(0.1, -0.68, 0.035),
    ],
  },
  robot: {
    colour: 0x9aa5b1,
    habitat: 'ground',
    shapes: [
      box(-0.04, -1, 0.04, -0.7, BLACK),
      ['ellipse', 0, -0.95, 0.09, 0.09, 0xe03a3e],
      box(-0.45, -0.75, 0.45, -0.1, 'main'),
      box(-0.6, 0, 0.6, 0.7, 'main'),
      box(-0.82, 0.05, -0.65, 0.6, 'dark'),
      box(0.65, 0.05, 0.82, 0.6, 'dark'),
      box(-0.4, 0.7, -0.1, 1, 'dark'),
      box(0.1, 0.7, 0.4, 1, 'dark'),
      ['ellipse', -0.2, -0.48, 0.11, 0.11, 0x40e0d0],
      ['ellipse', 0.2, -0.48, 0.11, 0.11, 0x40e0d0],
      box(-0.22, -0.28, 0.22, -0.2, BLACK),
    ],
  },
  banana: {
    colour: 0xffe135,
    habitat: 'ground',
    shapes: [
      [
        'polygon',
        [
          -0.9, -0.5, -0.75, -0.6, -0.5, 0, 0, 0.25, 0.5, 0.1, 0.8, -0.3, 0.95, -0.2, 0.75, 0.4, 0.2, 0.75,
          -0.45, 0.5,
        ],
        'main',
      ],
    ],
  },
  apple: {
    colour: 0xc62828,
    habitat: 'ground',
    shapes: [
      ['ellipse', -0.28, 0.15, 0.5, 0.65, 'main'],
      ['ellipse', 0.28, 0.15, 0.5, 0.65, 'main'],
      box(-0.04, -0.85, 0.04, -0.35, WOOD),
      ['ellipse', 0.28, -0.65, 0.25, 0.12, 0x2e8b3d],
    ],
  },
  cake: {
    colour: 0xf4a6b8,
    habitat: 'ground',
    shapes: [
      box(-0.04, -0.75, 0.04, -0.3, 0x1f78b4),
      ['ellipse', 0, -0.85, 0.06, 0.12, 0xff8c00],
      box(-0.5, -0.3, 0.5, 0.25, 'light'),
      box(-0.85, 0.2, 0.85, 0.9, 'main'),
      box(-0.85, 0.2, 0.85, 0.32, WHITE),
    ],
  },
} as const satisfies Readonly<Record<string, MotifRow>>

export type MotifKind = keyof typeof MOTIFS

export function motifOf(kind: MotifKind): MotifRow {
  return MOTIFS[kind]
}

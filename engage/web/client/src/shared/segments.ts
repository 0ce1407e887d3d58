// What a text costs on the air: the same count as engage/messaging/segments.py, while one types.
// tests/web holds both against one table of vectors.

const BASIC = new Set(
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà",
);
const EXTENSION = new Set("^{}\\[~]|€\f");

export interface Segments {
  units: number;
  segments: number;
  /** The characters outside the short alphabet: one of them more than halves what fits. */
  costly: string[];
}

export function count(text: string): Segments {
  const characters = [...text];
  const costly = [...new Set(characters.filter((one) => !BASIC.has(one) && !EXTENSION.has(one)))];
  const short = costly.length === 0;
  const costs = characters.map((one) => (short ? (EXTENSION.has(one) ? 2 : 1) : one.length));
  const units = costs.reduce((sum, cost) => sum + cost, 0);
  const [single, part] = short ? [160, 153] : [70, 67];
  if (units <= single) return { units, segments: 1, costly };
  // No escape pair and no surrogate pair straddles two segments, so dividing is not enough.
  let segments = 1;
  let filled = 0;
  for (const cost of costs) {
    if (filled + cost > part) {
      segments += 1;
      filled = 0;
    }
    filled += cost;
  }
  return { units, segments, costly };
}

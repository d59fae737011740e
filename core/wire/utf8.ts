/**
 * UTF-8 by hand: core has no TextDecoder to rely on, and needs the strict form (no overlong forms, no surrogates, nothing past U+10FFFF),
 * because stored state must have exactly one encoding.
 */

/** Undefined when the bytes are not well-formed. */
export function utf8Decode(bytes: Uint8Array): string | undefined {
  let text = '';
  for (let i = 0; i < bytes.length;) {
    const first = bytes[i] as number;
    const extra =
      first < 0x80 ? 0 : first >= 0xc2 && first < 0xe0 ? 1 : first >= 0xe0 && first < 0xf0 ? 2 : first >= 0xf0 && first < 0xf5 ? 3 : -1;
    if (extra < 0 || i + extra >= bytes.length) return undefined;
    let point = extra === 0 ? first : first & (0x3f >> extra);
    for (let j = 1; j <= extra; j++) {
      const next = bytes[i + j] as number;
      if ((next & 0xc0) !== 0x80) return undefined;
      point = (point << 6) | (next & 0x3f);
    }
    const overlong = (extra === 2 && point < 0x800) || (extra === 3 && point < 0x10000);
    if (overlong || (point >= 0xd800 && point <= 0xdfff) || point > 0x10ffff) return undefined;
    text += String.fromCodePoint(point);
    i += extra + 1;
  }
  return text;
}

/** Throws RangeError for a lone surrogate, which has no encoding. */
export function utf8Encode(text: string): Uint8Array {
  const out: number[] = [];
  for (const character of text) {
    const point = character.codePointAt(0) as number;
    if (point >= 0xd800 && point <= 0xdfff) throw new RangeError('lone surrogate');
    if (point < 0x80) out.push(point);
    else if (point < 0x800) out.push(0xc0 | (point >> 6), 0x80 | (point & 0x3f));
    else if (point < 0x10000) out.push(0xe0 | (point >> 12), 0x80 | ((point >> 6) & 0x3f), 0x80 | (point & 0x3f));
    else out.push(0xf0 | (point >> 18), 0x80 | ((point >> 12) & 0x3f), 0x80 | ((point >> 6) & 0x3f), 0x80 | (point & 0x3f));
  }
  return Uint8Array.from(out);
}

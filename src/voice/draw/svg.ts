/** Attributes of an element; numbers are written with at most two decimals. */
export type Attributes = Readonly<Record<string, string | number>>;

/** One SVG element as text. `children` is markup: escape what came from outside with {@link escapeText}. */
export function element(name: string, attributes: Attributes, children = ''): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${attribute(value)}"`);
  return children ? `<${name}${written.join('')}>${children}</${name}>` : `<${name}${written.join('')}/>`;
}

/** A number as SVG has it: at most two decimals, no exponent. */
export function num(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/** Text that is safe inside an element or attribute; characters that XML forbids are replaced. */
export function escapeText(text: string): string {
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters XML 1.0 forbids.
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu, '\ufffd')
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
  );
}

function attribute(value: string | number): string {
  return typeof value === 'number' ? num(value) : escapeText(value);
}

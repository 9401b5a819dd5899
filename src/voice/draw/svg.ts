import { escapeXml } from '../../base/xml.js';

/** Attributes of an element; numbers are written with at most two decimals. */
export type Attributes = Readonly<Record<string, string | number>>;

/** One SVG element as text. `children` is markup: escape texts from outside with {@link escapeXml}. */
export function element(name: string, attributes: Attributes, children = ''): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${attribute(value)}"`);
  return children ? `<${name}${written.join('')}>${children}</${name}>` : `<${name}${written.join('')}/>`;
}

/** Formats a number for SVG: at most two decimals, no exponent. */
export function num(value: number): string {
  return String(Math.round(value * 100) / 100);
}

function attribute(value: string | number): string {
  return typeof value === 'number' ? num(value) : escapeXml(value);
}

/**
 * True when a number is in the range that a refusal states, such as `from 20 to 1000 ms`, `a whole number from 1 to 5`
 * or `0, or 5 or more`; nothing where the refusal states no such range.
 */
export function isInStatedRange(message: string, value: number): boolean | undefined {
  const stated = / must be (.*); got /s.exec(message)?.[1];
  const ranges = stated?.split(', or ').map((each) => rangeOf(each));
  if (!ranges || ranges.includes(undefined)) return undefined;
  return ranges.some((range) => range?.(value));
}

type Range = (value: number) => boolean;

function rangeOf(text: string): Range | undefined {
  const [, whole, from, to] = /^(a whole number )?from (\S+) to (\S+)(?: [\w/]+)?$/.exec(text) ?? [];
  if (from !== undefined && to !== undefined) {
    return (value) => value >= Number(from) && value <= Number(to) && (!whole || Number.isInteger(value));
  }
  const [, least] = /^(\S+) or more(?: \w+)?$/.exec(text) ?? [];
  if (least !== undefined) return (value) => value >= Number(least);
  const [, most] = /^a number up to (\S+)(?: \w+)?$/.exec(text) ?? [];
  if (most !== undefined) return (value) => value <= Number(most);
  if (/^more than 0(?: \w+)?$/.test(text)) return (value) => value > 0;
  if (/^-?\d+$/.test(text)) return (value) => value === Number(text);
  return text === 'a number' ? () => true : undefined;
}

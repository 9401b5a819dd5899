import { withoutTags } from '../../base/xml.js';

/** Properties that a mood sets besides its own (reference, "SET PROFILE MOOD_TEXT"). */
export function impliedByMood(property: string, value: string): Readonly<Record<string, string>> {
  if (property === 'RICH_MOOD_TEXT') return { MOOD_TEXT: withoutTags(value) };
  return property === 'MOOD_TEXT' ? { RICH_MOOD_TEXT: '' } : {};
}

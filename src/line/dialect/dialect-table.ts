import type { Dialect } from './dialect.js';
import { DIALECTS } from './dialects.js';
import { type MediaEventType, TO_APPLICATION, TO_PROVIDER } from './media-event.js';
import { KNOWN_RATES } from './wire-audio.js';

/**
 * Makes Markdown tables of the events that each dialect can carry, for the documentation. The conformance tests check
 * the dialects against the same lists.
 */
export function dialectTables(): string {
  const all: readonly Dialect[] = Object.values(DIALECTS);
  return [
    '| dialect | of | audio by default | rates, in Hz | both voices | versions (`variant`) |',
    '| --- | --- | --- | --- | --- | --- |',
    ...all.map(
      ({ name, title, format, rates, stereo, variants }) =>
        `| \`${name}\` | ${title} | ${format.encoding}, ${format.sampleRate} Hz | ${ratesOf(rates)} | ${STEREO[stereo]} | ${variants.map((each) => `\`${each}\``).join(', ')} |`,
    ),
    '',
    `All rates that are known: ${KNOWN_RATES.join(', ')} Hz.`,
    '',
    'Messages from the provider (which has the call) to the application:',
    '',
    ...table(all, 'provider', TO_APPLICATION),
    '',
    'Messages from the application to the provider:',
    '',
    ...table(all, 'application', TO_PROVIDER),
    '',
    'Support of each feature:',
    '',
    ...all.flatMap(({ name, notes }) =>
      Object.entries(notes).map(([event, note]) => `- \`${name}\`, ${event}: ${note}`),
    ),
  ].join('\n');
}

const STEREO: Readonly<Record<Dialect['stereo'], string>> = {
  channels: 'as channels',
  tracks: 'as tracks',
  none: 'mixed only',
};

/** Lists encodings with their rates. Encodings with the same rates are grouped. */
function ratesOf(rates: Dialect['rates']): string {
  const names = new Map<string, string[]>();
  for (const [encoding, of] of Object.entries(rates)) {
    const list = of === KNOWN_RATES ? 'all below' : of.join(', ');
    names.set(list, [...(names.get(list) ?? []), encoding]);
  }
  return [...names].map(([list, encodings]) => `${encodings.join(', ')}: ${list}`).join('; ');
}

function table(
  dialects: readonly Dialect[],
  role: 'provider' | 'application',
  events: readonly MediaEventType[],
): string[] {
  return [
    `| | ${events.join(' | ')} |`,
    `| --- |${events.map(() => ' --- |').join('')}`,
    ...dialects.map(
      ({ name, says }) =>
        `| \`${name}\` | ${events.map((event) => (says[role].includes(event) ? 'yes' : '')).join(' | ')} |`,
    ),
  ];
}

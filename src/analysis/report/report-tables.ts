import { entryOf } from '../../base/entry-of.js';
import { escapeXml } from '../../base/xml.js';
import { clockTime } from '../../voice/draw/time-axis.js';
import type { AnalysisReport } from '../analysis-report.js';
import { type SpokenText, toneName } from './call-picture.js';
import { EVENT_MARKS, namedEvents } from './named-events.js';

/** Keys of a report that are lists of positions. They are shown in the picture and in the table of events instead. */
const DRAWN: ReadonlySet<string> = new Set([
  ...['speech', 'music', 'tones', 'pressed', 'events', 'deadAir', 'alerts'],
]);

/** Formats of values, by the unit with which the name of a figure ends. */
const UNITS: Readonly<Record<string, (value: number) => string>> = {
  Ms: (value) => (Math.abs(value) < 1000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(1)} s`),
  Ratio: (value) => `${(value * 100).toFixed(1)} %`,
  Dbov: (value) => `${value.toFixed(1)} dBov`,
  Dbfs: (value) => `${value.toFixed(1)} dBFS`,
  Db: (value) => `${value.toFixed(1)} dB`,
  Lufs: (value) => `${value.toFixed(1)} LUFS`,
};
/** Unit at the end of the name of a figure. */
const UNIT = /(?:Ms|Ratio|Dbov|Dbfs|Db|Lufs)$/;

/** Makes the tables of all figures. */
export function figureTables(report: AnalysisReport, names: readonly string[]): string {
  const { talk, legs } = report;
  const both = Object.entries(talk)
    .filter(([key]) => !DRAWN.has(key) && key !== 'turns')
    .map(([key, value]) => `<tr>${nameCell(key)}<td class="n">${shownFigure(value, key)}</td></tr>`);
  const own = Object.keys(legs[0] ?? {}).filter((key) => !DRAWN.has(key));
  const head = legs.map((_, leg) => `<th>${escapeXml(names[leg] ?? `leg ${leg}`)}</th>`).join('');
  const rows = own.map((key) => {
    const cells = legs.map((leg) => `<td class="n">${shownFigure(Reflect.get(leg, key), key)}</td>`);
    return `<tr>${nameCell(key)}${cells.join('')}</tr>`;
  });
  return `<h2>The conversation</h2><table>${both.join('')}</table>
<h2>Each side</h2><table><tr><th></th>${head}</tr>${rows.join('')}</table>`;
}

/** Makes the table of named events, dead air, tones, keys and music, in order of time. */
export function eventTable(report: AnalysisReport, names: readonly string[]): string {
  const nameOf = (leg: number) => names[leg] ?? `leg ${leg}`;
  const ofLegs = report.legs.flatMap(({ tones, pressed, music }, leg) => [
    ...tones.map((tone) => ({ at: tone.from, what: `tone: ${toneName(tone)}`, who: nameOf(leg) })),
    ...pressed.map(({ from, digit }) => ({ at: from, what: `key ${digit}`, who: nameOf(leg) })),
    ...music.map(({ from }) => ({ at: from, what: 'music', who: nameOf(leg) })),
  ]);
  const all = [
    ...namedEvents(report).map(({ at, kind, leg, name }) => ({
      ...{ at, what: `${EVENT_MARKS[kind]} ${name}`, who: nameOf(leg) },
    })),
    ...report.talk.deadAir.map(({ from, to }) => ({
      ...{ at: from, what: `dead air, ${((to - from) / report.sampleRate).toFixed(1)} s`, who: '' },
    })),
    ...ofLegs,
  ].toSorted((a, b) => a.at - b.at);
  if (all.length === 0) return '';
  const rows = all.map(
    ({ at, what, who }) =>
      `<tr><td class="n">${timeOf(report, at)}</td><td>${escapeXml(what)}</td><td>${escapeXml(who)}</td></tr>`,
  );
  return `<h2>Events</h2><table>${rows.join('')}</table>`;
}

/** Makes the table of the transcript, in order of time. */
export function transcriptTable(
  report: AnalysisReport,
  names: readonly string[],
  said: readonly SpokenText[],
): string {
  if (said.length === 0) return '';
  const rows = said
    .toSorted((a, b) => a.from - b.from)
    .map(
      ({ from, leg, text }) =>
        `<tr><td class="n">${timeOf(report, from)}</td><th class="n${leg}">${escapeXml(names[leg] ?? `leg ${leg}`)}</th><td>${escapeXml(text)}</td></tr>`,
    );
  return `<h2>Transcript</h2><table>${rows.join('')}</table>`;
}

/** Formats a figure for a reader: `3.4 s`, or the reason why there is none. */
export function shownFigure(value: unknown, key: string): string {
  if (typeof value === 'number') {
    const [unit = ''] = UNIT.exec(key) ?? [];
    return entryOf(UNITS, unit)?.(value) ?? String(Math.round(value * 1000) / 1000);
  }
  if (typeof value === 'string') return escapeXml(value === '' ? '–' : value);
  if (value === null) return 'none';
  if (Array.isArray(value)) return String(value.length);
  if (typeof value !== 'object') return '–';
  if ('notComputable' in value)
    return `<span class="none">not computable: ${escapeXml(String(value.notComputable))}</span>`;
  // The parts of a distribution have the unit of the figure, except the count. Parts of other figures have their own
  // unit.
  return Object.entries(value)
    .map(
      ([part, of]) =>
        `${escapeXml(wordsOf(part))} ${shownFigure(of, UNIT.test(part) || part === 'count' ? part : key)}`,
    )
    .join('<br>');
}

function nameCell(key: string): string {
  return `<td title="${escapeXml(key)}">${escapeXml(wordsOf(key))}</td>`;
}

/** Converts a key to words: `longestMonologueMs` to `longest monologue`. */
function wordsOf(key: string): string {
  const text = key
    .replace(UNIT, (unit) => (unit === 'Ratio' ? unit : ''))
    .replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return text.replace(/^rms$/, 'RMS').replace(/^snr$/, 'signal to noise').replace(/^dc /, 'DC ');
}

function timeOf({ sampleRate }: AnalysisReport, sample: number): string {
  return clockTime(Math.floor((sample * 10) / sampleRate) / 10, 0.1);
}

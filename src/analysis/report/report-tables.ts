import { entryOf } from '../../base/entry-of.js';
import { escapeXml } from '../../base/xml.js';
import { clockTime } from '../../voice/draw/time-axis.js';
import type { AnalysisReport } from '../analysis-report.js';
import { type SpokenText, toneName } from './call-picture.js';
import { EVENT_MARKS, namedEvents } from './named-events.js';

/** Keys of a report that are lists of places: the picture and the tables of events have them. */
const DRAWN: ReadonlySet<string> = new Set([
  ...['speech', 'music', 'tones', 'pressed', 'events', 'deadAir', 'alerts'],
]);

/** Units that the names of figures end with: what is shown of a value, and behind it. */
const UNITS: Readonly<Record<string, (value: number) => string>> = {
  Ms: (value) => (Math.abs(value) < 1000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(1)} s`),
  Ratio: (value) => `${(value * 100).toFixed(1)} %`,
  Dbov: (value) => `${value.toFixed(1)} dBov`,
  Dbfs: (value) => `${value.toFixed(1)} dBFS`,
  Db: (value) => `${value.toFixed(1)} dB`,
  Lufs: (value) => `${value.toFixed(1)} LUFS`,
};
/** The name of a unit at the end of a figure's. */
const UNIT = /(?:Ms|Ratio|Dbov|Dbfs|Db|Lufs)$/;

/** All figures as tables. */
export function figureTables(report: AnalysisReport, names: readonly string[]): string {
  const { talk, legs } = report;
  const both = Object.entries(talk)
    .filter(([key]) => !DRAWN.has(key) && key !== 'turns')
    .map(([key, value]) => `<tr>${nameCell(key)}<td class="n">${shown(value, key)}</td></tr>`);
  const own = Object.keys(legs[0] ?? {}).filter((key) => !DRAWN.has(key));
  const head = legs.map((_, leg) => `<th>${escapeXml(names[leg] ?? `leg ${leg}`)}</th>`).join('');
  const rows = own.map((key) => {
    const cells = legs.map((leg) => `<td class="n">${shown(Reflect.get(leg, key), key)}</td>`);
    return `<tr>${nameCell(key)}${cells.join('')}</tr>`;
  });
  return `<h2>The conversation</h2><table>${both.join('')}</table>
<h2>Each side</h2><table><tr><th></th>${head}</tr>${rows.join('')}</table>`;
}

/** The events that have names, dead air, tones and keys, in order of time. */
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

/** The transcript, in order of time. */
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

/** A figure of a report as a reader has it: `3.4 s`, or why there is none. */
export function shown(value: unknown, key: string): string {
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
  // The parts of a distribution have its unit, but for their count; those of other figures have their own.
  return Object.entries(value)
    .map(
      ([part, of]) =>
        `${escapeXml(wordsOf(part))} ${shown(of, UNIT.test(part) || part === 'count' ? part : key)}`,
    )
    .join('<br>');
}

function nameCell(key: string): string {
  return `<td title="${escapeXml(key)}">${escapeXml(wordsOf(key))}</td>`;
}

/** `longestMonologueMs` as `longest monologue`. */
function wordsOf(key: string): string {
  const text = key
    .replace(UNIT, (unit) => (unit === 'Ratio' ? unit : ''))
    .replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return text.replace(/^rms$/, 'RMS').replace(/^snr$/, 'signal to noise').replace(/^dc /, 'DC ');
}

function timeOf({ sampleRate }: AnalysisReport, sample: number): string {
  return clockTime(Math.floor((sample * 10) / sampleRate) / 10, 0.1);
}

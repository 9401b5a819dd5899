import { escapeXml } from '../../base/xml.js';
import { element } from '../../voice/draw/svg.js';
import { clockTime, timeAxis } from '../../voice/draw/time-axis.js';
import type { AnalysisReport } from '../analysis-report.js';
import type { HeardTone } from '../leg/tone-kinds.js';
import type { Span } from '../speech-units.js';
import { overlapsOf } from '../turns/silences.js';
import { EVENT_MARKS, type NamedEvent, namedEvents } from './named-events.js';

/** Text that a leg said, for a report. */
export interface SpokenText extends Span {
  readonly leg: number;
  readonly text: string;
}

/** The parts of a picture of a call. */
export interface CallPictureParts {
  readonly names: readonly string[];
  /** Of each leg, 0 to 1. */
  readonly envelopes: readonly Float32Array[];
  readonly said: readonly SpokenText[];
}

/**
 * Least and greatest width of the picture, and width of a second between them, in pixels. A second of a longer call
 * gets less.
 */
const LEAST_WIDTH = 880;
const MOST_WIDTH = 24_000;
const PER_SECOND = 9;
/** Room at both ends, so that no label is cut off. */
const EDGE = 28;
/** Heights in pixels: of the wave, of the bar below it, of the words, and of the gap between two lanes. */
const WAVE = 64;
const BAR = 16;
const WORDS = 18;
const GAP = 14;
/** Rows for the names of events. Further events at the same place show only their sign. */
const ROWS = 3;
const ROW = 16;
/** Width of a letter of a label. */
const LETTER = 6.2;

/** Draws both legs of a call on one time axis, with their speech, overlaps, events and words, as SVG with classes. */
export function callPicture(report: AnalysisReport, parts: CallPictureParts): string {
  return new CallPicture(report, parts).drawn();
}

/** Describes a tone, such as `ring-back, 440 + 480 Hz`. */
export function toneName({ kind, frequencies }: HeardTone): string {
  return `${kind}, ${frequencies.map((hz) => Math.round(hz)).join(' + ')} Hz`;
}

class CallPicture {
  readonly #report: AnalysisReport;
  readonly #parts: CallPictureParts;
  readonly #seconds: number;
  readonly #width: number;
  readonly #lane: number;

  constructor(report: AnalysisReport, parts: CallPictureParts) {
    this.#report = report;
    this.#parts = parts;
    this.#seconds = report.samples / report.sampleRate;
    this.#width = Math.round(Math.min(MOST_WIDTH, Math.max(LEAST_WIDTH, this.#seconds * PER_SECOND)));
    this.#lane = WAVE + BAR + (parts.said.length > 0 ? WORDS : 0) + GAP;
  }

  drawn(): string {
    const { legs } = this.#report;
    const top = ROWS * ROW + 10;
    const bottom = top + legs.length * this.#lane;
    const width = this.#width + 2 * EDGE;
    const height = bottom + 34;
    const area = { left: EDGE, width: this.#width, top, bottom };
    return [
      `<svg width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="Both legs on a time axis">`,
      ...legs.map((_, leg) => this.#leg(leg, top + leg * this.#lane)),
      this.#silences(top, bottom),
      timeAxis(area, this.#seconds, 'currentColor'),
      this.#events(bottom),
      '</svg>',
    ].join('\n');
  }

  #x(sample: number): number {
    return EDGE + (sample * this.#width) / Math.max(1, this.#report.samples);
  }

  #time(sample: number): string {
    return clockTime(Math.floor((sample * 10) / this.#report.sampleRate) / 10, 0.1);
  }

  #box({ from, to }: Span, kind: string, y: number, height: number, title: string): string {
    const x = this.#x(from);
    const place = { class: kind, x, y, width: Math.max(0.75, this.#x(to) - x), height };
    return element('rect', place, `<title>${escapeXml(title)}</title>`);
  }

  #span({ from, to }: Span): string {
    return `${this.#time(from)} to ${this.#time(to)}`;
  }

  /** Draws dead air across all lanes, with its length. */
  #silences(top: number, bottom: number): string {
    const { talk, sampleRate } = this.#report;
    return talk.deadAir
      .map((dead) => {
        const text = `dead air ${((dead.to - dead.from) / sampleRate).toFixed(1)} s`;
        const box = this.#box(dead, 'dead', top, bottom - top, `${text}, ${this.#span(dead)}`);
        const isRoom = this.#x(dead.to) - this.#x(dead.from) > text.length * LETTER;
        const middle = (this.#x(dead.from) + this.#x(dead.to)) / 2;
        return isRoom
          ? box + element('text', { x: middle, y: top + 14, 'text-anchor': 'middle', class: 'faint' }, text)
          : box;
      })
      .join('');
  }

  #leg(leg: number, y: number): string {
    const { speech = [], music = [], tones = [], pressed = [] } = this.#report.legs[leg] ?? {};
    const other = this.#report.legs[1 - leg]?.speech ?? [];
    const name = this.#parts.names[leg] ?? `leg ${leg}`;
    const envelope = this.#parts.envelopes[leg];
    const bar = y + WAVE;
    const whole = { class: 'ground', x: EDGE, y, width: this.#width, height: WAVE + BAR };
    const sounds = [
      ...music.map((span) => ({ ...span, kind: 'music', text: 'music' })),
      ...tones.map((tone) => ({
        ...tone,
        kind: 'tone',
        text: toneName(tone),
      })),
      ...pressed.map((key) => ({ ...key, kind: 'tone', text: `key ${key.digit}` })),
    ];
    return element(
      'g',
      { class: `leg leg${leg}` },
      [
        element('rect', whole),
        envelope ? this.#wave(envelope, y + WAVE / 2) : '',
        ...speech.map((span) => this.#box(span, 'speech', bar, BAR, `${name} speaks, ${this.#span(span)}`)),
        ...overlapsOf(speech, other).map((span) =>
          this.#box(span, 'overlap', bar, BAR, `both speak, ${this.#span(span)}`),
        ),
        ...sounds.map((each) =>
          this.#box(each, each.kind, y, WAVE + BAR, `${each.text}, ${this.#span(each)}`),
        ),
        ...sounds.map((each) => this.#fitting(each, each.text, y + 12)),
        ...this.#parts.said
          .filter((each) => each.leg === leg)
          .map((each) => this.#fitting(each, each.text, bar + BAR + 13)),
      ].join(''),
    );
  }

  /** Draws a text over a stretch of time, cut off at its end. */
  #fitting({ from, to }: Span, text: string, y: number): string {
    const x = this.#x(from);
    const width = this.#x(to) - x;
    if (width < 2 * LETTER) return '';
    const inner = element('text', { x: 2, y: 12 }, escapeXml(text));
    return element(
      'svg',
      { x, y: y - 12, width, height: 16, class: 'words' },
      `<title>${escapeXml(text)}</title>${inner}`,
    );
  }

  #wave(envelope: Float32Array, middle: number): string {
    const step = this.#width / Math.max(1, envelope.length);
    const half = WAVE / 2 - 2;
    const point = (sign: number) => (peak: number, i: number) =>
      `${(EDGE + i * step).toFixed(1)},${(middle + sign * peak * half).toFixed(1)}`;
    const points = [...Array.from(envelope, point(-1)), ...Array.from(envelope, point(1)).reverse()];
    return element('polygon', { class: 'wave', points: points.join(' ') });
  }

  /** Draws the names of events above the lanes, each with a line down through the lanes. */
  #events(bottom: number): string {
    const ends = Array.from({ length: ROWS }, () => Number.NEGATIVE_INFINITY);
    return namedEvents(this.#report)
      .map((event) => {
        const x = this.#x(event.at);
        const free = ends.findIndex((end) => end + 4 < x);
        const row = free < 0 ? ROWS - 1 : free;
        const text = free < 0 ? EVENT_MARKS[event.kind] : `${EVENT_MARKS[event.kind]} ${event.name}`;
        if (free >= 0) ends[free] = x + text.length * LETTER;
        return this.#event(event, { x, y: 12 + row * ROW, text, bottom });
      })
      .join('');
  }

  #event(
    { kind, at, leg, name }: NamedEvent,
    {
      x,
      y,
      text,
      bottom,
    }: { readonly x: number; readonly y: number; readonly text: string; readonly bottom: number },
  ): string {
    const who = this.#parts.names[leg] ?? `leg ${leg}`;
    const title = `<title>${escapeXml(`${name}, ${who}, ${this.#time(at)}`)}</title>`;
    const line = element('path', { d: `M${x.toFixed(1)} ${y + 3}V${bottom}`, class: 'line' });
    return element(
      'g',
      { class: `event ${kind} of${leg}` },
      title + line + element('text', { x: x - 4, y }, text),
    );
  }
}

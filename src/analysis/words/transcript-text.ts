import { checkArgument, checkOptions, line, listOf, oneOf, type Rules } from '../../base/check.js';
import { entryOf } from '../../base/entry-of.js';
import { type ConversationTranscript, TRANSCRIPT } from './conversation-transcript.js';
import type { SaidPart, SaidWord } from './said-part.js';

/** Formats of a written transcript. */
export type TranscriptFormat = 'vtt' | 'srt' | 'json' | 'text';

export const TRANSCRIPT_FORMATS: readonly TranscriptFormat[] = ['vtt', 'srt', 'json', 'text'];

/** Options of {@link writeTranscript}. */
export interface WriteTranscriptOptions {
  /** Names of the legs. Default `local` and `remote`. */
  readonly names?: readonly string[];
}

const RULES: Rules<WriteTranscriptOptions> = { names: listOf(line(0, 1000)) };
/** Longest text of a cue in characters (two lines of a screen), where words have positions. */
const CUE_LENGTH = 84;

/**
 * Writes a transcript as WebVTT, SRT, JSON or plain text. Speech and names stay text: they cannot end a cue or form a
 * tag or a timing. SRT has no escapes, so `<`, `>`, `{` and `}` become similar characters there.
 *
 * @throws ERR_INVALID_ARG
 */
export function writeTranscript(
  transcript: ConversationTranscript,
  format: TranscriptFormat,
  options: WriteTranscriptOptions = {},
): string {
  checkArgument('transcript', transcript, TRANSCRIPT);
  checkArgument('format', format, oneOf(...TRANSCRIPT_FORMATS));
  checkOptions(options, RULES);
  const { names = ['local', 'remote'] } = options;
  const nameOf = ({ leg }: Cue) => oneLine(names[leg] ?? '') || `leg ${leg}`;
  const cues = transcript.parts.flatMap(cuesOf);
  const at = (position: number) => Math.round((position * 1000) / transcript.sampleRate);
  const spans = cues.map((cue) => {
    const from = at(cue.from);
    return { cue, from, to: Math.max(from + 1, at(cue.to)) };
  });
  // Cues begin in order of time.
  spans.sort((a, b) => a.from - b.from);
  switch (format) {
    case 'json':
      return `${JSON.stringify(transcript, undefined, 2)}\n`;
    case 'text':
      return spans.map(({ cue, from }) => `[${clock(from, '.')}] ${nameOf(cue)}: ${cue.text}\n`).join('');
    case 'vtt':
      return [
        'WEBVTT\n',
        ...spans.map(
          ({ cue, from, to }) =>
            `${clock(from, '.')} --> ${clock(to, '.')}\n<v ${vttText(nameOf(cue))}>${vttText(cue.text)}\n`,
        ),
      ].join('\n');
    case 'srt':
      return spans
        .map(
          ({ cue, from, to }, index) =>
            `${index + 1}\n${clock(from, ',')} --> ${clock(to, ',')}\n${srtText(`${nameOf(cue)}: ${cue.text}`)}\n`,
        )
        .join('\n');
  }
}

type Cue = Pick<SaidPart, 'leg' | 'text' | 'from' | 'to'>;

/** Makes the cues of a part. A long part becomes several cues where its words have positions. */
function cuesOf(part: SaidPart): Cue[] {
  const { leg, from, to } = part;
  const text = oneLine(part.text);
  if (text === '') return [];
  const written = part.words.map(({ word }) => oneLine(word)).join(' ');
  // Where the words differ from the text, splitting by words would lose some of the text.
  if (text.length <= CUE_LENGTH || written !== text) return [{ leg, text, from, to }];
  const cues: Cue[] = [];
  let line: SaidWord[] = [];
  const end = () => {
    const [first, last] = [line[0], line.at(-1)];
    if (first && last)
      cues.push({
        leg,
        text: line.map(({ word }) => oneLine(word)).join(' '),
        from: first.from,
        to: last.to,
      });
    line = [];
  };
  let length = 0;
  for (const word of part.words) {
    length += word.word.length + 1;
    if (length > CUE_LENGTH) {
      end();
      length = word.word.length + 1;
    }
    line.push(word);
  }
  end();
  return cues;
}

/** Removes line breaks and control characters that affect a player or a terminal. */
function oneLine(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, ' ')
    .replace(/[\p{Cs}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '')
    .replace(/ {2,}/g, ' ')
    .trim();
}

function vttText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

const LOOK_ALIKE: Readonly<Record<string, string>> = { '<': '‹', '>': '›', '{': '(', '}': ')' };

function srtText(text: string): string {
  return text.replace(/[<>{}]/g, (char) => entryOf(LOOK_ALIKE, char) ?? char);
}

function clock(ms: number, point: string): string {
  const pad = (value: number, digits = 2) => String(value).padStart(digits, '0');
  const seconds = Math.floor(ms / 1000);
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return `${pad(h)}:${pad(m)}:${pad(s)}${point}${pad(ms % 1000, 3)}`;
}

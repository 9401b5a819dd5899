import { checkArgument, object } from '../../base/check.js';
import type { Speakable, SpokenPart } from '../prompt/speakable.js';

/** A caller's place, for announcements. */
export interface QueuePlace {
  readonly queue: string;
  /** Handle of the caller. */
  readonly partner: string;
  /** 1 for the next caller. */
  readonly position: number;
  /** Estimate of the remaining wait, in milliseconds; undefined while nothing was measured. */
  readonly estimateMs: number | undefined;
  readonly waitedMs: number;
  /** Language of the call: `de`. */
  readonly language: string;
}

interface PlaceWords {
  readonly before: string;
  readonly after: string;
  readonly soon: string;
  readonly about: string;
  readonly minutes: string;
}

const ENGLISH: PlaceWords = {
  ...{ before: 'You are number', after: 'in the queue.', soon: 'It will take less than a minute.' },
  ...{ about: 'It will take about', minutes: 'minutes.' },
};

const WORDS: ReadonlyMap<string, PlaceWords> = new Map([
  ['en', ENGLISH],
  [
    'de',
    {
      ...{ before: 'Sie sind Nummer', after: 'in der Reihe.', soon: 'Es dauert weniger als eine Minute.' },
      ...{ about: 'Es dauert etwa', minutes: 'Minuten.' },
    },
  ],
  [
    'fr',
    {
      ...{
        before: 'Vous êtes numéro',
        after: "dans la file d'attente.",
        soon: "L'attente est de moins d'une minute.",
      },
      ...{ about: "L'attente est d'environ", minutes: 'minutes.' },
    },
  ],
  [
    'es',
    {
      ...{ before: 'Usted es el número', after: 'en la cola.', soon: 'La espera es de menos de un minuto.' },
      ...{ about: 'La espera es de unos', minutes: 'minutos.' },
    },
  ],
  [
    'et',
    {
      ...{ before: 'Olete järjekorras number', after: '', soon: 'Ooteaeg on alla ühe minuti.' },
      ...{ about: 'Ooteaeg on umbes', minutes: 'minutit.' },
    },
  ],
]);

/**
 * Makes the announcement of position and wait in the language of the call: en, de, fr, es and et; English for every
 * other. The wait is in whole minutes, rounded up. The announcement is text, which needs a speech engine.
 */
export function sayPlace(where: QueuePlace): Speakable {
  checkArgument('where', where, object);
  const { position, estimateMs, language } = where;
  const words = WORDS.get(language) ?? ENGLISH;
  const place: SpokenPart[] = [{ text: words.before }, { number: position }];
  if (words.after !== '') place.push({ text: words.after });
  if (estimateMs === undefined) return place;
  const minutes = Math.ceil(estimateMs / 60_000);
  if (minutes <= 1) return [...place, { text: words.soon }];
  return [...place, { text: words.about }, { number: minutes }, { text: words.minutes }];
}

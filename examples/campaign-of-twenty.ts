// Calls twenty people, by their clocks, and reports: `npm run example -- campaign-of-twenty`.
import { bot, Exchange } from 'jackfield';
import {
  type CampaignAnswer,
  type CampaignResult,
  campaignReport,
  parseCallList,
  type TranscriptLine,
  testCampaign,
} from 'jackfield/bot';

const REMINDER = { text: 'Press 1 to keep your date.' };
const THANKS = { text: 'Thank you. Good bye.' };
const CITIES = ['Europe/Berlin', 'America/New_York', 'Asia/Tokyo', 'Europe/London'];

/** The list, as a file would have it: every fifth has no zone. */
export const LIST = [
  'target,timezone',
  ...Array.from({ length: 20 }, (_, index) => `patient${index + 1},${CITIES[index % 5] ?? ''}`),
].join('\n');

/** People: one never answers, one has no time at first, one wants no more calls. */
const keeps: CampaignAnswer = async (patient) => {
  await patient.hears(REMINDER);
  await patient.presses('1');
  await patient.hears(THANKS);
};
const PEOPLE: Readonly<Record<string, CampaignAnswer | readonly CampaignAnswer[]>> = {
  ...Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`patient${index + 1}`, keeps])),
  patient3: 'ring',
  patient7: ['refuse', keeps],
  patient12: async (patient) => {
    await patient.presses('9');
    await patient.hasStatus('FINISHED', { withinMs: 30_000 });
  },
};

export interface Campaign {
  readonly results: readonly CampaignResult[];
  readonly transcript: readonly TranscriptLine[];
  /** People who want no more calls. */
  readonly never: ReadonlySet<string>;
  /** As CSV. */
  readonly report: string;
}

export async function run(): Promise<Campaign> {
  const never = new Set(['patient20']);
  const { results, transcript } = await testCampaign(
    ({ variables }) =>
      bot(
        async (call) => {
          const { digits } = await call.gather({ prompt: REMINDER, timeoutMs: 4000 });
          variables.set('answer', digits);
          if (digits === '1') await call.say(THANKS);
        },
        { name: 'reminder', says: [REMINDER, THANKS] },
      ),
    parseCallList(LIST, { format: 'csv' }),
    {
      exchange: Exchange,
      people: PEOPLE,
      campaign: {
        ...{ concurrency: 5, callsPerSecond: 1, attempts: 2, ringMs: 20_000, timezone: 'UTC' },
        hours: { from: '09:00', to: '18:00', weekdays: ['mon', 'tue', 'wed', 'thu', 'fri'] },
        holidays: ['2027-03-02'],
        // Whoever refuses has no time now; whoever does not answer is tried again the next day.
        retryWhen: ({ outcome, status }) => {
          if (outcome !== 'unanswered') return false;
          return status === 'REFUSED' ? 3_600_000 : 86_400_000;
        },
        doNotCall: { has: (target) => never.has(target), add: (target) => void never.add(target) },
        doNotCallKey: '9',
      },
    },
  );
  return { results, transcript, never, report: campaignReport(results, { format: 'csv' }) };
}

import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take twenty seconds and more, the longest first. One that began last would keep a run from ending. */
const LONGEST = [
  'cli/long-commands',
  'package',
  'cli/private-files',
  'cli/demo/demo',
  'cli/path-options',
  'cli/exchange/exchange',
  'cli/record/record',
  'service/service-day',
  'cli/service/hurt-service',
  'examples/bots',
  'cli/service/systemd',
  'voicemail/archive/kill-and-resume',
  'stream/align/leg-aligner',
  'own-keys',
  'cli/share-options',
  'examples/examples',
  'voice/wav/wav-odd-files',
  'docs/programs',
  'cli/bots/campaign-command',
  'service/backup',
  'cli/voicemails/voicemail',
  'recording/file/next-segment',
  'voice/transcode/transcode',
  'docs/code',
  'recording/recording-kill',
  'voice/transcode/encoder-worker',
  'cli/start',
  'cli/json-output',
];

const placeOf = ({ moduleId }: TestSpecification) => {
  const place = LONGEST.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`));
  return place < 0 ? LONGEST.length : place;
};

/** Begins with the files that take longest, also where no run before has told how long each takes. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).sort((a, b) => placeOf(a) - placeOf(b));
  }
}

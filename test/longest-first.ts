import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take twenty seconds and more, the longest first. One that began last would keep a run from ending. */
const LONGEST = [
  'cli/long-commands.proof',
  'package.proof',
  'cli/private-files.proof',
  'cli/demo/demo',
  'cli/path-options.proof',
  'cli/record/record',
  'service/service-day.proof',
  'cli/service/hurt-service.proof',
  'examples/bots',
  'cli/service/systemd.proof',
  'voicemail/archive/kill-and-resume.proof',
  'stream/align/leg-aligner',
  'own-keys',
  'cli/share-options.proof',
  'voice/wav/wav-odd-files.proof',
  'docs/programs',
  'cli/bots/campaign-command',
  'service/backup.proof',
  'cli/voicemails/voicemail',
  'recording/file/next-segment.proof',
  'voice/transcode/transcode',
  'docs/code',
  'recording/recording-kill.proof',
  'voice/transcode/encoder-worker.proof',
  'cli/start.proof',
  'cli/json-output.proof',
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

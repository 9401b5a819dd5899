import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take ten seconds and more, the longest first. One that began last would keep a run from ending. */
const LONGEST = [
  'cli/long-commands',
  'cli/private-files',
  'recording/two-processes',
  'package',
  'cli/demo/demo',
  'stream/align/bad-line',
  'docs/programs',
  'cli/path-options',
  'cli/exchange/exchange',
  'voicemail/archive/kill-and-resume',
  'recording/publication/publication-kill',
  'recording/recording-kill',
  'cli/record/record',
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

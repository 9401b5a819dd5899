import type { AnalysisReport } from '../../analysis/analysis-report.js';
import {
  ANALYSE_FILE_RULES,
  type AnalyseFileOptions,
  analyseLegs,
} from '../../analysis/files/analyse-file.js';
import type { HearableLegs } from '../../analysis/files/transcribe-file.js';
import { path as aPath, checkArgument, checkOptions, words } from '../../base/check.js';
import { STEREO } from '../../base/pcm.js';
import { splitChannels } from '../../voice/convert/channels.js';
import { openSealed } from './open-sealed.js';
import { readTails } from './sealed-tail.js';

/**
 * Measures an encrypted recording as `analyseFile` does a file of sound. It is decrypted in memory, and nothing of it is
 * written.
 *
 * @param identity An age secret key (`AGE-SECRET-KEY-1...`).
 * @throws as {@link openSealed}; what the transcriber throws; ERR_ABORTED.
 */
export async function analyseSealed(
  file: string,
  identity: string,
  options: AnalyseFileOptions = {},
): Promise<AnalysisReport> {
  checkArgument('file', file, aPath);
  checkArgument('identity', identity, words);
  checkOptions(options, ANALYSE_FILE_RULES);
  const tails = await readTails(file, identity);
  let sampleCount = 0;
  for await (const samples of openSealed(file, identity, tails)) sampleCount += samples.length / 2;
  const legs: HearableLegs = {
    ...{ legs: STEREO.channels, sampleRate: STEREO.sampleRate, sampleCount },
    async *samples() {
      for await (const samples of openSealed(file, identity, tails))
        yield splitChannels(samples, STEREO.channels);
    },
  };
  await options.transcriber?.ready?.();
  return await analyseLegs(legs, options);
}

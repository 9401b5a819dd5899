import type { AnalysisReport } from '../../analysis/analysis-report.js';
import {
  ANALYSE_FILE_RULES,
  type AnalyseFileOptions,
  analyseLegs,
} from '../../analysis/files/analyse-file.js';
import { path as aPath, checkArgument, checkOptions, words } from '../../base/check.js';
import { STEREO } from '../../base/pcm.js';
import { legsOf, sealedSamples } from './recorded-legs.js';

/**
 * Analyses an encrypted recording as `analyseFile` does an audio file. It is decrypted in memory only.
 *
 * @param identity An age secret key (`AGE-SECRET-KEY-1...`).
 * @throws as `openSealed`; errors of the transcriber; ERR_ABORTED.
 */
export async function analyseSealed(
  file: string,
  identity: string,
  options: AnalyseFileOptions = {},
): Promise<AnalysisReport> {
  checkArgument('file', file, aPath);
  checkArgument('identity', identity, words);
  checkOptions(options, ANALYSE_FILE_RULES);
  const samples = () => sealedSamples(file, identity);
  let sampleCount = 0;
  for await (const stereo of samples()) sampleCount += stereo.length / STEREO.channels;
  await options.transcriber?.ready?.();
  return await analyseLegs(legsOf(samples, sampleCount), options);
}

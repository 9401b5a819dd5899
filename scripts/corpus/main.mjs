// `npm run corpus`: makes calls whose truth is known, has them analysed, and says how right the analysis is.
//   --seed N      another corpus (1 is what thresholds were tuned on; docs/analysis.md reports 2)
//   --calls N     default 36: six noises at six levels
//   --seconds N   of each call, default 200: two hours in all
//   --by noise    or snrDb, name: a table for each
//   --detector neural  the neural detector in place of the default
//   --check       end with 1 where a figure is worse than docs/analysis.md says (for the corpus that it reports)
//   --out FOLDER  write the calls as WAV files, each with its truth as JSON beside it
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ConversationAnalysis } from '../../dist/analysis.js';
import { encodeWav, mergeChannels } from '../../dist/voice.js';
import { makeCall, plan, RATE } from './corpus.mjs';
import { published, worse } from './published.mjs';
import { score } from './score.mjs';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '2' },
    calls: { type: 'string', default: '36' },
    seconds: { type: 'string', default: '200' },
    by: { type: 'string' },
    detector: { type: 'string', default: 'levels' },
    out: { type: 'string' },
    check: { type: 'boolean', default: false },
  },
});

const tallies = new Map();
let samples = 0;
for (const options of plan(Number(values.seed), {
  calls: Number(values.calls),
  seconds: Number(values.seconds),
})) {
  const call = await makeCall(options);
  if (values.out) await keep(values.out, call);
  const analysis = new ConversationAnalysis({ speechDetector: values.detector });
  for (const [leg, spans] of call.truth.lost.entries())
    for (const { from, to } of spans)
      analysis.note(leg, { from, samples: to - from, kind: 'missing', reason: 'dropped' });
  analysis.push(call.legs);
  analysis.end();
  score(call.truth, analysis.report(), tallies, values.by ? ` (${call[values.by]})` : '');
  samples += call.legs[0].length;
  process.stderr.write(`\r${call.name} ${call.noise} ${call.snrDb} dB  `);
}
process.stderr.write('\n');

print(`seed ${values.seed}: ${(samples / RATE / 60).toFixed(0)} minutes of two legs\n`);
print('| measure | there | found | precision | recall | error, median | 95 % |');
print('| --- | ---: | ---: | ---: | ---: | ---: | ---: |');
for (const [name, tally] of [...tallies].sort(([a], [b]) => (a < b ? -1 : 1))) {
  const unit = /^(noise|echo level)/.test(name) ? 'dB' : 'ms';
  const errors =
    tally.errors.length === 0
      ? ['', '']
      : [0.5, 0.95].map((part) => `${tally.error(part).toFixed(1)} ${unit}`);
  const cells = [
    name,
    tally.truth,
    tally.found,
    tally.precision.toFixed(3),
    tally.recall.toFixed(3),
    ...errors,
  ];
  print(`| ${cells.join(' | ')} |`);
}
if (values.check) {
  const lines = worse(await published(values.detector), tallies);
  print(lines.length === 0 ? '\nAll figures are as published, or better.' : `\n${lines.join('\n')}`);
  process.exitCode = lines.length === 0 ? 0 : 1;
}

async function keep(folder, { legs, truth, ...facts }) {
  await mkdir(folder, { recursive: true });
  const wav = encodeWav(mergeChannels(legs), { format: { sampleRate: RATE, channels: 2 } });
  await writeFile(join(folder, `${facts.name}.wav`), wav);
  await writeFile(join(folder, `${facts.name}.truth.json`), JSON.stringify({ ...facts, truth }));
}

/** @param {string} line */
function print(line) {
  process.stdout.write(`${line}\n`);
}

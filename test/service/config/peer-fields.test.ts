import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkConfig, formatConfigProblem } from '../../../src/service.js';
import { testFolder } from '../../voice/fixtures.js';

const DESK = 'endpoints: { desk: { attach: tcp:4100 } }';

/** Everything that is wrong with a configuration, without its folder. */
async function problemsOf(...lines: string[]): Promise<string[]> {
  const folder = testFolder();
  const file = join(folder, 'serve.yaml');
  await writeFile(join(folder, 'token'), 'a-token');
  await writeFile(file, [DESK, ...lines].join('\n'));
  const { problems } = await checkConfig(file, {});
  return problems.map((problem) => formatConfigProblem(problem).replaceAll(`${folder}/`, ''));
}

it('a fork and an agent are checked with their files, and the invalid field is named', async () => {
  expect(
    await problemsOf(
      'record: { fork: { url: "wss://x.example/in", dialect: twilio, legs: stereo, tokenFile: token } }',
      'bots:',
      '  agent: { agent: { url: "wss://x.example/a", dialect: openai-realtime, tokenFile: token, allow: { hangUp: true } } }',
    ),
  ).toEqual([]);
  const problems = await problemsOf(
    'record: { fork: { url: "wss://x.example/in", dialect: vonage, legs: stereo } }',
    'bots:',
    '  late: { agent: { url: "tcp://x.example:9" } }',
    '  both: { flow: x.yaml, agent: { url: "wss://x.example" } }',
    '  none: {}',
    '  lost: { agent: { url: "wss://x.example", instructionsFile: none.txt } }',
  );
  expect(problems.toSorted()).toEqual([
    expect.stringMatching(/^serve\.yaml:2:\d+: record\.fork: legs must be remote, local or mixed: vonage/),
    expect.stringMatching(/^serve\.yaml:4:\d+: bots\.late\.agent: url must be an address with ws:/),
    expect.stringMatching(/^serve\.yaml:5:\d+: bots\.both: Expected a flow .* or an agent/),
    expect.stringMatching(/^serve\.yaml:6:\d+: bots\.none: Expected a flow .* or an agent/),
    expect.stringMatching(/^serve\.yaml:7:\d+: bots\.lost\.agent: .*none\.txt/),
  ]);
});

it('work after calls is checked with its files, and the invalid field is named', async () => {
  const list = 'mask: { cards: true, phrasesFile: token, phrases: ["mothers name~2+1"] }';
  expect(
    await problemsOf(`record: { transcribe: { command: node, args: [-v] }, language: en, ${list} }`),
  ).toEqual([]);
  const problems = await Promise.all(
    [
      `record: { ${list} }`,
      'record: { transcribe: { command: no-such-engine }, mask: { phrasesFile: none.txt } }',
      'record: { transcribe: whisper }',
      'record: { mask: { phrases: ["~9"] } }',
      `record: { catalogue: false, ${list}, transcribe: { url: "https://x.example/", tokenFile: token } }`,
    ].map((line) => problemsOf(line)),
  );
  expect(problems.map((each) => each.map((problem) => problem.replaceAll(/:\d+: /g, ': ')))).toEqual([
    [expect.stringMatching(/^serve\.yaml:2: record: afterCalls\.transcriber must be given when phrases/)],
    [
      expect.stringMatching(/^serve\.yaml:2: record\.transcribe: Cannot run no-such-engine/),
      expect.stringMatching(/^serve\.yaml:2: record\.mask: .*none\.txt/),
    ],
    [expect.stringMatching(/^serve\.yaml:2: record\.transcribe: Expected "pocketsphinx", \{ grammar \}/)],
    [expect.stringMatching(/^serve\.yaml:2: record\.mask: mask\.phrases\.0: Give a word/)],
    [expect.stringMatching(/^serve\.yaml:2: record: catalogue must be true when/)],
  ]);
});

it('a speech service is checked with its key, and the invalid field is named', async () => {
  const speech = (fields: string) => `{ url: "https://tts.example/v1/audio/speech", ${fields} }`;
  const bots = (...each: string[]) => [
    'bots:',
    ...each.map((fields, at) => `  b${at}: { flow: flow.yaml, speech: ${fields} }`),
    'answeringMachine: { archive: messages, speech: { url: "https://tts.example/", tokenFile: token } }',
  ];
  const problems = await problemsOf(
    ...bots(
      speech('tokenFile: token, tokenHeader: xi-api-key, voice: ash, model: m, format: wav'),
      speech('tokenFile: none'),
      speech('token: "a secret\\nkey"'),
      speech('tokenHeader: "two words"'),
      '{ url: "ftp://user:a-password@tts.example/" }',
      'espeak',
      speech('speed: 2'),
    ),
  );
  // No flow is there: that each says where its speech is right.
  const told = problems.filter((problem) => !problem.includes('flow.yaml')).join('\n');
  expect(told.replaceAll(/:\d+: /g, ': ').split('\n')).toEqual([
    expect.stringMatching(/^serve\.yaml:8: bots\.b5\.speech: Expected none, melody, espeak-ng or \{ url/),
    expect.stringMatching(/^serve\.yaml:9: bots\.b6\.speech\.speed: There is no field/),
    expect.stringMatching(/^serve\.yaml:4: bots\.b1\.speech: .*none/),
    expect.stringMatching(/^serve\.yaml:5: bots\.b2\.speech: speech\.token must be .* one line; got/),
    expect.stringMatching(/^serve\.yaml:6: bots\.b3\.speech: speech\.tokenHeader must be the name/),
    expect.stringMatching(/^serve\.yaml:7: bots\.b4\.speech: speech\.url must be an address/),
  ]);
  expect(told).not.toMatch(/secret|a-password/);
});

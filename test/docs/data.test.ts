import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { parseFlow } from '../../src/bot/flow/flow.js';
import { readAnswerConfig } from '../../src/cli/voicemails/voicemail-answer-config.js';
import { scenarioSchema } from '../../src/exchange/scenario/scenario-schema.js';
import { errorSchema } from '../../src/http/openapi-parts.js';
import { readSipLine } from '../../src/line/sip/read-sip-line.js';
import { RAW } from '../../src/line/websocket/raw-dialect.js';
import { recordConfigSchema } from '../../src/recording.js';
import { serviceConfigSchema } from '../../src/service.js';
import { testFolder } from '../voice/fixtures.js';
import { type Block, blocksIn, nameOf, placeOf } from './blocks.js';

const folder = testFolder();

/** Reads a line to phones; the password is of the environment. */
async function readLine(block: Block): Promise<unknown> {
  const path = join(folder, `${nameOf(block)}.yaml`);
  await writeFile(path, block.code);
  return await readSipLine(path, { SIP_PASSWORD: 'secret' });
}

/** Who reads the file that a block shows, by what is in it. */
const READERS: readonly (readonly [RegExp, (block: Block) => Promise<unknown>])[] = [
  [/scenario\.schema\.json/, async ({ code }) => (await scenarioSchema()).parse(JSON.parse(code))],
  [/recorder-config\.schema\.json/, async ({ code }) => recordConfigSchema.parse(JSON.parse(code))],
  [
    /"afterMs"/,
    async (block) => {
      const path = join(folder, `${nameOf(block)}.json`);
      await writeFile(path, block.code);
      return await readAnswerConfig(path);
    },
  ],
  [/^\{"error":/, async ({ code }) => errorSchema.parse(JSON.parse(code).error)],
  [/"type": "start"/, async ({ code }) => RAW.codec('application', { format: RAW.format }).read(code)],
  [/^steps:/m, ({ code }) => parseFlow(code)],
  [/^ *(?:account|trunk|phones):/m, readLine],
  // What the files that it names are made of is not there.
  [
    /^(?:endpoints|record|bots|calendars|rules|campaigns|answeringMachine):/m,
    async ({ code }) =>
      serviceConfigSchema.parse({ endpoints: { desk: { attach: 'dbus' } }, ...parseYaml(code) }),
  ],
];

const DATA = blocksIn('json', 'yaml', 'yml');

it('the documentation has blocks of data', () => {
  expect(DATA.length).toBeGreaterThan(1);
});

it.each(DATA.map((block) => [placeOf(block), block] as const))(
  'the data of %s is accepted by its reader',
  async (_, block) => {
    const [, read] = READERS.find(([sign]) => sign.test(block.code)) ?? [];
    if (!read) throw new Error(`Nothing is known to read it: add that to this test.\n${block.code}`);
    await expect(read(block)).resolves.toBeDefined();
  },
);

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attach, type Client, Exchange, MemoryTransport, WavWriter } from '../../src/index.js';
import { hasTool, testFolder } from '../voice/fixtures.js';
import { type Block, blocksIn, placeOf } from './blocks.js';
import { makePackage, writeProgram } from './package-folder.js';

/** What happens beside a program that is attached to an endpoint, and how the program is run where it would go on. */
interface Scene {
  /** Of the page, what the block has. */
  readonly page: string;
  readonly has: string;
  readonly needs?: string;
  /** Lines that stand for what a comment of the block says, or end what would go on. */
  readonly changes?: readonly (readonly [from: string | RegExp, to: string])[];
  /** What others do, once the program has printed a line. */
  readonly others?: () => Promise<unknown>;
}

const READY = "console.log('ready');\n";
const END = 'process.exit();\n';
const ADDRESS = /(?<=attach\(')(auto|tcp:4100)(?=')/;

/** Programs that attach to an endpoint. */
const ATTACHED: readonly Scene[] = [
  { page: 'docs/control.md', has: "name: 'my recorder'", others: () => hangUp() },
  {
    page: 'docs/recording.md',
    has: "file: 'recordings/call.wav', input: false",
    changes: [
      [/(?=const \{ sidecar)/, READY],
      [/$/, END],
    ],
    others: () => hangUp(),
  },
  { page: 'docs/voicemail.md', has: 'deleteVoicemail(voicemail);' },
  {
    page: 'docs/pcm-server.md',
    has: "server.lease({ object: 'CALL 14', stream: 'output', direction: 'receive' });\nlease.addSink",
    changes: [
      [
        '// ALTER CALL 14 SET_OUTPUT',
        "(await import('node:net')).connect(lease.port, '127.0.0.1').end('aa'); //",
      ],
    ],
  },
  {
    page: 'docs/campaigns.md',
    has: "log.store('spring')",
    changes: [[/$/, END]],
  },
  {
    page: 'docs/bots.md',
    has: 'espeakEngine(), cacheFolder',
    needs: 'espeak-ng',
    changes: [[/$/, `${READY}await new Promise((done) => host.once('result', done));\n${END}`]],
    others: async () => {
      const call = await anna.call('jack');
      await call.reached('INPROGRESS');
      await call.hangUp();
    },
  },
];

/** Programs that need nobody else; those of docs/voice.md have a test of their own. */
const ALONE = blocksIn('ts', 'js').filter(
  ({ page, code }) =>
    page === 'docs/protocol.md' ||
    (/^import /m.test(code) && /Exchange\.start|exchange: Exchange/.test(code)),
);

/** Whole programs that are compiled and not run, and why not. */
const NOT_RUN: readonly (readonly [page: string, has: string, why: string])[] = [
  ['docs/bots.md', 'export function hotline', 'it is what the next ones import'],
  [
    'docs/bots.md',
    'pocketsphinx_continuous',
    'it goes on from what the page has before, and wants an engine',
  ],
  ['docs/bots.md', "record: { folder: 'calls' }", 'it goes on from what the page has before'],
  ['docs/recording.md', 'transcribeRecordings(catalogue', 'it wants a transcriber'],
  ['docs/service.md', 'openTelemetrySpans()', 'it wants an optional package'],
  ['docs/bank.md', 'export function bank', 'it is what the next one imports'],
  ['docs/control.md', 'exchange.example', 'it wants another machine'],
];

const folder = testFolder();
let exchange: Exchange;
let port: number;
let jack: Client;
let anna: Client;
beforeAll(async () => {
  makePackage(folder);
  exchange = await Exchange.start({ users: [{ handle: 'jack' }, { handle: 'anna' }] });
  port = await exchange.listen({ handle: 'jack' });
  [jack, anna] = await Promise.all([
    attach(new MemoryTransport(exchange.endpoint('jack'))),
    attach(new MemoryTransport(exchange.endpoint('anna'))),
  ]);
  const file = join(folder, 'message.wav');
  await using wav = await WavWriter.create(file);
  await wav.write(new Int16Array(1600));
  await wav.close();
  await exchange.deposit({ to: 'jack', from: { handle: 'anna' }, file });
});
afterAll(async () => {
  await Promise.all([jack.close(), anna.close()]);
  await exchange.close();
});

/** Ends the calls of the program's user. */
async function hangUp(): Promise<void> {
  for (const id of await jack.search('ACTIVECALLS')) await jack.calls.get(id).hangUp();
}

const sceneOf = ({ page, code }: Block) =>
  ATTACHED.find((scene) => scene.page === page && code.includes(scene.has));

describe('a block that is a whole program', () => {
  it('is run, or it is said why not', () => {
    const programs = blocksIn('ts', 'js').filter(
      ({ page, code }) => /^import /m.test(code) && page !== 'docs/voice.md',
    );
    const untold = programs.filter((block) => {
      const isTold = NOT_RUN.some(([page, has]) => page === block.page && block.code.includes(has));
      return !isTold && !ALONE.includes(block) && !sceneOf(block);
    });
    expect(untold.map(placeOf)).toEqual([]);
    expect(ATTACHED.filter((scene) => !programs.some((block) => sceneOf(block) === scene))).toEqual([]);
    const gone = NOT_RUN.filter(
      ([page, has]) => !programs.some((block) => block.page === page && block.code.includes(has)),
    );
    expect(gone).toEqual([]);
  });

  it.concurrent.each(ALONE.map((block) => [placeOf(block), block] as const))('runs: %s', async (_, block) => {
    await runs(block, block.code);
  });

  const attached = blocksIn('ts', 'js').filter((block) => sceneOf(block));
  it.each(attached.map((block) => [placeOf(block), block] as const))(
    'runs, attached to an endpoint: %s',
    async (_, block) => {
      const { needs, changes = [], others } = sceneOf(block) ?? expect.fail();
      if (needs && !hasTool(needs)) return;
      const text = block.code.replace(ADDRESS, `tcp:${port}`);
      const code = changes.reduce((before, [from, to]) => {
        const after = before.replace(from, to);
        expect(after).not.toBe(before);
        return after;
      }, text);
      await runs(block, code, others);
    },
  );
});

async function runs(block: Block, code: string, others?: Scene['others']): Promise<void> {
  const { target, module } = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
  const { outputText } = ts.transpileModule(code, { compilerOptions: { target, module } });
  const path = writeProgram(folder, block, outputText, block.file ?? 'run.mjs');
  const child = spawn(process.execPath, [path], { cwd: dirname(path) });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const exited = once(child, 'exit');
  const beside = others && Promise.race([once(child.stdout, 'data'), exited]).then(others);
  child.stdout.resume();
  const [[status]] = await Promise.all([exited, beside]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
}

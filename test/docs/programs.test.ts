import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attach, type Client, Exchange, MemoryTransport, WavWriter } from '../../src/index.js';
import { hasTool, testFolder } from '../voice/fixtures.js';
import { type Block, blocksIn, placeOf } from './blocks.js';
import { makePackage, writeProgram } from './package-folder.js';
import { runPrograms } from './run-programs.js';

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

const folder = testFolder();
const READY = "console.log('ready');\n";
const END = 'process.exit();\n';
const ADDRESS = /(?<=attach\(')(auto|tcp:4100)(?=')/;

/** A line that one phone may register with. */
const LINE = `
listen: { udp: { host: 127.0.0.1, port: 0 } }
phones: [{ user: door, password: secret, number: '+15550300' }]
`;

/** Programs that something is done beside: most are attached to an endpoint. */
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
  {
    page: 'docs/chats.md',
    has: 'client.chats.incoming',
    changes: [
      ["'bob'", "'anna'"],
      [/(?<=console\.log\(`.*);/, ';break;'],
    ],
    others: () => anna.chats.message('jack', 'thank you'),
  },
  {
    page: 'docs/chats.md',
    has: 'attendChats(desk',
    changes: [[/$/, `${READY}await new Promise((done) => chatHost.once('chatResult', done));\n${END}`]],
    others: async () => {
      const incoming = anna.chats.incoming();
      await anna.chats.message('jack', 'hello');
      await incoming.next();
      await anna.chats.message('jack', 'hours');
      await incoming.return();
    },
  },
  {
    page: 'docs/lines.md',
    has: "readSipLine('line.yaml')",
    changes: [
      ['line.yaml', join(folder, 'line.yaml')],
      [/$/, END],
    ],
  },
  { page: 'docs/sms.md', has: 'SmsFailedError' },
  { page: 'docs/applications.md', has: "alice.application('chess')", changes: [["'bob'", "'anna'"]] },
  {
    page: 'docs/files.md',
    has: "files.send('jack', 'report.pdf')",
    changes: [[/\/home\/(anna|jack)\/files/g, join(folder, '$1')]],
  },
];

const sceneOf = ({ page, code }: Block) =>
  ATTACHED.find((scene) => scene.page === page && code.includes(scene.has));

/** Programs that need nobody else; those of docs/voice.md have a test of their own. */
const ALONE = blocksIn('ts', 'js').filter(
  (block) =>
    block.page === 'docs/protocol.md' ||
    (/^import /m.test(block.code) &&
      /Exchange\.start|exchange: Exchange/.test(block.code) &&
      !sceneOf(block)),
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
  ['docs/lines.md', 'SiprecServer.open', 'it wants the address of another machine'],
  ['docs/media-servers.md', 'app.example.com', 'it wants another machine'],
  ['docs/media-servers.md', 'analysis.example.com', 'it wants another machine'],
  ['docs/analysis.md', 'new ConversationAnalysis', 'it wants a recording that is under way'],
  ['docs/words.md', 'transcribeFile(', 'it wants a file and an engine'],
  ['docs/words.md', 'analyseFile(', 'it wants a file and an engine'],
  ['docs/words.md', 'maskRecordings(', 'it wants recordings and an engine'],
  ['docs/chats.md', 'export const desk', 'it is what the next ones import'],
  ['docs/applications.md', "client.application('backup')", 'it goes on from what the page has before'],
];

/** The programs that need nobody else. They run while others are tried. */
let alone: ReturnType<typeof ranAlone>;
let exchange: Exchange;
let port: number;
let jack: Client;
let anna: Client;
beforeAll(async () => {
  makePackage(folder);
  alone = ranAlone();
  // Tests await it.
  alone.catch(() => undefined);
  for (const name of ['anna', 'jack']) mkdirSync(join(folder, name));
  writeFileSync(join(folder, 'line.yaml'), LINE);
  writeFileSync(join(folder, 'anna', 'report.pdf'), 'the report');
  exchange = await Exchange.start({
    users: [{ handle: 'jack', profile: { PSTN_BALANCE: '1000' } }, { handle: 'anna' }],
  });
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

describe('a block that is a whole program', () => {
  it('is run, or listed with the reason why not', () => {
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

  it.each(ALONE.map((block) => [placeOf(block), block] as const))('runs: %s', async (_, block) => {
    expect((await alone).thrown(block)).toBeUndefined();
  });

  it('that needs no endpoint prints no error, and leaves nothing that keeps the process alive', async () => {
    expect(await alone).toMatchObject({ status: 0, stderr: '' });
  });
});

/**
 * Runs the programs that need nobody else, one after the other in a process: to start one for each takes most of a
 * second of processor time.
 */
async function ranAlone() {
  const paths = new Map(ALONE.map((block) => [block, writeRunnable(block, block.code)]));
  const ran = await runPrograms([...paths.values()]);
  return { ...ran, thrown: (block: Block) => ran.thrown(paths.get(block) ?? '') };
}

/** Writes a program as JavaScript. @returns its path. */
function writeRunnable(block: Block, code: string): string {
  const { target, module } = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
  const { outputText } = ts.transpileModule(code, { compilerOptions: { target, module } });
  return writeProgram(folder, block, outputText, block.file ?? 'run.mjs');
}

async function runs(block: Block, code: string, others?: Scene['others']): Promise<void> {
  const path = writeRunnable(block, code);
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

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import type { CampaignEntry } from '../../../src/bot.js';
import { certificate, expiredCertificate, hasOpenssl } from '../../certificate.js';
import { CommandHost } from '../command-host.js';

const MAIN = join(process.cwd(), 'dist/cli/main.js');
const ROBOT = { rings: 100, stays: true };
const SCENARIO = {
  users: [{ handle: 'the.bot' }],
  robots: [
    { handle: 'anna', ...ROBOT, does: [{ wait: 400 }, { digits: '4' }] },
    { handle: 'ben', rings: 100, outcome: 'busy' },
    { handle: 'carl', ...ROBOT, does: [{ wait: 400 }, { digits: '5' }] },
    { handle: 'dora', ...ROBOT },
  ],
  calls: [{ from: 'anna', to: 'the.bot', afterMs: 300 }],
};
const FLOW = `
name: Survey
steps:
  ask: { do: gather, ask: { text: "{name}, how good is our flour?" }, timeoutMs: 60000, save: flour, next: thanks }
  thanks: { do: hangup, say: { tone: 440, ms: 100 } }
`;

describe('jackfield campaign', () => {
  let folder: string;
  const start = (...args: string[]): ChildProcess & { readonly printed: () => string } => {
    const child = spawn(process.execPath, [MAIN, ...args], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let printed = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        printed += text;
        child.emit('printed', printed);
      });
    }
    return Object.assign(child, { printed: () => printed });
  };
  const ended = async (child: ReturnType<typeof start>) => {
    const [code] = await once(child, 'close');
    return { code: code as number | null, printed: child.printed() };
  };
  /** Interrupts a command once, when `isOver` says that it has printed enough. */
  const interruptWhen = (child: ReturnType<typeof start>, isOver: (printed: string) => boolean) => {
    const look = (printed: string) => {
      if (!isOver(printed)) return;
      child.off('printed', look);
      child.kill('SIGINT');
    };
    child.on('printed', look);
  };
  /** What was printed, without what a busy machine lost of a voice: it is told in lines of its own. */
  const withoutLosses = (printed: string) => printed.replaceAll(/^call \d: .*voice lost: .*\n/gm, '');
  /** Commands that no signal ends share a process. */
  const host = new CommandHost();
  const jackfield = async (...args: string[]) => {
    const { code, stdout, stderr } = await host.run(args, { cwd: folder });
    return { code, printed: stderr + stdout };
  };
  const AT = ['--attach', 'exchange:scenario.json', '--speech', 'melody'];
  const RUN = ['--flow', 'survey.yaml', ...AT, '--per-minute', '6000', '--attempts', '1'];
  const results = async (...args: string[]): Promise<CampaignEntry[]> => {
    const { printed } = await jackfield('campaign', 'results', ...args, '--json');
    return printed
      .split('\n')
      .flatMap((line) => (!line.startsWith('{') ? [] : [JSON.parse(line) as CampaignEntry]));
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'jackfield-campaign-'));
    await writeFile(join(folder, 'scenario.json'), JSON.stringify(SCENARIO));
    await writeFile(join(folder, 'survey.yaml'), FLOW);
    await writeFile(join(folder, 'spring.csv'), 'target,name\nanna,Anna\nben,Ben\ncarl,Carl\n');
    await writeFile(join(folder, 'killed.csv'), 'target,name\ndora,Dora\ncarl,Carl\n');
  });
  afterAll(async () => {
    host[Symbol.dispose]();
    await rm(folder, { recursive: true });
  });

  it('run: calls all targets; results: shows the outcomes; a second run: calls no one', async () => {
    const first = await ended(start('campaign', 'run', 'spring.csv', ...RUN));
    expect(first).toMatchObject({ code: 0 });
    expect(first.printed).toMatch(/spring {2}ben +call 1 +[\d.]+ s {2}unanswered {3}BUSY; name=Ben\n/);
    expect(first.printed).toMatch(/spring: 3 targets, 3 calls; 2 done, 1 unanswered\.\n$/);
    expect(await results('spring', '--outcome', 'done')).toMatchObject([
      { target: 'anna', attempt: 1, variables: { name: 'Anna', flour: '4' } },
      { target: 'carl', attempt: 1, variables: { name: 'Carl', flour: '5' } },
    ]);
    expect((await jackfield('campaign', 'run', 'spring.csv', ...RUN)).printed).toBe(
      'spring: 3 targets, 3 calls; 2 done, 1 unanswered.\n',
    );
    expect((await jackfield('campaign', 'list')).printed).toContain('spring: 3 targets');
  });

  it('ivr check: knows the columns of a list, and refuses an unknown variable', async () => {
    const alone = await jackfield('ivr', 'check', 'survey.yaml');
    expect(alone).toMatchObject({ code: 1 });
    expect(alone.printed).toContain('no step saves {name}');
    const listed = await jackfield(
      'ivr',
      'check',
      'survey.yaml',
      '--list',
      'spring.csv',
      '--speech',
      'melody',
    );
    expect(listed).toMatchObject({ code: 0 });
  });

  it('does not call a target again that it was talking to when it was killed', async () => {
    const killed = start('campaign', 'run', 'killed.csv', ...RUN);
    for (;;) {
      const calls = await results('killed');
      if (calls[0]?.outcome === 'calling') break;
      expect(killed.exitCode).toBeNull();
    }
    killed.kill('SIGKILL');
    await once(killed, 'close');
    expect(await jackfield('campaign', 'run', 'killed.csv', ...RUN)).toMatchObject({ code: 0 });
    expect(await results('killed')).toMatchObject([
      { target: 'dora', outcome: 'interrupted' },
      { target: 'carl', attempt: 1, outcome: 'done' },
    ]);
  });

  it('reports errors of a list with their line', async () => {
    await writeFile(join(folder, 'bad.csv'), 'target,name\nanna\n');
    const { code, printed } = await jackfield('campaign', 'run', 'bad.csv', ...RUN);
    expect(code).toBe(1);
    expect(printed).toContain('bad.csv:2: this line has 1 columns; the first line names 2');
    expect(await jackfield('campaign', 'results', '--out', 'nowhere')).toMatchObject({
      ...{ code: 1, printed: expect.stringContaining('There is no folder nowhere') },
    });
  });

  it('ivr run: answers the calls of the endpoint that it is attached to, until it is stopped', async () => {
    await writeFile(join(folder, 'desk.yaml'), FLOW.replace('{name}, ', ''));
    const child = start('ivr', 'run', 'desk.yaml', ...AT);
    interruptWhen(child, (printed) => printed.includes('call 1: done\n'));
    const [code] = await once(child, 'close');
    expect(withoutLosses(child.printed())).toContain(
      'Survey answers calls at exchange:scenario.json. Ctrl-C stops it.\ncall 1: anna\ncall 1: done\n',
    );
    expect(code).toBe(130);
  });

  it('ivr run --agent: a voice agent answers, and gets the caller', async () => {
    const agents = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    const told: { readonly type: string; readonly from?: string }[] = [];
    let token: string | undefined;
    agents.on('connection', (socket, { headers }) => {
      token = headers.authorization;
      socket.on('message', (data, isBinary) => {
        if (!isBinary) told.push(JSON.parse(String(data)));
        else if (told.length > 0) socket.send(JSON.stringify({ type: 'end', reason: 'done' }));
      });
    });
    await once(agents, 'listening');
    try {
      await writeFile(join(folder, 'token'), 'agents-only\n');
      const url = `ws://127.0.0.1:${(agents.address() as AddressInfo).port}/call`;
      const options = ['--agent-transfer-to', 'anna', '--agent-stall-ms', '2000', '--agent-reconnects', '1'];
      const agent = ['--agent', url, '--agent-token-file', 'token', '--agent-barge-in', 'here', ...options];
      const child = start('ivr', 'run', ...agent, ...AT);
      interruptWhen(child, (printed) => printed.includes('call 1: done\n'));
      const [code] = await once(child, 'close');
      expect(child.printed()).toContain('agent answers calls at exchange:scenario.json.');
      expect(withoutLosses(child.printed())).toContain('call 1: anna\ncall 1: done\n');
      expect(code).toBe(130);
      expect(told[0]).toMatchObject({ type: 'start', from: 'anna' });
      expect(token).toBe('Bearer agents-only');
    } finally {
      for (const socket of agents.clients) socket.terminate();
      agents.close();
    }
  });

  it.skipIf(!hasOpenssl)(
    'ivr run --agent-ca: tells what is wrong with an agent, and talks to a good one',
    async () => {
      const here = certificate(folder, 'here', ['IP:127.0.0.1']);
      const other = certificate(folder, 'other', ['DNS:other.example']);
      const stranger = certificate(folder, 'stranger', ['IP:127.0.0.1']);
      const old = { ...here, cert: expiredCertificate(folder, 'here') };
      await writeFile(join(folder, 'ca.pem'), `Ours:\n${here.cert}\n${other.cert}\n${old.cert}`);
      const shown = [stranger, other, old, here];
      const calls = ['anna', 'carl', 'dora', 'ben'].map((from) => ({ from, to: 'the.bot', afterMs: 300 }));
      await writeFile(join(folder, 'calls.json'), JSON.stringify({ ...SCENARIO, calls }));
      const server = createServer();
      // Each connection is shown a certificate of its own.
      server.prependListener('connection', () => server.setSecureContext(shown.shift() ?? here));
      const agents = new WebSocketServer({ server });
      agents.on('connection', (socket) => socket.send(JSON.stringify({ type: 'end', reason: 'done' })));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const url = `wss://127.0.0.1:${(server.address() as AddressInfo).port}/call`;
      const run = ['ivr', 'run', '--agent', url, '--attach', 'exchange:calls.json', '--speech', 'melody'];
      try {
        const child = start(...run, '--agent-ca', 'ca.pem');
        const ends = (printed: string) => [...printed.matchAll(/^call \d: (?:done|failed.*)\n/gm)];
        interruptWhen(child, (printed) => ends(printed).length === 4);
        await once(child, 'close');
        const told = ends(child.printed()).join('');
        expect(told).toContain(': done\n');
        expect(told).toMatch(
          /self-signed certificate\. Its certificate is not signed by a trusted authority: .*--agent-ca/,
        );
        expect(told).toContain('Use a host name that is in its certificate.');
        expect(told).toMatch(/has expired\. Its certificate has expired/);
      } finally {
        for (const socket of agents.clients) socket.terminate();
        server.close();
      }
      for (const [file, why] of [
        ['none.pem', 'none.pem'],
        ['here.key', 'here.key must be certificates as PEM.'],
        ['survey.yaml', 'survey.yaml must be certificates as PEM.'],
      ] as const) {
        const { code, printed } = await jackfield(...run, '--agent-ca', file);
        expect({ file, code, printed }).toMatchObject({ code: 1, printed: expect.stringContaining(why) });
      }
    },
  );

  it('ivr run: reports why it cannot attach', async () => {
    const { code, printed } = await jackfield(
      'ivr',
      'run',
      'survey.yaml',
      '-a',
      'x11:1',
      '--tls-ca',
      'survey.yaml',
    );
    expect(code).toBe(1);
    expect(printed).toContain('a TCP address (tcp:host:port), because encryption or a token is set');
  });
});

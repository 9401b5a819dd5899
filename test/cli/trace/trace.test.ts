import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SeenObjects } from '../../../src/cli/trace/seen-objects.js';
import { completeLine } from '../../../src/cli/trace/trace-completion.js';
import { helpOn } from '../../../src/cli/trace/trace-help.js';
import { readRecording, TraceRecording } from '../../../src/cli/trace/trace-recording.js';
import { TraceView } from '../../../src/cli/trace/trace-view.js';
import type { TraceLine } from '../../../src/control.js';
import { anyText } from '../../any-text.js';

const MAIN = 'dist/cli/main.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-trace-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('completion', () => {
  const known = new Map([
    ['CALL', ['14', '7']],
    ['USER', ['bob', 'echo123']],
    ['CHAT', ['#jack/$bob;1']],
  ]);
  const seen = (object: string) => known.get(object) ?? [];
  const complete = (line: string) => completeLine(line, seen)[0];

  it.each([
    ['AL', ['ALTER']],
    ['get curr', ['CURRENTUSERHANDLE']],
    ['GET CALL ', ['14', '7']],
    ['GET CALL 7 PARTNER_', ['PARTNER_HANDLE', 'PARTNER_DISPNAME']],
    ['ALTER CALL 7 START', ['START_VIDEO_SEND', 'START_VIDEO_RECEIVE']],
    ['ALTER CALL 7 END ', ['HANGUP', 'REDIRECT_TO_VOICEMAIL', 'FORWARD_CALL']],
    ['ALTER CALL 7 SET_INPUT P', ['PORT="']],
    ['SET MUTE ', ['ON', 'OFF']],
    ['SET USERSTATUS D', ['DND']],
    ['SET PROFILE CALL_APPLY_CF ', ['TRUE', 'FALSE']],
    ['SEARCH ACTIVECA', ['ACTIVECALLS']],
    ['OPEN DIA', ['DIALPAD']],
    ['help SEARCH MISSEDV', ['MISSEDVOICEMAILS']],
    ['CALL echo', ['echo123']],
    ['MESSAGE b', ['bob']],
    ['MESSAGE bob ', []],
    ['CHATMESSAGE ', ['#jack/$bob;1']],
    ['CHATMESSAGE #jack/$bob;1 h', []],
    ['CHAT CREATE e', ['echo123']],
    ['CHAT CREATEU', ['CREATEUSINGBLOB']],
    ['OPEN CHAT ', ['#jack/$bob;1']],
    ['OPEN IM b', ['bob']],
    ['ALTER CHAT #jack/$bob;1 ADDM', ['ADDMEMBERS']],
    ['ALTER CHAT #jack/$bob;1 ADDMEMBERS echo123, b', ['bob']],
    ['ALTER CHAT #jack/$bob;1 LEAVE ', []],
    ['GET CHAT #', ['#jack/$bob;1']],
    ['SEARCH CHATMESSAGES e', ['echo123']],
    ['SEARCH GROUPS C', ['CUSTOM']],
    ['SEARCH FRIENDS ', []],
    ['ALTER NOTHING 1 ', []],
  ])('%j', (line, words) => {
    expect(complete(line)).toEqual(words);
  });

  it('offers only readable properties for reading, and writable ones for writing', () => {
    expect(complete('GET CALL 7 ')).toContain('DURATION');
    expect(complete('GET CALL 7 ')).not.toContain('SEEN');
    expect(complete('SET CALL 7 ')).toContain('SEEN');
    expect(complete('SET CALL 7 ')).not.toContain('DURATION');
    expect(complete('SET ')).not.toContain('CURRENTUSERHANDLE');
  });

  it('offers users and objects that the endpoint has named, the newest first', () => {
    const objects = new SeenObjects();
    for (const line of [
      'CURRENTUSERHANDLE jack',
      '#1 USERS ann, carol',
      'CHATS #jack/$1, #jack/$bob;2',
      'CHATMESSAGE 5 FROM_HANDLE bob',
      'CHATMESSAGE 5 CHATNAME #eve/$3',
      'CHAT #jack/$1 MEMBERS jack dave',
      'USER erin ONLINESTATUS ONLINE',
      'CHAT #x/$y MEMBERS ',
      'no line of the API',
    ]) {
      objects.note({ direction: 'received', line, atMs: 0 });
    }
    objects.note({ direction: 'sent', line: 'GET USER mallory FULLNAME', atMs: 0 });
    expect(objects.of('USER')).toEqual(['erin', 'dave', 'jack', 'bob', 'ann', 'carol']);
    expect(objects.of('CHAT')).toEqual(['#x/$y', '#jack/$1', '#eve/$3', '#jack/$bob;2']);
    for (let id = 0; id < 1000; id++) {
      objects.note({ direction: 'received', line: `USER u${id} FULLNAME x`, atMs: 0 });
    }
    expect(objects.of('USER')).toHaveLength(50);
  });

  it('survives any line', () => {
    fc.assert(fc.property(fc.string(), (line) => completeLine(line)[0].every((word) => word !== '')));
  });
});

describe('help', () => {
  it('comes from the catalogue', () => {
    expect(helpOn('')).toMatch(/PING +Tests the connection/);
    expect(helpOn('CALL')).toContain('CALL <target>[, <target>]*');
    expect(helpOn('alter call')).toMatch(/HANGUP +Ends the call/);
    expect(helpOn('GET VOICEMAIL')).toMatch(/ALLOWED_DURATION/);
    expect(helpOn('SEARCH')).toMatch(/ACTIVECALLS/);
    expect(helpOn('ALTER CALL 5 HOLD')).toContain('Answered with');
  });
});

describe('the view', () => {
  const line = (direction: TraceLine['direction'], text: string, atMs: number): TraceLine => ({
    direction,
    line: text,
    atMs: Date.UTC(2026, 0, 1, 12, 0, 0, atMs),
  });

  it('shows time, direction, and how long an answer took', () => {
    const view = new TraceView({ coloured: false });
    expect(view.format(line('sent', '#3 PING', 5))).toBe('12:00:00.005Z -> #3 PING');
    expect(view.format(line('received', 'USERSTATUS AWAY', 7))).toBe('12:00:00.007Z <- USERSTATUS AWAY');
    expect(view.format(line('received', '#3 PONG', 17))).toBe('12:00:00.017Z <- #3 PONG (12 ms)');
    expect(view.format(line('received', '#3 PONG', 20))).toBe('12:00:00.020Z <- #3 PONG');
  });

  it('shows answers, errors and notifications in different colours', () => {
    const view = new TraceView({ coloured: true });
    const colour = (text: string) => view.format(line('received', text, 0)).match(/\[(3[123])m[A-Z]/)?.[1];
    expect(['#1 PONG', '#2 ERROR 12 Unknown call', 'CALL 1 STATUS RINGING'].map(colour)).toEqual([
      '32',
      '31',
      '33',
    ]);
  });

  it('has no control sequences in its output', () => {
    const view = new TraceView({ coloured: false });
    const text = view.format(line('received', 'CHATMESSAGE 1 BODY \x1b]0;x\x07\x9b2J\r\n', 0));
    expect(text).toContain('BODY \\u001b]0;x\\u0007\\u009b2J\\u000d\\u000a');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
    expect(text).not.toMatch(/[\x00-\x1f\x7f-\x9f]/);
  });
});

describe('a recording', () => {
  it('gives back every line as it was', async () => {
    const entry = fc.record({
      direction: fc.constantFrom('sent' as const, 'received' as const),
      line: anyText().map((text) => text.replace(/[\ud800-\udfff\0]/g, '')),
      atMs: fc.integer({ min: 0, max: 4e12 }),
    });
    let number = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { maxLength: 8 }), async (lines) => {
        const path = join(folder, `recording-${++number}`);
        await using recording = await TraceRecording.create(path);
        for (const line of [...lines, { direction: 'sent' as const, line: 'a\nb\r\\n\\', atMs: 1 }])
          recording.write(line);
        await recording[Symbol.asyncDispose]();
        const read: TraceLine[] = [];
        for await (const line of readRecording(path)) read.push(line);
        expect(read).toEqual([...lines, { direction: 'sent', line: 'a\nb\r\\n\\', atMs: 1 }]);
      }),
      { numRuns: 30 },
    );
  });

  it('is refused when invalid, and never overwritten', async () => {
    const path = join(folder, 'no-recording');
    await writeFile(path, '2026-01-01T00:00:00.000Z -> PING\nPING\n');
    const reading = (async () => {
      for await (const _ of readRecording(path));
    })();
    await expect(reading).rejects.toMatchObject({
      code: 'ERR_SYNTAX',
      message: expect.stringContaining(`${path}:2`),
    });
    await expect(TraceRecording.create(path)).rejects.toMatchObject({ code: 'ERR_FILE' });
  });
});

describe('jackfield trace', () => {
  let server: Server;
  const said: string[] = [];
  const answers: Readonly<Record<string, string>> = {
    'NAME jackfield': 'OK',
    'PROTOCOL 8': 'PROTOCOL 8',
    PING: 'PONG',
    'GET SKYPEVERSION': 'SKYPEVERSION 1.4',
  };

  beforeAll(async () => {
    if (!existsSync(MAIN)) throw new Error('Build first: npm run build.');
    server = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      createInterface({ input: socket })
        .on('line', (line) => {
          const [, id = '', command = ''] = /^(#\d+ )(.*)$/.exec(line) ?? [];
          // The first line asks whether messages may end with NUL: it has no identifier.
          if (id) said.push(command);
          if (command === 'PING') socket.write('CALL 9 STATUS RINGING\n');
          socket.write(`${id}${answers[command] ?? 'ERROR 2 Unknown command'}\n`);
        })
        .on('error', () => undefined);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(() => server.close());

  /** Runs the command; resolves to what it printed, without the times. */
  async function trace(args: readonly string[], input: string): Promise<{ lines: string[]; code: number }> {
    const { port } = server.address() as AddressInfo;
    said.length = 0;
    const child = spawn(process.execPath, [MAIN, 'trace', '--attach', `tcp:${port}`, ...args], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    child.stdin.end(input);
    const lines: string[] = [];
    createInterface({ input: child.stdout }).on('line', (line) =>
      lines.push(line.replace(/^\d\d:\d\d:\d\d.\d{3}Z /, '').replace(/ \(\d+ ms\)$/, '')),
    );
    const [code] = (await once(child, 'close')) as [number];
    return { lines, code };
  }

  it('works in a pipe, records, and replays its recording', async () => {
    const file = join(folder, 'session.trace');
    const piped = await trace(['--record', file], 'GET SKYPEVERSION\n\n#9 PING\nGET SKYPEVERSION\n');
    expect(piped.lines).toEqual([
      ...[
        '-> #3 GET SKYPEVERSION',
        '<- #3 SKYPEVERSION 1.4',
        '-> #4 PING',
        '<- CALL 9 STATUS RINGING',
        '<- #4 PONG',
      ],
      ...['-> #5 GET SKYPEVERSION', '<- #5 SKYPEVERSION 1.4'],
    ]);
    expect(piped.code).toBe(0);
    expect(await readFile(file, 'utf8')).toMatch(/^\d{4}-\d\d-\d\dT\S+Z -> #3 GET SKYPEVERSION$/m);
    const replayed = await trace(['--replay', file, '--no-pace'], '');
    expect(replayed.lines).toEqual(piped.lines);
    expect(said).toEqual(['NAME jackfield', 'PROTOCOL 8', 'GET SKYPEVERSION', 'PING', 'GET SKYPEVERSION']);
  });

  it('sends the given commands, and reports a failure by its exit code', async () => {
    const { lines, code } = await trace(['GET SKYPEVERSION', 'NONSENSE', 'PING'], '');
    expect(lines.filter((line) => line.startsWith('->'))).toHaveLength(3);
    expect(lines).toContain('<- #4 ERROR 2 Unknown command');
    expect(code).toBe(1);
  });

  it('lists its attempts when no endpoint answers', async () => {
    const env = { PATH: process.env['PATH'] ?? '' };
    const failed = await promisify(execFile)(process.execPath, [MAIN, 'trace', '--attach', 'x11', 'PING'], {
      env,
    }).catch((error: { stderr: string; code: number }) => error);
    expect(failed).toMatchObject({ code: 1, stderr: expect.stringContaining('DISPLAY is not set') });
  });
});

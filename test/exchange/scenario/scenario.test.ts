import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type CancelTimer, VirtualClock } from '../../../src/base/time/clock.js';
import { Exchange } from '../../../src/exchange/exchange.js';
import { Scenario } from '../../../src/exchange/scenario/scenario.js';
import { scenarioJsonSchema } from '../../../src/exchange/scenario/scenario-schema.js';
import { replay } from '../../../src/exchange/trace/replay.js';
import { WireRecorder } from '../../../src/exchange/trace/wire-recorder.js';
import { toneSamples } from '../../../src/voice/tone/tone-samples.js';
import { WavWriter } from '../../../src/voice/wav/wav-writer.js';
import { Client, folder, settle } from '../world.js';

async function scenarioFile(root: string, content: unknown): Promise<string> {
  await using wav = await WavWriter.create(join(root, 'hello.wav'));
  await wav.write(toneSamples({ frequency: 500, durationMs: 400 }));
  const path = join(root, 'scenario.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

describe('a scenario', () => {
  it('defines users, robots and numbers that ring, answer, speak, dial, hang up and call', async () => {
    const root = folder();
    const path = await scenarioFile(root, {
      users: [{ handle: 'jack', fullName: 'Jack Field' }],
      robots: [
        { handle: 'busy.bob', rings: 3000, outcome: 'busy' },
        { handle: 'caller', does: [{ say: 'hello.wav' }, { digits: '12' }], stays: true, drops: 12_000 },
      ],
      numbers: [{ number: '+3725555', outcome: { fail: 1, text: '503 no line' } }],
      calls: [{ from: 'caller', to: 'jack', afterMs: 10_000 }],
    });
    const clock = new VirtualClock();
    const scenario = await Scenario.load(path, clock);
    await using exchange = await Exchange.start({ ...scenario.options, clock });
    await scenario.run(exchange);
    const jack = new Client(exchange, 'jack');
    jack.send('CALL busy.bob');
    await clock.advance(3499);
    expect(jack.told('CALL 1 STATUS').at(-1)).toBe('RINGING');
    await clock.advance(1);
    expect(jack.told('CALL 1 STATUS').at(-1)).toBe('BUSY');
    jack.send('CALL +3725555');
    await clock.advance(2000);
    expect(jack.told('CALL 2 PSTN_STATUS')).toEqual(['503 no line']);
    await clock.advance(6000);
    expect(jack.told('CALL 3 STATUS')).toEqual(['RINGING']);
    expect(jack.send('GET CALL 3 PARTNER_HANDLE')).toEqual(['CALL 3 PARTNER_HANDLE caller']);
    jack.send('ALTER CALL 3 ANSWER');
    await clock.advance(11_990);
    expect(jack.told('CALL 3 DTMF')).toEqual(['1', '2']);
    expect(jack.told('CALL 3 STATUS').at(-1)).toBe('INPROGRESS');
    await clock.advance(20);
    expect(jack.told('CALL 3 STATUS').at(-1)).toBe('FINISHED');
  });

  it.each([
    ['{', 'ERR_SYNTAX', /is not JSON/],
    [{ users: [{ handle: '1' }] }, 'ERR_SYNTAX', /users\[0\]\.handle/],
    [{ robots: [{ handle: 'bob', outcom: 'busy' }] }, 'ERR_SYNTAX', /robots\[0\]/],
    [{ robots: [{ handle: 'bob', does: [{ say: 'none.wav' }] }] }, 'ERR_FILE', /none\.wav/],
    [
      { calls: [{ from: 'who', to: 'jack', afterMs: 0 }] },
      'ERR_SYNTAX',
      /calls\[0\]\.from .* robots and numbers of the scenario; got "who"/,
    ],
    [
      { robots: [{ handle: 'bob' }], calls: [{ from: 'bob', to: 'who', afterMs: 0 }] },
      'ERR_SYNTAX',
      /calls\[0\]\.to .* users of the scenario; got "who"/,
    ],
  ])('%j is refused with what is wrong', async (content, code, text) => {
    const path = await scenarioFile(folder(), content);
    const loading = Scenario.load(path, new VirtualClock());
    await expect(loading).rejects.toMatchObject({ code, message: expect.stringMatching(text) });
  });

  it('has its schema beside the documentation, for editors', async () => {
    const shipped = readFileSync(new URL('../../../docs/scenario.schema.json', import.meta.url), 'utf8');
    expect(JSON.parse(shipped)).toEqual(JSON.parse(JSON.stringify(await scenarioJsonSchema())));
  });
});

describe('a recording', () => {
  async function recorded(
    root: string,
    tapes: string,
    clock = new VirtualClock(),
    redirectsAt = 600,
  ): Promise<void> {
    const recorder = await WireRecorder.open(tapes, clock);
    const exchange = await Exchange.start({
      clock,
      fileRoots: [root],
      opener: (standard) => recorder.wrap(standard),
    });
    recorder.follow(exchange);
    const jack = new Client(exchange, 'jack');
    jack.send('CALL echo123');
    await clock.advance(redirectsAt);
    jack.send('ALTER CALL 1 SET_INPUT FILE="hello.wav"');
    // Commands that have to wait for something are answered when they have: one at a time here.
    await clock.advance(0);
    jack.send('ALTER CALL 1 SET_OUTPUT FILE="heard.wav"');
    await clock.advance(8000);
    jack.send('ALTER CALL 1 HANGUP');
    await settle();
    await exchange.close();
    await recorder.close();
    expect(recorder.failure).toBeUndefined();
  }

  it('replays to the same lines and the same samples', async () => {
    const [root, tapes] = [folder(), folder()];
    await scenarioFile(root, {});
    await recorded(root, tapes);
    const report = await replay(tapes);
    expect(report.differences).toEqual([]);
    expect(report.streams).toBe(1);
    expect(report.lines).toBeGreaterThan(15);
  });

  it('of a busy machine on which a call was answered late replays to the same samples', async () => {
    const [root, tapes] = [folder(), folder()];
    await scenarioFile(root, {});
    /** A clock whose timers are 300 ms late while the call is answered. */
    class BusyClock extends VirtualClock {
      override timerAt(at: number, task: () => void | Promise<void>): CancelTimer {
        return super.timerAt(at > 1400 && at < 1600 ? at + 300 : at, task);
      }
    }
    await recorded(root, tapes, new BusyClock(), 2000);
    expect(await replay(tapes)).toMatchObject({ differences: [], streams: 1 });
    // A line that differs, before the late ones, is the only difference.
    const path = join(tapes, 'lines.jsonl');
    const lines = readFileSync(path, 'utf8');
    writeFileSync(path, lines.replace('"CALL 1 STATUS RINGING"', '"CALL 1 STATUS BUSY"'));
    expect((await replay(tapes)).differences).toEqual([expect.stringMatching(/^client 1, line \d+: /)]);
  });

  it('reports where a replay differs', async () => {
    const [root, tapes] = [folder(), folder()];
    await scenarioFile(root, {});
    await recorded(root, tapes);
    const path = join(tapes, 'lines.jsonl');
    const lines = readFileSync(path, 'utf8');
    writeFileSync(path, lines.replace('"CALL 1 STATUS RINGING"', '"CALL 1 STATUS BUSY"'));
    const wav = join(tapes, 'CALL-1-OUTPUT-2.wav');
    const bytes = readFileSync(wav);
    bytes.writeInt16LE(12_345, bytes.length - 2000);
    writeFileSync(wav, bytes);
    const { differences } = await replay(tapes);
    expect(differences).toEqual([
      expect.stringMatching(/^client 1, line \d+: CALL 1 STATUS RINGING instead of CALL 1 STATUS BUSY$/),
      expect.stringMatching(/^CALL-1-OUTPUT: sample \d+ differs$/),
    ]);
  });

  it('that is missing is an error', async () => {
    await expect(replay(folder())).rejects.toMatchObject({ code: 'ERR_FILE' });
  });
});

describe('the desk of a scenario', () => {
  it('acts at its times, and reports acts that failed', async () => {
    const path = await scenarioFile(folder(), {
      users: [{ handle: 'jack' }, { handle: 'jill' }],
      robots: [{ handle: 'caller', stays: true }],
      calls: [{ from: 'caller', to: 'jack', afterMs: 1000 }],
      desk: [
        { user: 'jack', afterMs: 2000, do: 'answer' },
        { user: 'jack', afterMs: 3000, do: 'hold' },
        { user: 'jack', afterMs: 4000, do: 'click', item: 'mine' },
        { user: 'jack', afterMs: 4000, do: 'click-alert', alert: 'mine' },
        { user: 'jack', afterMs: 5000, do: 'hang-up' },
        { user: 'jack', afterMs: 6000, do: 'answer' },
        { user: 'jack', afterMs: 6500, do: 'status', status: 'DND' },
        { user: 'jill', afterMs: 7000, do: 'call', to: 'jack' },
        { user: 'jack', afterMs: 9000, do: 'refuse' },
      ],
    });
    const clock = new VirtualClock();
    const scenario = await Scenario.load(path, clock);
    await using exchange = await Exchange.start({ ...scenario.options, clock });
    const failures: string[] = [];
    exchange.on('failure', (error, where) => failures.push(`${where}: ${String(error)}`));
    const stop = await scenario.run(exchange);
    const jack = new Client(exchange, 'jack');
    jack.send('CREATE MENU_ITEM mine CONTEXT tools CAPTION x');
    jack.send('CREATE EVENT mine CAPTION x');
    await clock.advance(8500);
    expect(jack.told('CALL 1 STATUS')).toEqual(['RINGING', 'INPROGRESS', 'LOCALHOLD', 'FINISHED']);
    expect(jack.lines.filter((line) => line.includes('CLICKED'))).toEqual([
      'MENU_ITEM mine CLICKED CONTEXT tools',
      'EVENT mine CLICKED',
    ]);
    expect(jack.told('USERSTATUS').at(-1)).toBe('DND');
    expect(failures).toEqual([expect.stringMatching(/^scenario: .*jack has no call that can be answered/)]);
    stop();
    await clock.advance(2000);
    expect(jack.told(`CALL ${jack.newest('CALL')} STATUS`).at(-1)).toBe('RINGING');
  });

  it.each([
    [{ user: 'jack', afterMs: 0, do: 'fly' }, /desk\[0\]/],
    [{ user: 'jack', afterMs: 0, do: 'answer', extra: 1 }, /extra/],
    [{ user: 'who', afterMs: 0, do: 'answer' }, /desk\[0\]\.user .* users of the scenario; got "who"/],
  ])('%j is refused', async (act, text) => {
    const path = await scenarioFile(folder(), { desk: [act] });
    await expect(Scenario.load(path, new VirtualClock())).rejects.toMatchObject({
      code: 'ERR_SYNTAX',
      message: expect.stringMatching(text),
    });
  });
});

import { chmod, readFile, writeFile } from 'node:fs/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { during } from '../../src/base/during.js';
import { sleep } from '../../src/bot.js';
import { RobotDestination } from '../../src/exchange.js';
import type { FeedEvent, ServiceConfig } from '../../src/service.js';
import { encodeWav } from '../../src/voice.js';
import { type Day, onServiceDay, serviceFolder } from './service-day.js';

const folder = serviceFolder();
beforeEach(() =>
  writeFile(
    folder('long.yaml'),
    'name: Long\nsteps:\n  hello: { do: say, what: { tone: 700, ms: 20000 } }\n',
  ),
);

const bots = () => ({
  sales: { flow: folder('flow.yaml') },
  support: { flow: folder('flow.yaml') },
  long: { flow: folder('long.yaml'), maxCalls: 1 },
});
const config = (changes: Partial<ServiceConfig>): ServiceConfig => ({
  endpoints: { desk: { attach: 'exchange:desk' } },
  bots: bots(),
  ...changes,
});

/** Each decision as `rule -> answer`. */
const decisions = (events: readonly FeedEvent[]) =>
  events.flatMap((event) =>
    event.type === 'decision' ? [`${event.rule || '-'} -> ${event.answer ?? 'nobody'}`] : [],
  );
const reasons = (events: readonly FeedEvent[]) =>
  events.flatMap((event) => (event.type === 'decision' ? [event.reason] : []));
const isDecided = (rule: string) => (event: FeedEvent) => event.type === 'decision' && event.rule === rule;

/** Calls from a phone. */
function ring({ exchange, clock }: Day, number: string, to: string): void {
  const identity = { handle: number, fullName: number, network: 'PSTN' } as const;
  const behaviour = { ringMs: 0, outcome: 'answer', steps: [], stay: true } as const;
  exchange.callFrom(new RobotDestination(identity, behaviour, clock).leg(), to);
}

describe('the choice of who answers', () => {
  it('is made by the called number, on two endpoints at once, and reported with its reason', async () => {
    const rules = [
      { name: 'sales', called: ['+49 (30) 123-456'], answer: 'sales' },
      { name: 'shop', endpoints: ['shop'], called: ['SHOP'], answer: 'support' },
      { name: 'holiday', days: ['holidays'], answer: 'sales' },
      { name: 'never', priority: 5, notDays: ['holidays'], answer: 'nobody' },
    ];
    const endpoints = { desk: { attach: 'exchange:desk' }, shop: { attach: 'exchange:shop' } };
    const day = {
      config: config({ endpoints, rules, calendars: { holidays: ['01-05'] } }),
      desks: [{ handle: 'desk', skypeIn: '+4930123456' }, { handle: 'shop' }],
      people: ['ann'],
    };
    const events = await onServiceDay(day, async (it) => {
      const ann = it.people['ann'];
      const calls = [await ann!.call('shop'), await ann!.call('desk')];
      for (const call of calls) await call.ended();
      ring(it, '+15550001', 'desk');
      await it.until(isDecided('sales'));
      await it.until((event) => event.type === 'bot' && event.bot === 'sales' && event.what === 'done');
    });
    expect(decisions(events).toSorted()).toEqual(['holiday -> sales', 'sales -> sales', 'shop -> support']);
    expect(reasons(events).toSorted()).toEqual([
      '2026-01-05 is a day of holidays',
      'called +4930123456 is one of +49 (30) 123-456',
      'endpoint shop is one of shop; called shop is one of SHOP',
    ]);
  });

  it('falls to the next matching rule when a bot is at its limit over all endpoints; without one the call is refused', async () => {
    const rules = [
      { name: 'first', answer: 'long' },
      { name: 'overflow', callers: ['ben'], answer: 'support' },
    ];
    const endpoints = { desk: { attach: 'exchange:desk' }, shop: { attach: 'exchange:shop' } };
    const day = {
      config: config({ endpoints, rules }),
      desks: [{ handle: 'desk' }, { handle: 'shop' }],
      people: ['ann', 'ben', 'cyd'],
    };
    const events = await onServiceDay(day, async ({ people, until }) => {
      const { ann, ben, cyd } = people;
      const long = await ann!.call('desk');
      await long.reached('INPROGRESS');
      const over = await ben!.call('shop');
      expect(await over.ended()).toBe('FINISHED');
      const refused = await cyd!.call('desk');
      expect(await refused.ended()).toBe('REFUSED');
      await long.hangUp();
      await until((event) => event.type === 'bot' && event.bot === 'long' && event.what === 'hung-up');
      // Its place is free again.
      const again = await cyd!.call('shop');
      await again.reached('INPROGRESS');
      await again.hangUp();
    });
    expect(decisions(events)).toEqual([
      ...['first -> long', 'first -> long', 'overflow -> support', 'first -> long'],
      ...['- -> nobody', 'first -> long'],
    ]);
    expect(reasons(events)[2]).toBe('first: long has no free place; caller ben is one of ben');
    expect(reasons(events)[4]).toBe('first: long has no free place; no rule matches');
  });

  it('is made again for a ringing call when the rules change, and never for a bot of a draining service', async () => {
    const rings = { name: 'later', answer: 'sales', afterMs: 10_000 };
    const events = await onServiceDay(
      { config: config({ rules: [rings] }), people: ['ann', 'ben'] },
      async ({ service, people, until, clock }) => {
        const { ann, ben } = people;
        const call = await ann!.call('desk');
        const first = await until(isDecided('later'));
        await during(
          clock,
          service.reload(config({ rules: [{ ...rings, name: 'other', answer: 'support' }] })),
        );
        expect(await call.ended()).toBe('FINISHED');
        const late = await ben!.call('desk');
        await until(
          (event) => isDecided('other')(event) && Reflect.get(event, 'call') !== Reflect.get(first, 'call'),
        );
        await service.drain();
        await sleep(clock, 15_000);
        expect(late.status).toBe('RINGING');
        await late.hangUp();
      },
    );
    expect(decisions(events)).toEqual(['later -> sales', 'other -> support', 'other -> support']);
    expect(events.filter(({ type }) => type === 'failure')).toEqual([]);
  });

  it('leaves calls in progress to their bots at a reload; removed bots end with their last call', async () => {
    const rules = [{ name: 'all', answer: 'long' }];
    await onServiceDay(
      { config: config({ rules }), people: ['ann'] },
      async ({ service, people, clock, until }) => {
        const [line] = service.lines;
        // The call would be over meanwhile: what is read from the disk takes no time.
        const reload = (to: ServiceConfig) => during(clock, service.reload(to));
        const call = await people['ann']!.call('desk');
        await call.reached('INPROGRESS');
        expect(line!.hostCount).toBe(3);
        // One that is refused leaves nothing behind.
        const refused = config({
          rules,
          record: { out: folder('calls') },
          bots: { ...bots(), x: { flow: 'none' } },
        });
        await expect(reload(refused)).rejects.toMatchObject({ code: 'ERR_FILE' });
        const mute = { list: folder('none.csv'), flow: folder('flow.yaml') };
        await expect(reload(config({ rules, campaigns: { mute } }))).rejects.toMatchObject({
          code: 'ERR_FILE',
        });
        expect(line!.hostCount).toBe(3);
        const next = config({ rules, bots: { sales: { flow: folder('flow.yaml') } } });
        await reload({ ...next, rules: [{ name: 'all', answer: 'sales' }] });
        await until((event) => event.type === 'service' && event.what === 'configured');
        expect(line!.hostCount).toBe(2);
        expect(await call.ended()).toBe('FINISHED');
        await until((event) => event.type === 'bot' && event.bot === 'long' && event.what === 'done');
        await new Promise((resolve) => setImmediate(resolve));
        expect(line!.hostCount).toBe(1);
      },
    );
  });
});

describe('the answering machine of a service', () => {
  it('greets by rules, has messages transcribed, and runs a command for each', async () => {
    await writeFile(folder('greeting.wav'), encodeWav(new Int16Array(8000)));
    await writeFile(folder('boss.wav'), encodeWav(new Int16Array(8000)));
    const script = folder('command.sh');
    await writeFile(
      script,
      `#!/bin/sh\nif [ "$1" = hook ]; then cat > "$2"; else cat > /dev/null; echo please call; fi\n`,
    );
    await chmod(script, 0o700);
    const answeringMachine = {
      archive: folder('voicemails'),
      afterMs: 2000,
      greeting: folder('greeting.wav'),
      greetings: [{ callers: ['ann'], greeting: folder('boss.wav') }],
      silenceMs: 1000,
      minMs: 0,
      transcriber: { command: script, args: ['words'] },
      hook: { command: script, args: ['hook', folder('told.json')] },
    };
    const rules = [{ name: 'machine', answer: 'answering-machine' }];
    const events = await onServiceDay(
      { config: config({ answeringMachine, rules }), people: ['ann', 'ben'] },
      async ({ people, until }) => {
        for (const name of ['ann', 'ben']) {
          await (await people[name]!.call('desk')).ended();
          await until((event) => event.type === 'message' && event.partner === name);
        }
      },
    );
    const said = events.flatMap((event) =>
      event.type === 'transcript' && event.by === 'bot' && /\.wav/.test(event.text) ? [event.text] : [],
    );
    expect(said).toEqual([expect.stringContaining('boss.wav'), expect.stringContaining('greeting.wav')]);
    const words = events.filter((event) => event.type === 'transcript' && event.by === 'caller');
    expect(words).toMatchObject([{ text: 'please call' }, { text: 'please call' }]);
    expect(JSON.parse(await readFile(folder('told.json'), 'utf8'))).toMatchObject({
      caller: { handle: 'ben' },
      transcript: 'please call',
    });
    expect(events.filter(({ type }) => type === 'failure')).toEqual([]);
  });

  it('refuses to begin without its greeting, transcriber or hook', async () => {
    const archive = folder('voicemails');
    for (const [machine, code] of [
      [{ greeting: folder('none.wav') }, 'ERR_FILE'],
      [{ greeting: { text: 'hello' } }, 'ERR_INVALID_ARG'],
      [{ transcriber: { command: 'no-such-transcriber' } }, 'ERR_TOOL'],
      [{ hook: { command: 'no-such-hook' } }, 'ERR_TOOL'],
    ] as const) {
      const started = onServiceDay(
        { config: config({ answeringMachine: { archive, ...machine } }), people: [] },
        async () => undefined,
      );
      await expect(started).rejects.toMatchObject({ code });
    }
  });
});

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type Client, verifyRecording } from '../../src/index.js';
import { Catalogue } from '../../src/recording.js';
import { ControlDesk, type ServiceConfig } from '../../src/service.js';
import { WavWriter } from '../../src/voice/wav/wav-writer.js';
import { type Day, onServiceDay, serviceFolder } from './service-day.js';

const folder = serviceFolder();

/** A bot that talks for as long as the other one does. */
const STAYS =
  'export default (call) => new Promise((done) => call.signal.addEventListener("abort", done));\n';

async function configured(changes: Partial<ServiceConfig> = {}): Promise<ServiceConfig> {
  await writeFile(folder('stays.mjs'), STAYS);
  await mkdir(folder('prompts'));
  await using wav = await WavWriter.create(folder('prompts/morning.wav'));
  await wav.write(new Int16Array(8000));
  return {
    endpoints: { desk: { attach: 'exchange:desk' } },
    record: { out: folder('recordings') },
    bots: {
      voice: { script: folder('stays.mjs'), prompts: folder('prompts'), speech: 'melody', maxCalls: 1 },
      tone: { flow: folder('flow.yaml') },
    },
    ...changes,
  };
}

const deskOf = ({ service }: Day) =>
  new ControlDesk(service, { reload: async () => [], drained: () => undefined });

function answers(client: Client | undefined): void {
  client?.on('call', (call) => void call.answer().catch(() => undefined));
}

it('a placed call with a bot can be spoken into, and is recorded from its first sample', async () => {
  const events = await onServiceDay({ config: await configured(), people: ['ann'] }, async (day) => {
    const desk = deskOf(day);
    answers(day.people['ann']);
    const { call } = await desk.obey('call', { to: 'ann', bot: 'voice' }, 'test');
    await day.until((event) => event.type === 'bot' && event.what === 'talking' && event.call === call);
    expect(await desk.obey('calls', {}, 'test')).toMatchObject([{ call, bot: 'voice', direction: 'out' }]);
    await desk.obey('say', { call, text: 'morning' }, 'test');
    await desk.obey('say', { call, text: 'words for the engine' }, 'test');
    await desk.obey('hangup', { call }, 'test');
    await day.until((event) => event.type === 'recording' && event.what === 'published');
  });
  expect(events.filter(({ type }) => type === 'failure')).toEqual([]);
  const said = events.filter((event) => event.type === 'step' && event.what === 'ended');
  expect(said.filter((event) => event.type === 'step' && event.outcome === 'played')).toHaveLength(2);
  using catalogue = Catalogue.open(folder('recordings'));
  const [entry, ...more] = catalogue.search({});
  expect(more).toEqual([]);
  const { misses, findings } = await verifyRecording(join(folder('recordings'), entry?.file ?? ''));
  expect({ misses, findings }).toEqual({ misses: [], findings: [] });
});

it('a placed call survives a reload with its bot, and counts towards the limit of the bot until it ends', async () => {
  const config = await configured();
  await onServiceDay({ config, people: ['ann', 'ben'] }, async (day) => {
    const desk = deskOf(day);
    answers(day.people['ann']);
    const { call } = await desk.obey('call', { to: 'ann', bot: 'voice' }, 'test');
    await day.until((event) => event.type === 'bot' && event.what === 'talking');
    await expect(desk.obey('call', { to: 'ben', bot: 'voice' }, 'test')).rejects.toMatchObject({
      code: 'ERR_INVALID_STATE',
      expected: 'a bot with fewer calls',
    });
    await day.service.reload(config);
    expect(await desk.obey('calls', {}, 'test')).toMatchObject([{ call, bot: 'voice' }]);
    await desk.obey('hangup', { call }, 'test');
    await day.until((event) => event.type === 'bot' && event.what !== 'talking' && event.what !== 'refused');
    await desk.obey('call', { to: 'ben', bot: 'voice' }, 'test');
  });
});

it.each([
  [
    { to: 'ann', bot: 'nobody' },
    { code: 'ERR_INVALID_ARG', expected: 'bot: one of voice, tone' },
  ],
  [{ to: 'ann', bot: 'answering-machine' }, { code: 'ERR_INVALID_ARG' }],
  [
    { to: 'ann, ben', bot: 'tone' },
    { code: 'ERR_INVALID_ARG', expected: 'to: one handle or number' },
  ],
  [{ to: 'no.such.user', bot: 'tone' }, { code: 'ERR_API' }],
])('a call is refused with the reason: %j', async (args, error) => {
  await onServiceDay({ config: await configured(), people: ['ann', 'ben'] }, async (day) => {
    const { hostCount } = day.service.lines[0]!;
    await expect(deskOf(day).obey('call', args, 'test')).rejects.toMatchObject(error);
    expect(day.service.lines[0]).toMatchObject({ hostCount });
  });
});

it('a drain waits for placed calls, and refuses new ones', async () => {
  await onServiceDay({ config: await configured(), people: ['ann', 'ben'] }, async (day) => {
    const desk = deskOf(day);
    answers(day.people['ann']);
    const { call } = await desk.obey('call', { to: 'ann', bot: 'tone' }, 'test');
    const drained = day.service.drain();
    await expect(desk.obey('call', { to: 'ben', bot: 'tone' }, 'test')).rejects.toMatchObject({
      code: 'ERR_INVALID_STATE',
    });
    await drained;
    expect(day.events).toContainEqual(expect.objectContaining({ type: 'bot', call, what: 'done' }));
  });
});

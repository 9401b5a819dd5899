import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { collectSamples, WavReader } from '../../../src/index.js';
import { AnsweringMachine, VoicemailArchive } from '../../../src/voicemail.js';
import { driven, until } from '../../turns.js';
import { type Fate, good, onPhoneStage, type PhoneStage, phone, placeOf, samplesOf } from './phone-stage.js';

let stage: PhoneStage;
onPhoneStage((made) => {
  stage = made;
});

it('concealed samples of a line are in the ledger of a message that an answering machine takes', async () => {
  const { folder, client, server, clock } = stage;
  await using archive = await VoicemailArchive.open(join(folder, 'archive'));
  const greeting = { tone: 500, ms: 100 } as const;
  await using machine = await AnsweringMachine.start({
    client,
    server,
    archive,
    clock,
    afterMs: 0,
    greeting,
  });
  const kept = once(machine, 'message');
  const { call, say, hangUp, rtp } = await phone(stage);
  await until(async () => {
    await clock.advance(100);
    return call.status === 'INPROGRESS';
  });
  await clock.advance(2000);
  const fates: Fate[] = [
    ...good(30),
    ...['lost', 'lost', 60, 40, 20].map((fate) => fate as Fate),
    ...good(20),
    ...good(8).map((): Fate => 'not-sent'),
    ...good(20),
    ...good(30).map((): Fate => 'lost'),
    ...good(10),
    'lost',
  ];
  const truth = await say(fates);
  hangUp();
  await driven(clock, kept);
  await rtp.close();
  const [message] = [...archive.find()];
  const path = join(folder, 'archive', message?.audio?.path ?? '');
  await using reader = await WavReader.open(path);
  const heard = await collectSamples(reader);
  const { spans = [], received = 0, concealed = 0 } = message?.ledger ?? {};
  expect(received + concealed).toBe(heard.length);
  const parts = { heard, truth };
  const behind = (n: number) => (placeOf(n, parts) ?? 0) + 320;
  const named = spans.filter(({ kind }) => kind === 'concealed');
  const between = (from: number, to: number) =>
    named.filter((span) => span.from >= behind(from) && span.from < behind(to));
  const sums = (from: number, to: number) => {
    const stretches = between(from, to);
    expect(stretches[0]?.from).toBe(behind(from));
    const last = stretches.at(-1);
    return [(last?.from ?? 0) + (last?.samples ?? 0), stretches.map(({ reason }) => reason)];
  };
  expect(samplesOf(between(29, 32), 'lost')).toBe(640);
  expect(sums(54, 63)).toEqual([behind(63) - 320, ['not-sent']]);
  expect(sums(82, 113)).toEqual([behind(113) - 320, ['lost']]);
  expect(named.at(-1)).toEqual({
    ...{ from: behind(122), samples: heard.length - behind(122) },
    ...{ kind: 'concealed', reason: 'not-sent' },
  });
  expect(message).toMatchObject({ complete: false });
  expect(await archive.verify()).toMatchObject({ checked: 1, faults: [] });
  const sidecar = JSON.parse(await readFile(path.replace(/wav$/, `${message?.key}.json`), 'utf8')) as object;
  expect(sidecar).toMatchObject({ ledger: message?.ledger, complete: false });
});

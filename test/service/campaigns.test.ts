import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { CampaignLog } from '../../src/bot.js';
import { type Client, verifyRecording } from '../../src/index.js';
import { Catalogue } from '../../src/recording.js';
import type { FeedEvent, ServiceConfig } from '../../src/service.js';
import { onServiceDay, serviceFolder } from './service-day.js';

const folder = serviceFolder();
beforeEach(() => writeFile(folder('list.csv'), 'target\nann\nben\ncyd\n'));

const configured = (campaign: object, changes: Partial<ServiceConfig> = {}): ServiceConfig => ({
  endpoints: { desk: { attach: 'exchange:desk' } },
  record: { out: folder('recordings') },
  campaigns: {
    reminders: {
      ...{ list: folder('list.csv'), flow: folder('flow.yaml') },
      ...{ callsPerMinute: 600, retryAfterMs: 60_000 },
      ...campaign,
    },
  },
  ...changes,
});

/** Answers every call. */
function answers(client: Client | undefined): void {
  client?.on('call', (call) => void call.answer().catch(() => undefined));
}

const told = (events: readonly FeedEvent[]) =>
  events.flatMap((event) =>
    event.type === 'campaign' ? [[event.what, event.target, event.outcome].filter(Boolean).join(' ')] : [],
  );

describe('a campaign of a service', () => {
  it('calls all targets, is recorded on its own redirection, and is reported', async () => {
    const people = ['ann', 'ben', 'cyd'];
    const events = await onServiceDay({ config: configured({ begin: 'at-once' }), people }, async (day) => {
      for (const name of people) answers(day.people[name]);
      await day.until((event) => event.type === 'campaign' && event.what === 'ended');
      expect(day.service.campaigns.status).toMatchObject([
        { campaign: 'reminders', endpoint: 'desk', stage: 'ended', targets: 3, outcomes: { done: 3 } },
      ]);
    });
    expect(told(events)).toEqual(['begun', 'called ann done', 'called ben done', 'called cyd done', 'ended']);
    expect(events.filter(({ type }) => type === 'failure')).toEqual([]);
    using catalogue = Catalogue.open(folder('recordings'));
    const entries = catalogue.search({});
    expect(entries).toHaveLength(3);
    for (const { file } of entries) {
      const { misses, findings } = await verifyRecording(join(folder('recordings'), file));
      expect({ misses, findings }).toEqual({ misses: [], findings: [] });
    }
  });

  it('waits for its start; its state survives the service, and no target is called twice', async () => {
    const config = configured({ concurrency: 1, callsPerMinute: 6 });
    const people = ['ann', 'ben', 'cyd'];
    const first = await onServiceDay({ config, people }, async ({ service, people, until }) => {
      for (const client of Object.values(people)) answers(client);
      expect(service.campaigns.status[0]).toMatchObject({ stage: 'idle' });
      expect(() => service.campaigns.start('reminder')).toThrow('There is reminders');
      service.campaigns.start('reminders');
      await until((event) => event.type === 'campaign' && event.what === 'called');
    });
    expect(told(first)).toEqual(['begun', 'called ann done', 'stopped']);
    const second = await onServiceDay({ config, people }, async ({ service, people, until }) => {
      for (const client of Object.values(people)) answers(client);
      await until((event) => event.type === 'campaign' && event.what === 'called');
      expect(service.campaigns.stop('reminders').stage).toBe('stopping');
      await until((event) => event.type === 'campaign' && event.what === 'stopped');
    });
    expect(told(second)).toEqual(['begun', 'called ben done', 'stopped']);
    const third = await onServiceDay({ config, people }, async ({ service, people, until }) => {
      for (const client of Object.values(people)) answers(client);
      expect(service.campaigns.status[0]).toMatchObject({ stage: 'idle' });
      service.campaigns.start('reminders');
      await until((event) => event.type === 'campaign' && event.what === 'ended');
    });
    expect(told(third)).toEqual(['begun', 'called cyd done', 'ended']);
    using log = CampaignLog.open(folder('recordings'));
    expect(
      log
        .search()
        .map(({ target, attempt }) => `${target} ${attempt}`)
        .toSorted(),
    ).toEqual(['ann 1', 'ben 1', 'cyd 1']);
  });

  it('follows a changed configuration once its calls are over, and stops when it is removed', async () => {
    const config = configured({ begin: 'at-once', callsPerMinute: 60, attempts: 1, ringMs: 5000 });
    await writeFile(folder('longer.csv'), 'target\nann\nben\ncyd\ndee\n');
    const people = ['ann', 'ben', 'cyd', 'dee'];
    const events = await onServiceDay({ config, people }, async ({ service, people, until }) => {
      answers(people['ann']);
      await until((event) => event.type === 'campaign' && event.what === 'called');
      const longer = configured({ begin: 'at-once', list: folder('longer.csv'), attempts: 1, ringMs: 5000 });
      expect(await service.reload(longer)).toEqual([]);
      await until((event) => event.type === 'campaign' && event.target === 'dee');
      await expect(service.reload(configured({ list: folder('nobody.csv') }))).rejects.toMatchObject({
        code: 'ERR_FILE',
      });
      expect(await service.reload(configured({}, { campaigns: {} }))).toEqual([]);
      expect(service.campaigns.status).toEqual([]);
    });
    expect(told(events).filter((each) => each.startsWith('called'))).toEqual([
      'called ann done',
      'called ben unanswered',
      'called cyd unanswered',
      'called dee unanswered',
    ]);
  });

  it('refuses to start when it could not speak, as the command does', async () => {
    await writeFile(
      folder('mute.yaml'),
      'name: x\nsteps: { a: { do: say, what: { text: hello {target} } } }\n',
    );
    await writeFile(folder('mute.yaml'), 'name: x\nsteps:\n  a: { do: say, what: { text: hello } }\n');
    const config = configured({ begin: 'at-once', flow: folder('mute.yaml') });
    await expect(onServiceDay({ config, people: [] }, async () => undefined)).rejects.toMatchObject({
      code: 'ERR_FLOW',
    });
  });

  it('calls by a script that is given each line of the list', async () => {
    await writeFile(folder('list.csv'), 'target,name\nann,Ann Lee\n');
    await writeFile(
      folder('script.mjs'),
      `export default async (call, line) => {
        line.variables.set('heard', line.variables.get('name').toUpperCase());
        await call.say({ tone: 500, ms: 300 });
      };\n`,
    );
    const config = configured({ begin: 'at-once', flow: undefined, script: folder('script.mjs') });
    await onServiceDay({ config, people: ['ann'] }, async ({ people, until }) => {
      answers(people['ann']);
      await until((event) => event.type === 'campaign' && event.what === 'ended');
    });
    using log = CampaignLog.open(folder('recordings'));
    expect(log.search()).toMatchObject([{ target: 'ann', outcome: 'done', variables: { heard: 'ANN LEE' } }]);
  });
});

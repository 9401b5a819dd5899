import { expect, it } from 'vitest';
import { changedConfig } from '../../../src/service/config/changed-config.js';
import type { ServiceConfig } from '../../../src/service.js';

const NOW: ServiceConfig = {
  endpoints: { desk: { attach: 'tcp:4100' } },
  record: { out: 'calls', policy: 'all' },
  answeringMachine: { archive: 'mails', maxMs: 5000 },
  http: { port: 9464 },
};

it.each<[string, Partial<ServiceConfig>, string[], Partial<ServiceConfig>]>([
  ['nothing', {}, [], {}],
  ['what can change', { record: { out: 'calls', policy: 'incoming' }, rules: [] }, [], { rules: [] }],
  ['endpoints', { endpoints: { desk: { attach: 'dbus' } } }, ['endpoints'], { endpoints: NOW.endpoints }],
  [
    'the folder of recordings, with the policy',
    { record: { out: 'elsewhere', policy: 'incoming' } },
    ['record.out'],
    { record: { out: 'calls', policy: 'incoming' } },
  ],
  ['a recorder that goes', { record: undefined }, ['record'], { record: NOW.record }],
  [
    'an archive, with the longest message',
    { answeringMachine: { archive: 'new', maxMs: 9000 } },
    ['answeringMachine.archive'],
    { answeringMachine: { archive: 'mails', maxMs: 9000 } },
  ],
  ['a port', { http: undefined, log: { level: 'warn' } }, ['http', 'log'], { http: NOW.http }],
])('a reload names fields that cannot change: %s', (_, change, unchanged, inForce) => {
  const { changed, unchanged: named } = changedConfig({ ...NOW, ...change }, NOW);
  expect(named).toEqual(unchanged);
  expect(changed).toMatchObject(inForce);
});

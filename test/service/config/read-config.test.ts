import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isOwnPath } from '../../../src/service/config/service-files.js';
import {
  checkConfig,
  formatConfigProblem,
  readConfig,
  serviceConfigJsonSchema,
} from '../../../src/service.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Writes a configuration, and gives what is wrong with it, without its folder. */
async function problemsOf(text: string, environment = {}): Promise<string[]> {
  const file = join(folder, 'serve.yaml');
  await writeFile(file, text);
  const { problems } = await checkConfig(file, environment);
  return problems.map((problem) => formatConfigProblem(problem).replaceAll(`${folder}/`, ''));
}

/** A variable as a configuration names it. */
const variable = (name: string) => `$\{${name}}`;

const ENDPOINTS = 'endpoints: { desk: { attach: tcp:4100 } }\n';

describe('a configuration of a service', () => {
  it('has all its errors reported at once, with line and column, and the field that was probably meant', async () => {
    const text = [
      'endpoints:',
      '  desk: { atach: tcp:4100 }',
      'record:',
      '  polcy: all',
      '  maxMs: 5',
      'bots:',
      '  menu: { flow: 7 }',
    ].join('\n');
    expect(await problemsOf(text)).toEqual([
      expect.stringMatching(/^serve\.yaml:2:3: endpoints\.desk\.attach: /),
      'serve.yaml:2:11: endpoints.desk.atach: There is no field atach here: did you mean attach?',
      expect.stringMatching(/^serve\.yaml:5:3: record\.maxMs: /),
      'serve.yaml:4:3: record.polcy: There is no field polcy here: did you mean policy?',
      expect.stringMatching(/^serve\.yaml:7:11: bots\.menu\.flow: /),
    ]);
  });

  it('has paths relative to its file, and other values unchanged', async () => {
    await mkdir(join(folder, 'more'));
    await writeFile(
      join(folder, 'serve.yaml'),
      `${ENDPOINTS}include: [more/rest.yaml]\nrecord: { out: calls, hook: { command: ./told.sh } }\nlog: { file: /var/log/x.log }\n`,
    );
    await writeFile(
      join(folder, 'more', 'rest.yaml'),
      [
        'answeringMachine: { archive: ../messages, speech: melody, hook: { command: notify },',
        '  greeting: { text: hello.wav }, greetings: [{ callers: [a/b], greeting: berlin.wav }] }',
        'campaigns: { c: { list: c.csv, script: c.mjs, log: log } }',
        'control: { socket: x.sock }',
      ].join('\n'),
    );
    const { config } = await checkConfig(join(folder, 'serve.yaml'), {}, { files: false });
    const at = (...names: string[]) => join(folder, ...names);
    expect(config).toMatchObject({
      endpoints: { desk: { attach: 'tcp:4100' } },
      record: { out: at('calls'), hook: { command: at('told.sh') } },
      log: { file: '/var/log/x.log' },
      answeringMachine: {
        archive: at('messages'),
        hook: { command: 'notify' },
        greeting: { text: 'hello.wav' },
        greetings: [{ callers: ['a/b'], greeting: at('more', 'berlin.wav') }],
      },
      campaigns: { c: { list: at('more', 'c.csv'), script: at('more', 'c.mjs'), log: at('more', 'log') } },
      control: { socket: at('more', 'x.sock') },
    });
  });

  it('has a list of all fields that name a file', () => {
    const fields = (schema: unknown, path: string): string[] => {
      const { properties, additionalProperties, items, anyOf } = Object(schema) as Record<string, unknown>;
      return [
        ...Object.entries(Object(properties)).flatMap(([name, each]) => fields(each, `${path}.${name}`)),
        ...(additionalProperties ? fields(additionalProperties, `${path}.*`) : []),
        ...(items ? fields(items, `${path}.*`) : []),
        ...(Array.isArray(anyOf) ? anyOf.flatMap((each) => fields(each, path)) : []),
        ...(Reflect.get(Object(schema), 'maxLength') === 4096 ? [path.slice(1)] : []),
      ];
    };
    const named = new Set(fields(serviceConfigJsonSchema(), ''));
    // Those that include has are found by themselves.
    named.delete('include.*');
    for (const field of named) expect(isOwnPath(field), field).toBe(true);
    expect(named.size).toBeGreaterThan(25);
  });

  it('is refused for undefined names', async () => {
    const text = `${ENDPOINTS}rules:\n  - { name: a, answer: menu }\n  - { name: a, answer: nobody, endpoints: [dsk] }\n`;
    expect(await problemsOf(text)).toEqual([
      'serve.yaml:3:16: rules.0.answer: Expected one of nobody; got "menu"',
      'serve.yaml:4:44: rules.1.endpoints.0: Expected one of desk; got "dsk"',
      'serve.yaml:4:5: rules.1.name: two rules have the name a'.replace('4:5', '4:7'),
    ]);
  });

  it.each([
    ['', 'serve.yaml:1:1: Expected a map of fields'],
    ['[1, 2]', 'serve.yaml:1:1: Expected a map of fields'],
    ['endpoints: {', 'serve.yaml:1:'],
    [`${ENDPOINTS}endpoints: {}`, 'Map keys must be unique'],
    ['endpoints: {}', 'Expected at least one endpoint'],
    [`${ENDPOINTS}__proto__: { x: 1 }`, 'There is no field __proto__'],
    [`${ENDPOINTS}constructor: 1`, 'There is no field constructor'],
    [`${ENDPOINTS}record: { maxMs: 1e400 }`, 'record.maxMs'],
    [`${ENDPOINTS}http: { port: 99999999999999999999 }`, 'http.port'],
    [`${ENDPOINTS}bots: { "a b": { flow: x } }`, 'bots.a b'],
    [`${ENDPOINTS}rules: hello`, 'rules'],
  ])('is refused with %j', async (text, message) => {
    const problems = await problemsOf(text);
    expect(problems.join('\n')).toContain(message);
  });

  it('takes secrets from the environment, and reports missing ones', async () => {
    const text = `endpoints: { desk: { attach: "tcp:${variable('PORT')}", token: "${variable('TOKEN')}$${variable('x')}" } }`;
    expect(await problemsOf(text, { PORT: '4100' })).toEqual([
      expect.stringMatching(/^serve\.yaml:1:\d+: The environment has no variable TOKEN$/),
    ]);
    const config = await readConfig(join(folder, 'serve.yaml'), { PORT: '4100', TOKEN: 'a: "b"\n' });
    expect(config.endpoints).toEqual({ desk: { attach: 'tcp:4100', token: `a: "b"\n${variable('x')}` } });
  });

  it('merges the files that it includes, once each, and reports errors with their file', async () => {
    await writeFile(
      join(folder, 'log.yaml'),
      'include: [serve.yaml]\nlog: { level: debug, format: json }\nhtp: 1\n',
    );
    const text = `include: [log.yaml]\n${ENDPOINTS}log: { level: warn }\n`;
    expect(await problemsOf(text)).toEqual([
      'log.yaml:3:1: htp: There is no field htp here: did you mean http?',
    ]);
    // A field that has its place elsewhere is not suggested in its own stead.
    await writeFile(join(folder, 'log.yaml'), 'level: debug\n');
    expect(await problemsOf(text)).toEqual(['log.yaml:1:1: level: There is no field level here']);
    await writeFile(join(folder, 'log.yaml'), 'log: { level: debug, format: json }\n');
    expect((await readConfig(join(folder, 'serve.yaml'))).log).toEqual({ level: 'warn', format: 'json' });
    await rm(join(folder, 'log.yaml'));
    await expect(readConfig(join(folder, 'serve.yaml'))).rejects.toMatchObject({ code: 'ERR_FILE' });
  });

  it('has its schema in docs', async () => {
    const schema = JSON.parse(await readFile('docs/service-config.schema.json', 'utf8'));
    expect(schema).toEqual(JSON.parse(JSON.stringify(serviceConfigJsonSchema())));
  });
});

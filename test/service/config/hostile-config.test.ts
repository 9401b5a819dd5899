import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkConfig, formatConfigProblem, readConfig } from '../../../src/service.js';
import { serviceFolder } from '../service-day.js';

const folder = serviceFolder();

async function problemsOf(text: string, environment = {}): Promise<string[]> {
  await writeFile(folder('serve.yaml'), text);
  const { problems } = await checkConfig(folder('serve.yaml'), environment);
  return problems.map((problem) => formatConfigProblem(problem).replaceAll(`${folder()}/`, ''));
}

const ENDPOINTS = 'endpoints: { desk: { attach: tcp:4100 } }\n';
const LONG = 'x'.repeat(100_000);
const variable = (name: string) => `$\{${name}}`;

describe('a hostile configuration', () => {
  it.each([
    ['a name with a line break', '"a\\nb": { flow: x }'],
    ['a name with a carriage return', '"a\\rb": { flow: x }'],
    ['a name that steers the terminal', '"a\\e[2Jb": { flow: x }'],
    ['a name that ends with a line break', '"a\\n": { flow: x }'],
    ['a name of 100 kB', `${LONG}: { flow: x }`],
  ])('is refused in one line for %s', async (_, bot) => {
    const problems = await problemsOf(`${ENDPOINTS}bots: { ${bot} }`);
    expect(problems).not.toEqual([]);
    for (const problem of problems) {
      expect(problem).toMatch(/^serve\.yaml:2:\d+: bots\./);
      expect(problem).not.toMatch(/\p{Cc}/u);
      expect(problem.length).toBeLessThan(1200);
    }
  });

  it.each([
    ['a pattern of 100 kB', `callers: ["${LONG}"], answer: nobody`, 'rules.0.callers.0'],
    ['a number of 100 kB', `called: ["${LONG}*"], answer: nobody`, 'rules.0.called.0'],
    ['an answer of 100 kB', `answer: ${LONG}`, 'rules.0.answer'],
    ['no pattern', 'callers: [""], answer: nobody', 'rules.0.callers.0'],
    ['a calendar that is a field of every object', 'days: [constructor], answer: nobody', 'rules.0.days.0'],
    ['an answer that is a field of every object', 'answer: __proto__', 'rules.0.answer'],
    ['a zone that is none', 'timezone: Mars/Base, answer: nobody', 'rules.0.timezone'],
    ['a field of 100 kB', `${LONG}: 1, answer: nobody`, 'rules.0.'],
    ['an unknown field with a line break', '"a\\nb": 1, answer: nobody', 'rules.0.a b'],
  ])('is refused for a rule with %s', async (_, rule, path) => {
    const problems = await problemsOf(`${ENDPOINTS}rules: [{ name: a, ${rule} }]`);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(path);
    expect(problems[0]).not.toMatch(/\p{Cc}/u);
    expect(problems[0]?.length).toBeLessThan(1200);
  });

  it.each([
    ['brackets', `bots: ${'['.repeat(100_000)}`, 106],
    ['maps', `bots: ${'{a: '.repeat(3000)}1${'}'.repeat(3000)}`, 403],
  ])('is refused with the place for endlessly nested %s', async (_, text, column) => {
    expect(await problemsOf(`${ENDPOINTS}${text}`)).toEqual([
      `serve.yaml:2:${column}: Collections are nested more than 100 deep`,
    ]);
  });

  it.skipIf(process.platform === 'win32')('is refused for a socket whose path is too long', async () => {
    const problems = await problemsOf(`${ENDPOINTS}control: { socket: ${'x'.repeat(108)} }`);
    expect(problems).toEqual([
      expect.stringMatching(/^serve\.yaml:2:12: control\.socket: The path of a socket may have 10[37] bytes/),
    ]);
  });

  it('has variables replaced once: their values are plain text', async () => {
    const text = `endpoints: { desk: { attach: tcp:4100, token: "${variable('A')}" } }`;
    const value = `${variable('B')} $${variable('B')}\n}: [*x, !!js {`;
    expect(await problemsOf(text, { A: value, B: 'secret' })).toEqual([]);
    const { endpoints } = await readConfig(folder('serve.yaml'), { A: value, B: 'secret' });
    expect(endpoints['desk']?.token).toBe(value);
  });

  it('is refused without repeating the value of an invalid variable', async () => {
    const text = `${ENDPOINTS}bots: { menu: { flow: a, speech: "${variable('S')}" } }`;
    const problems = await problemsOf(text, { S: 'my-secret' });
    expect(problems.join('\n')).toContain('bots.menu.speech');
    expect(problems.join('\n')).not.toContain('my-secret');
  });

  it('cannot use names of JavaScript objects as variables', async () => {
    expect(await problemsOf(`${ENDPOINTS}log: { file: "${variable('constructor')}" }`)).toEqual([
      expect.stringContaining('The environment has no variable constructor'),
    ]);
  });

  it('may include itself, or files that include each other', async () => {
    await writeFile(folder('a.yaml'), 'include: [b.yaml, serve.yaml]\nlog: { level: warn }\n');
    await writeFile(folder('b.yaml'), 'include: [a.yaml]\nlog: { format: json }\n');
    expect(await problemsOf(`include: [a.yaml, serve.yaml]\n${ENDPOINTS}`)).toEqual([]);
    expect((await readConfig(folder('serve.yaml'))).log).toEqual({ level: 'warn', format: 'json' });
  });

  it('cannot include files outside its folder in any way', async () => {
    await mkdir(folder('conf/parts'), { recursive: true });
    await writeFile(folder('outside.yaml'), 'secret: [x\n');
    await symlink(folder('outside.yaml'), folder('conf/link.yaml'));
    await symlink(folder(), folder('conf/folder'));
    await writeFile(folder('conf/parts/more.yaml'), 'include: [../../outside.yaml]\n');
    const names = [
      '../outside.yaml',
      folder('outside.yaml'),
      'link.yaml',
      'folder/outside.yaml',
      'parts/more.yaml',
    ];
    await writeFile(folder('conf/serve.yaml'), `include: ${JSON.stringify(names)}\n${ENDPOINTS}`);
    const { problems } = await checkConfig(folder('conf/serve.yaml'), {});
    expect(problems.map(({ file, path }) => `${file.slice(dirname(folder('conf')).length)} ${path}`)).toEqual(
      [
        ...[0, 1, 2, 3].map((index) => `${join('/conf/serve.yaml')} include.${index}`),
        '/conf/parts/more.yaml include.0',
      ],
    );
    expect(JSON.stringify(problems)).not.toContain('secret');
  });

  it.each([
    [
      'an alias bomb',
      `a: &a [${'x, '.repeat(50)}x]\nb: &b [${'*a, '.repeat(50)}*a]\nc: [${'*b, '.repeat(50)}*b]\n`,
    ],
    ['an alias to itself', 'a: &a [*a]\n'],
    ['an alias to nothing', `${ENDPOINTS}log: *none\n`],
    ['a merge key', `base: &base { level: warn }\n${ENDPOINTS}log: { <<: *base }\n`],
    ['a key twice', `${ENDPOINTS}log: { level: warn, level: info }\n`],
    ['a list for a key', `${ENDPOINTS}? [a, b]\n: 1\n`],
    ['several documents', `${ENDPOINTS}---\n${ENDPOINTS}`],
    ['a tag of code', `${ENDPOINTS}log: !!js/function "function () {}"\n`],
    ['deep lists', `a: ${'['.repeat(5000)}${']'.repeat(5000)}\n`],
    ['bytes that are no text', `${ENDPOINTS}\0\x01\x02`],
    ['a file that is too large', `${ENDPOINTS}# ${'x'.repeat(5 * 2 ** 20)}`],
  ])('is refused for %s', async (_, text) => {
    const problems = await problemsOf(text);
    expect(problems).not.toEqual([]);
    for (const problem of problems) {
      expect(problem).toMatch(/^serve\.yaml:\d+:\d+: /);
      expect(problem.length).toBeLessThan(1200);
    }
  });

  it('may have a harmless alias', async () => {
    const text = `${ENDPOINTS}rules:\n  - { name: a, hours: &day { from: "09:00", to: "17:00" }, answer: nobody }\n  - { name: b, hours: *day, answer: nobody }\n`;
    expect(await problemsOf(text)).toEqual([]);
  });
});

describe('files that a configuration names', () => {
  it('are opened, and all their errors are reported at once with the others, each with its place', async () => {
    await writeFile(folder('key.pem'), 'no key');
    await writeFile(
      folder('bad.yaml'),
      'name: x\nsteps:\n  a: { do: say, what: { text: hello } }\n  b: { do: dance }\n',
    );
    await writeFile(folder('list.csv'), 'target\nann\nann\n');
    await writeFile(folder('script.mjs'), 'export default 7;\n');
    const text = [
      'endpoints:',
      '  desk:',
      `    { attach: "tcp:4100", tokenFile: ${folder('none')}, tls: { keyFile: ${folder('key.pem')} } }`,
      '  odd: { attach: "ftp:1" }',
      '  inner: { attach: "exchange:desk" }',
      `record: { signingKeyFile: ${folder('key.pem')}, encryptTo: [age1x], hook: { command: no-such-hook } }`,
      'bots:',
      `  bad: { flow: ${folder('bad.yaml')} }`,
      `  script: { script: ${folder('script.mjs')}, maxCalls: 0 }`,
      `  other: { script: ${folder('script.mjs')}, prompts: ${folder('nowhere')} }`,
      `campaigns: { all: { list: ${folder('list.csv')}, flow: ${folder('flow.yaml')}, endpoint: desk } }`,
      'answeringMachine:',
      `  archive: ${folder('voicemails')}`,
      `  greetings: [{ greeting: ${folder('none.wav')} }]`,
      '  transcriber: { command: no-such-engine }',
    ].join('\n');
    const problems = await problemsOf(text);
    const places = problems.map((problem) =>
      problem
        .replace(/:\d+: /, ' ')
        .split(': ', 1)
        .join(),
    );
    expect(places.toSorted()).toEqual([
      'bad.yaml:3 bots.bad.flow.steps.a.what',
      'bad.yaml:4 bots.bad.flow.steps.b.do',
      'serve.yaml:10 bots.other.prompts',
      'serve.yaml:10 bots.other.script',
      'serve.yaml:11 campaigns.all.list',
      'serve.yaml:14 answeringMachine.greetings.0.greeting',
      'serve.yaml:15 answeringMachine.transcriber.command',
      'serve.yaml:3 endpoints.desk.tls.keyFile',
      'serve.yaml:3 endpoints.desk.tokenFile',
      'serve.yaml:4 endpoints.odd.attach',
      'serve.yaml:5 endpoints.inner.attach',
      'serve.yaml:6 record.encryptTo',
      'serve.yaml:6 record.hook',
      'serve.yaml:6 record.signingKeyFile',
      'serve.yaml:9 bots.script.maxCalls',
    ]);
  });
});

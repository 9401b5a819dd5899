import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { localClock } from '../../../src/base/time/local-time.js';
import { parseCsv } from '../../../src/bot/outbound/parse-csv.js';
import type { CampaignEntry } from '../../../src/bot.js';
import { CommandHost } from '../command-host.js';

const MAIN = join(process.cwd(), 'dist/cli/main.js');
const ROBOT = { rings: 100, stays: true };
const SCENARIO = {
  users: [{ handle: 'the.bot' }],
  robots: [
    { handle: 'anna', ...ROBOT, does: [{ wait: 400 }, { digits: '9' }, { wait: 400 }, { digits: '1' }] },
    { handle: 'ben', ...ROBOT, does: [{ wait: 400 }, { digits: '1' }] },
  ],
};
const FLOW = `
name: Survey
steps:
  ask: { do: gather, ask: { tone: 440, ms: 100 }, allowed: "1", timeoutMs: 60000, save: flour, next: thanks }
  thanks: { do: hangup, say: { tone: 440, ms: 100 } }
`;
const FORMULA = '=HYPERLINK("http://evil.example";"look")';
const MARKUP = '<img src=x onerror=alert(1)>';

describe('the rules of a campaign, by its command', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'jackfield-campaign-rules-'));
    await writeFile(join(folder, 'scenario.json'), JSON.stringify(SCENARIO));
    await writeFile(join(folder, 'survey.yaml'), FLOW);
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** Commands that no signal ends share a process. */
  const host = new CommandHost();
  afterAll(() => host[Symbol.dispose]());

  /** @param interruptAt Text after which the command gets the signal of Ctrl-C. */
  async function campaign(words: readonly string[], interruptAt?: string) {
    if (interruptAt === undefined) {
      const { code, stdout, stderr } = await host.run(['campaign', ...words], { cwd: folder });
      return { code, out: stdout, err: stderr };
    }
    const child = spawn(process.execPath, [MAIN, 'campaign', ...words], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [out, err] = [[] as string[], [] as string[]];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const isNew = !out.join('').includes(interruptAt);
      out.push(text);
      // A second signal would end it at once.
      if (isNew && out.join('').includes(interruptAt)) child.kill('SIGINT');
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => err.push(text));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, out: out.join(''), err: err.join('') };
  }

  /** Runs `list` as the campaign `name`, with a call each 10 ms unless a rule says otherwise. */
  async function run(list: string, rules: readonly string[], interruptAt?: string) {
    await writeFile(join(folder, 'list.csv'), list);
    const flow = ['--flow', 'survey.yaml', '--attach', 'exchange:scenario.json'];
    const pace = ['--per-minute', '6000', '--concurrency', '2', '--attempts', '1'];
    const ran = await campaign(['run', 'list.csv', ...flow, ...pace, '--json', ...rules], interruptAt);
    const lines = ran.out.split('\n').filter((line) => line.startsWith('{'));
    return { ...ran, calls: lines.map((line) => JSON.parse(line) as CampaignEntry) };
  }

  it('--per-second: the second call waits for its time, though nothing else holds it', async () => {
    const { calls, err } = await run('target\nben\nanna\n', ['--per-second', '0.001'], '"ben"');
    expect(calls).toMatchObject([{ target: 'ben', outcome: 'done' }]);
    expect(err).toContain('Run the command again to continue.');
  });

  it('--holidays: uses the calendar of each target; a target with a holiday does not delay the others', async () => {
    // 25 hours lie between the two zones: they never have the same day.
    const [early, late] = ['Pacific/Kiritimati', 'Pacific/Pago_Pago'];
    const now = Date.now();
    const days = [0, 1].map((later) => localClock(early)(now + later * 86_400_000).date).join(',');
    const list = `target,timezone\nanna,${early}\nben,${late}\n`;
    const { calls } = await run(list, ['--holidays', days], '"ben"');
    expect(calls).toMatchObject([{ target: 'ben', outcome: 'done' }]);
    expect(await run(list, ['--holidays', 'tomorrow'])).toMatchObject({
      code: 1,
      calls: [],
      err: expect.stringContaining('holidays must be a list of days such as 2027-12-25'),
    });
  });

  it('--zones: finds the zone of a number by its prefix; an unknown zone is refused', async () => {
    const [early, late] = ['Pacific/Kiritimati', 'Pacific/Pago_Pago'];
    const days = [0, 1].map((later) => localClock(early)(Date.now() + later * 86_400_000).date).join(',');
    const rules = ['--holidays', days, '--timezone', early];
    const { calls } = await run('target\nanna\nben\n', [...rules, '--zones', `be=${late}`], '"ben"');
    expect(calls).toMatchObject([{ target: 'ben', outcome: 'done' }]);
    for (const wrong of ['Pacific/Apia', '+44', '+44=Nowhere/Land']) {
      const refused = await run('target\nben\n', ['--zones', wrong]);
      expect(refused, wrong).toMatchObject({ code: 1, calls: [], err: expect.stringContaining('zones') });
    }
  });

  it('--do-not-call: leaves listed targets out, and has a key by which a target is added', async () => {
    const never = join(folder, 'never.txt');
    await writeFile(never, '# since March\nben\n');
    const rules = ['--do-not-call', never, '--do-not-call-key', '9'];
    const { code, calls } = await run('target\nben\nanna\n', rules);
    expect(code).toBe(0);
    expect(calls).toMatchObject([
      { target: 'ben', outcome: 'do-not-call' },
      { target: 'anna', outcome: 'done', variables: { flour: '1' } },
    ]);
    expect(await readFile(never, 'utf8')).toMatch(/^# since March\nben\nanna\b.*\n$/);
    expect((await run('target\nanna\n', [...rules, '--name', 'again'])).calls).toMatchObject([
      { target: 'anna', outcome: 'do-not-call' },
    ]);
  });

  it('--do-not-call: a missing file is refused', async () => {
    const missing = join(folder, 'nevver.txt');
    expect(await run('target\nben\n', ['--do-not-call', missing])).toMatchObject({
      ...{ code: 1, calls: [] },
      err: expect.stringContaining('There is no do-not-call list'),
    });
  });

  it('report: a table, JSON and a page, in which text from a list is only text', async () => {
    const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
    const list = `target,note,other\nben,${quoted(FORMULA)},${quoted(MARKUP)}\n=1+1,@SUM(A1),-2+3\n`;
    expect(await run(list, ['--name', MARKUP])).toMatchObject({ code: 0 });
    const report = async (format: string) => {
      const { code, out, err } = await campaign(['report', MARKUP, '--format', format]);
      expect({ code, err }).toEqual({ code: 0, err: '' });
      return out;
    };

    const table = parseCsv(await report('csv')).rows.map(({ cells }) => cells);
    const [header = [], ...rows] = table;
    const column = (name: string) => rows.map((cells) => cells[header.indexOf(name)]);
    expect(column('target')).toEqual(['ben', `'=1+1`]);
    expect(column('note')).toEqual([`'${FORMULA}`, `'@SUM(A1)`]);
    expect(column('other')).toEqual([MARKUP, `'-2+3`]);

    const page = await report('html');
    expect(page).not.toContain('<img');
    expect(page).toContain('<h1>&lt;img src=x onerror=alert(1)&gt;</h1>');
    expect(page).toContain('<td>=HYPERLINK(&quot;http://evil.example&quot;;&quot;look&quot;)</td>');

    const { title, figures, calls } = JSON.parse(await report('json'));
    expect({ title, targets: figures.targets }).toEqual({ title: MARKUP, targets: 2 });
    expect(calls).toMatchObject([
      { target: 'ben', outcome: 'done', variables: { note: FORMULA, other: MARKUP } },
      { target: '=1+1', variables: { note: '@SUM(A1)' } },
    ]);
  });
});

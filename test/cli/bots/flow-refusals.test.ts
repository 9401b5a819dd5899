import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { messageOf } from '../../../src/base/errors.js';
import { ivrCommand } from '../../../src/cli/bots/ivr-command.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-refusals-'));
  await writeFile(join(folder, 'file'), 'no folder');
  await writeFile(join(folder, 'broken.wav'), 'RIFF but no more');
});
afterAll(() => rm(folder, { recursive: true }));

const ONE = 'a: { do: hangup }';
const ASK = 'ask: { tone: 440, ms: 300 }';

/** Flows that are wrong, each in its own way: lines of steps, or a whole text. */
const WRONG: Record<string, string | readonly string[]> = {
  'no YAML': 'name: [',
  'no flow': '42',
  'no steps': 'name: x\nsteps: {}\n',
  'no name': `steps:\n  ${ONE}\n`,
  'an alias bomb': `name: x\na: &a [1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c]\nsteps:\n  ${ONE}\n`,
  'a field that there is not': ['a: { do: hangup, sey: x }'],
  'a step that there is not': ['a: { do: dance }'],
  'a name that is none': ['"a b": { do: hangup }'],
  'a start that is missing': `name: x\nstart: b\nsteps:\n  ${ONE}\n`,
  'an unknown zone': `name: x\ntimezone: Mars/Base\nsteps:\n  ${ONE}\n`,
  'a way to nowhere': ['a: { do: say, what: { tone: 440, ms: 300 }, next: b }'],
  'a way into the prototype': ['a: { do: say, what: { tone: 440, ms: 300 }, next: constructor }'],
  'a key that is none': [`a: { do: menu, ${ASK}, choices: { "12": a } }`],
  'no keys': [`a: { do: menu, ${ASK}, choices: {} }`],
  'more than most': [`a: { do: gather, ${ASK}, min: 5, max: 4, save: x }`],
  'branches in a circle': ['a: { do: branch, cases: [{ when: { caller: ["*"] }, next: a }] }'],
  'hours that are none': [
    'a: { do: branch, cases: [{ when: { from: "25:00", to: "26:00" }, next: b }] }',
    'b: { do: hangup }',
  ],
  'a variable that nobody saves': ['a: { do: hangup, say: { digits: "{pin}" } }'],
  'a branch on a variable that nobody saves': [
    'a: { do: branch, cases: [{ when: { variable: pin, is: ["1"] }, next: b }] }',
    'b: { do: hangup }',
  ],
  'a target of a variable that nobody saves': ['a: { do: transfer, to: "{desk}" }'],
  'a folder of a variable that nobody saves': [`a: { do: record, folder: "m/{desk}" }`],
  'a goodbye with a variable': `name: x\ngoodbye: { digits: "{caller}" }\nsteps:\n  ${ONE}\n`,
  'a goodbye that cannot be said': `name: x\ngoodbye: farewell\nsteps:\n  ${ONE}\n`,
  'a hook that there is not': ['a: { do: hook, name: lookUp }'],
  'a recording that there is not': ['a: { do: say, what: welcome }'],
  'a text without an engine': ['a: { do: say, what: { text: hello } }'],
  'a recording that cannot be read': ['a: { do: say, what: { file: broken.wav } }'],
  'a recording that is a folder': ['a: { do: say, what: { file: . } }'],
  'a file where a folder should be': ['a: { do: record, folder: file }'],
  'a folder in a file': ['a: { do: voicemail, greeting: { tone: 440, ms: 300 }, folder: "file/{caller}" }'],
  'a folder with too long a name': [`a: { do: record, folder: ${'x'.repeat(300)} }`],
  ...(process.platform === 'linux' && {
    'a folder that nobody can make': ['a: { do: record, folder: /proc/none }'],
  }),
};

/** Why a command refuses, or nothing. It runs in this process, up to where it would attach to an endpoint. */
async function refusal(command: 'check' | 'try' | 'run', file: string): Promise<string | undefined> {
  const attach = command === 'run' ? ['--attach', 'tcp:1'] : [];
  const args = [command, file, '--prompts', folder, '--speech', 'none', ...attach];
  return await ivrCommand()
    .parseAsync(args, { from: 'user' })
    .then(() => undefined, messageOf);
}

describe('ivr check, ivr run and ivr try refuse with the same messages', () => {
  it.each(Object.entries(WRONG))('%s', async (name, flow) => {
    const file = join(folder, `${name}.yaml`);
    const text =
      typeof flow === 'string' ? flow : `name: x\nsteps:\n${flow.map((step) => `  ${step}\n`).join('')}`;
    await writeFile(file, text);
    const found = await refusal('check', file);
    expect(found).toMatch(/^The flow in .* has errors:\n/);
    expect(await refusal('run', file)).toBe(found);
    // To try a flow its hooks are not needed: each goes on with next.
    if (name !== 'a hook that there is not') expect(await refusal('try', file)).toBe(found);
  });
});

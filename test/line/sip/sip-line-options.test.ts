import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSipLine } from '../../../src/line/sip/read-sip-line.js';
import { sipLine } from '../../../src/line/sip/sip-line.js';
import { sipLineJsonSchema } from '../../../src/line/sip/sip-line-options.js';

async function read(text: string, environment: Record<string, string> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'jackfield-line-'));
  const file = join(folder, 'line.yaml');
  await writeFile(file, text, { mode: 0o600 });
  try {
    return await readSipLine(file, environment);
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe('the file of a line', () => {
  it('is read, with variables of the environment', async () => {
    const options = await read('account: { address: sip:me@example.com, password: "\u0024{SECRET}" }', {
      SECRET: 'x"y',
    });
    expect(options.account?.password).toBe('x"y');
    expect(sipLine(options).name).toBe('sip:me@example.com');
  });

  it('is reported by line and column when it is not YAML, without quoting it: it may have a password', async () => {
    const text = 'account:\n  address: sip:me@example.com\n  password: "hunter2\n';
    const error = await read(text).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: 'ERR_SYNTAX',
      message: expect.stringMatching(/line\.yaml:4:1 is not YAML: /),
    });
    expect(String(error)).not.toMatch(/hunter2|\\u000a/);
  });

  it.each([
    ['account: { address: sip:me@example.com, password: "\u0024{NONE}" }', 'ERR_SYNTAX', 'NONE'],
    [
      'account: { address: sip:me@example.com, password: "\u0024{constructor}" }',
      'ERR_SYNTAX',
      'constructor',
    ],
    ['a: [', 'ERR_SYNTAX', 'YAML'],
    ['to: jack', 'ERR_INVALID_ARG', 'a trunk, an account, or phones'],
    ['trunk: { uri: "http://x" }', 'ERR_INVALID_ARG', 'trunk.uri'],
    ['trunk: { uri: "sip:x" }\nlimits: { numbers: ["44"] }', 'ERR_INVALID_ARG', 'limits.numbers.0'],
    ['trunk: { uri: "sip:x" }\nnonsense: 1', 'ERR_INVALID_ARG', 'nonsense'],
    ['trunk: { uri: "sip:x" }\nheaders: { "X-A": "b\\r\\nEvil: 1" }', 'ERR_INVALID_ARG', 'headers'],
  ])('is refused: %s', async (text, code, why) => {
    await expect(read(text)).rejects.toMatchObject({ code, message: expect.stringContaining(why) });
  });

  it('has the JSON Schema that is in docs', async () => {
    const written = JSON.parse(await readFile('docs/sip-line.schema.json', 'utf8')) as unknown;
    expect(written).toEqual(JSON.parse(JSON.stringify(sipLineJsonSchema())));
  });
});

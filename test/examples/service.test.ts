import { afterEach, expect, it, vi } from 'vitest';
import { configCommand } from '../../src/cli/service/config-command.js';
import { checkConfig } from '../../src/service.js';

const FILE = 'examples/service/serve.yaml';

afterEach(() => vi.restoreAllMocks());

/** Lines that the command prints. */
async function printed(...args: readonly string[]): Promise<string[]> {
  const write = vi.spyOn(process.stdout, 'write').mockImplementation(() => true);
  await configCommand().parseAsync(args, { from: 'user' });
  const lines = write.mock.calls.map(([text]) => String(text).trimEnd());
  write.mockRestore();
  return lines;
}

it('the configuration of the examples is valid, and so are the files that it names', async () => {
  expect(await checkConfig(FILE, {})).toMatchObject({ problems: [] });
});

it('config try prints which rule would answer, and why the others would not', async () => {
  const number = ['--to', '+49 30 123456', '--endpoint', 'desk'];
  expect(await printed('try', FILE, '--from', 'ann', ...number, '--at', '2026-11-30T09:00')).toEqual([
    'desk: survey, by the rule sales-line',
    '  does not match: boss (priority 20, nobody): caller ann is not one of the.boss',
    '  does not match: holidays (priority 10, answering-machine): 2026-11-30 is not a day of holidays',
    '  decides: sales-line (priority 5, survey): called +49 30 123456 is one of +49 30 123456',
    '  not reached: opening-hours (priority 0, menu): mon 10:00 in Europe/Berlin is within 09:00-17:30 of mon, tue, wed, thu, fri',
    '  not reached: otherwise (priority -1, answering-machine): any call',
  ]);
  const night = await printed(
    'try',
    FILE,
    '--from',
    'ann',
    '--endpoint',
    'sales',
    '--at',
    '2026-11-30T22:00',
    '--json',
  );
  expect(night.map((line) => JSON.parse(line)).filter(({ answers }) => answers)).toEqual([
    {
      endpoint: 'sales',
      rule: 'otherwise',
      answer: 'answering-machine',
      fits: true,
      answers: true,
      reason: 'any call',
    },
  ]);
  expect((await printed('try', FILE, '--from', 'x', '--at', '2027-03-28T00:00+01:00'))[0]).toBe(
    'desk: answering-machine, by the rule holidays',
  );
  await expect(printed('try', FILE, '--from', 'x', '--endpoint', 'none')).rejects.toMatchObject({
    code: 'ERR_INVALID_ARG',
  });
});

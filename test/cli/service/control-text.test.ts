import { describe, expect, it } from 'vitest';
import { controlText } from '../../../src/cli/service/control-text.js';

describe('answers of a service, on a terminal', () => {
  it('are printed one field a line, with lists as tables', () => {
    expect(
      controlText({
        pid: 7,
        draining: false,
        note: '',
        endpoints: [
          { name: 'desk', up: true, calls: 2 },
          { name: 'sales', up: false },
        ],
      }),
    ).toEqual([
      'pid       7',
      'draining  false',
      'note      -',
      '',
      'endpoints',
      '  name   up     calls',
      '  desk   true   2',
      '  sales  false  -',
    ]);
  });

  it('are a table with a head for a list whose items may have different fields', () => {
    expect(
      controlText([
        { call: 1, tags: ['a', 'b'] },
        { call: 22, outcomes: { busy: 1 } },
      ]),
    ).toEqual(['call  tags  outcomes', '1     a b   -', '22    -     busy=1']);
  });

  it('report that there is nothing, or that it was done', () => {
    expect([controlText([]), controlText({}), controlText({ when: undefined, result: null })]).toEqual([
      ['none'],
      ['done'],
      ['result  -'],
    ]);
  });

  it('show control characters of a name as text', () => {
    expect(
      controlText([{ partner: 'a\n\u001b[31mb' }])
        .join('')
        .includes('\u001b'),
    ).toBe(false);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatSkypeUri, parseSkypeUri } from '../../../src/protocol/uri/skype-uri.js';

const parse = (uri: string) => {
  const { terms, ...rest } = parseSkypeUri(uri);
  return { ...rest, terms: Object.fromEntries(terms) };
};

describe('parseSkypeUri', () => {
  it.each([
    ['skype:', { targets: [], terms: {} }],
    ['skype:echo123', { targets: ['echo123'], terms: {} }],
    ['skype:echo123;+800-FLOWERS?call', { targets: ['echo123', '+800-FLOWERS'], action: 'call', terms: {} }],
    ['SKYPE:a;b?CHAT', { targets: ['a', 'b'], action: 'chat', terms: {} }],
    ['skype:echo123?voicemail', { targets: ['echo123'], action: 'voicemail', terms: {} }],
    ['skype:echo123?add', { targets: ['echo123'], action: 'add', terms: {} }],
    [
      'skype:echo123?add&displayname=Echo%20Test',
      { targets: ['echo123'], action: 'add', terms: { displayname: 'Echo Test' } },
    ],
    ['skype:a;b?sendfile', { targets: ['a', 'b'], action: 'sendfile', terms: {} }],
    ['skype:echo123?userinfo', { targets: ['echo123'], action: 'userinfo', terms: {} }],
    ['skype:a;b?chat&topic=Lunch%3F', { targets: ['a', 'b'], action: 'chat', terms: { topic: 'Lunch?' } }],
    ['skype:a?chat?topic=x', { targets: ['a'], action: 'chat', terms: { topic: 'x' } }],
    [
      'skype:?chat&id=%23me/$a;0123#2006-03-01T10:00:00Z',
      { targets: [], action: 'chat', terms: { id: '#me/$a;0123' }, fragment: '2006-03-01T10:00:00Z' },
    ],
    ['skype:%C5%BEofie?call', { targets: ['žofie'], action: 'call', terms: {} }],
  ])('reads %j', (uri, expected) => {
    expect(parse(uri)).toEqual(expected);
  });

  it.each([
    ['skype://echo123', 'ERR_SYNTAX'],
    ['callto:echo123', 'ERR_SYNTAX'],
    ['echo123', 'ERR_SYNTAX'],
    ['skype:%ZZ', 'ERR_SYNTAX'],
    ['skype:%ff?call', 'ERR_SYNTAX'],
    ['skype:echo123%0ACALL%20b?call', 'ERR_LINE_BREAK'],
    ['skype:a?chat&topic=%00', 'ERR_LINE_BREAK'],
  ])('refuses %j', (uri, code) => {
    expect(() => parseSkypeUri(uri)).toThrow(expect.objectContaining({ code }));
  });
});

describe('formatSkypeUri', () => {
  it('writes texts that parse to the same value', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 12 }).filter((value) => !/[\0\r\n]/.test(value));
    const name = text.filter((value) => value !== '');
    const uri = fc.record({
      targets: fc.array(name, { maxLength: 3 }),
      action: fc.constantFrom('call', 'chat', 'add'),
      terms: fc
        .dictionary(name, text, { noNullPrototype: true })
        .map((terms) => new Map(Object.entries(terms))),
      fragment: text,
    });
    fc.assert(
      fc.property(uri, (parts) => {
        expect(parseSkypeUri(formatSkypeUri(parts))).toEqual(parts);
      }),
    );
  });

  it('writes the forms of the reference', () => {
    expect(formatSkypeUri({})).toBe('skype:');
    expect(formatSkypeUri({ targets: ['echo123', '+372555'], action: 'call' })).toBe(
      'skype:echo123;+372555?call',
    );
    const terms = new Map([['id', '#me/$a;01']]);
    expect(formatSkypeUri({ action: 'chat', terms })).toBe('skype:?chat&id=%23me/$a%3B01');
  });

  it.each([
    [{ targets: [''] }, 'ERR_INVALID_ARG'],
    [{ terms: new Map([['topic', 'x']]) }, 'ERR_INVALID_ARG'],
    [{ targets: ['\ud800'] }, 'ERR_INVALID_ARG'],
    [{ targets: ['a\nb'] }, 'ERR_LINE_BREAK'],
  ])('refuses %j', (uri, code) => {
    expect(() => formatSkypeUri(uri)).toThrow(expect.objectContaining({ code }));
  });
});

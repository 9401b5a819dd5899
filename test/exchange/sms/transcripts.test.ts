import { describe, expect, it } from 'vitest';
import { type PrintedLine, printedOn, type Replay, replayPrinted, sourcesOf } from '../printed.js';
import { type Client, type World, world } from '../world.js';

interface Example extends Omit<Replay, 'here'> {
  readonly what: string;
  readonly sources: readonly number[];
  /** Makes what the example speaks of. @returns the ids here, by those that are printed. */
  readonly prepare?: (client: Client, w: World) => Promise<Record<string, number>>;
  /** The lines in another order than the printed one. Default: as printed. */
  readonly order?: (lines: readonly PrintedLine[]) => PrintedLine[];
}

function created(client: Client, count: number): number[] {
  return Array.from({ length: count }, () =>
    Number(/^SMS (\d+) /.exec(client.send('CREATE SMS OUTGOING +37259877305')[0] ?? '')?.[1]),
  );
}

const prepared =
  (...printed: number[]): Required<Example>['prepare'] =>
  async (client, w) => {
    const ids = created(client, printed.length);
    await w.clock.advance(1000);
    return Object.fromEntries(printed.map((id, index) => [id, ids[index] ?? 0]));
  };

const moved = (lines: readonly PrintedLine[], from: number, to: number) => {
  const all = [...lines];
  const [line] = all.splice(from, 1);
  if (line) all.splice(to, 0, line);
  return all;
};

const EXAMPLES: readonly Example[] = [
  {
    what: 'a message that cannot be paid for; TYPE is left out, which the next one has',
    sources: [531],
    besides: / TYPE OUTGOING$/,
    before: (w, line) => (line.startsWith('SET SMS') ? w.clock.advance(1000) : undefined),
  },
  {
    what: 'three numbers; STATUS comes before the currency, where the other example has it behind',
    sources: [562],
    // The answer is STATUS; and the second STATUS stands as in line 531.
    order: (lines) => moved(moved(lines, 1, 2), 5, 7),
  },
  {
    what: 'CHUNKING and CHUNK',
    sources: [536, 538],
    prepare: async (client, w) => {
      const ids = await prepared(14)(client, w);
      // 153 characters, then 17, the second chunk of which is "some text" with blanks before it cut off in print.
      client.send(`SET SMS ${ids[14]} BODY "${'x'.repeat(153)}some text and mor"`);
      return ids;
    },
  },
  { what: 'DELETE', sources: [545, 546], prepare: prepared(14) },
  { what: 'SEARCH SMSS and DELETE', sources: [548], prepare: prepared(233) },
  { what: 'SEARCH SMSS', sources: [1428, 1429], prepare: prepared(14, 15, 16) },
  { what: 'SEARCH SMSS', sources: [1431], prepare: prepared(233) },
  {
    what: 'SEARCH MISSEDSMSS',
    sources: [1437, 1438],
    prepare: async (_client, w) =>
      Object.fromEntries(
        [14, 15, 16].map((id) => [id, w.exchange.receiveSms({ to: 'alice', from: '+3725555', body: 'hi' })]),
      ),
  },
  {
    what: 'SEARCH SMSS, printed as the example of SEARCH MISSEDSMSS',
    sources: [1440],
    prepare: prepared(233),
  },
  { what: 'SMS_VALIDATED_NUMBERS', sources: [575] },
];

/** The syntax of commands, each with an example elsewhere. */
const SYNTAX = [495, 505, 513, 520, 554];

describe('the examples of short messages, replayed', () => {
  it.each(EXAMPLES.map((example) => [example.sources[0], example.what, example] as const))(
    '%d: %s',
    async (_source, _what, { sources, prepare, order = (lines) => [...lines], ...rest }) => {
      await using w = await world({
        users: [{ handle: 'alice', profile: { SMS_VALIDATED_NUMBERS: '+37259877305, +37259877306' } }],
      });
      const client = w.client('alice');
      const ids = new Map(Object.entries((await prepare?.(client, w)) ?? {}));
      const lines = order(printedOn(...sources));
      const here = (line: string) => {
        const made = client.lines.map((each) => /^SMS (\d+) /.exec(each)?.[1]).find((id) => id !== undefined);
        const known = line.replace(/\b(14|15|16|233|821|1702)\b/g, (id) => String(ids.get(id) ?? made ?? id));
        return known
          .replace(/TIMESTAMP 1\d+$/, `TIMESTAMP ${Math.floor(w.clock.unixMs() / 1000)}`)
          .replace(/ CHUNK 2 some text$/, ' CHUNK 2 some text and mor');
      };
      await replayPrinted(w, [client], lines, { ...rest, here });
    },
  );

  it('include all that concern short messages', () => {
    const replayed = new Set([...EXAMPLES.flatMap(({ sources }) => sources), ...SYNTAX]);
    expect(
      sourcesOf(/\b(SMS|SMSS|MISSEDSMSS|SMS_VALIDATED_NUMBERS)\b/).filter((each) => !replayed.has(each)),
    ).toEqual([]);
  });
});

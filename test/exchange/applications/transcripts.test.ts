import { describe, expect, it } from 'vitest';
import { printedOn, type Replay, replayPrinted, sourcesOf } from '../printed.js';
import { type Client, type World, world } from '../world.js';

/** An example of the reference, and what has to be so that it can happen. */
interface Example extends Replay {
  readonly what: string;
  readonly sources: readonly number[];
  /** Handles of those whose clients take part. Default: anappo and anappo2. */
  readonly handles?: readonly string[];
  readonly prepare?: (clients: readonly Client[], w: World) => Promise<void>;
  /** Bytes that SENDING counts too many. Default 2, as in most examples. */
  readonly extra?: 0 | 2;
}

/** Has the first client's application connect to the second one's. */
function joined(name: string): Required<Example>['prepare'] {
  return async ([own, other], w) => {
    for (const client of [own, other]) client?.send(`CREATE APPLICATION ${name}`);
    own?.send(`ALTER APPLICATION ${name} CONNECT ${HANDLE_OF.get(other as Client)}`);
    await w.clock.advance(1000);
  };
}

const HANDLE_OF = new WeakMap<Client, string>();
const USERS = ['anappo', 'anappo2', 'testuser', 'testtest20', 'jim', 'joe'];

/** `SENDING anappo:1 14` of an early release, with the sign of the later ones. */
const sign = (line: string) => line.replace(/^(APPLICATION \S+ SENDING \S+:\d+) (\d+)$/, '$1=$2');

/** Lines that Joe sends and sees. */
const JOE = new Set([2, 3, 9, 14, 15, 16, 17, 18, 19, 20, 21, 26, 29, 30]);

/** Two clients: the second has the lines from the one at `from` on. */
const parted = (from: number) => (_line: unknown, index: number) => (index < from ? 0 : 1);

const EXAMPLES: readonly Example[] = [
  {
    what: 'CONNECT where there is no such application',
    sources: [2129],
    prepare: async ([own]) => void own?.send('CREATE APPLICATION test'),
  },
  {
    what: 'CONNECT',
    sources: [2132],
    prepare: async (clients) => {
      for (const client of clients) client.send('CREATE APPLICATION test');
    },
    who: (_line, index) => (index === 5 ? 1 : 0),
  },
  {
    what: 'WRITE, with the "=" that the other examples have',
    sources: [2159],
    handles: ['anappo', 'testtest20'],
    prepare: joined('exe'),
    here: sign,
  },
  {
    what: 'SENDING, the ends of which are left out',
    sources: [2961],
    handles: ['anappo', 'testtest20'],
    prepare: joined('exe'),
    here: sign,
    besides: /SENDING $/,
    before: (w, line) => (line.includes('1234567890') ? w.clock.advance(1000) : undefined),
  },
  {
    what: 'DATAGRAM; that the connection is there is left out in CONNECTING',
    sources: [2171],
    handles: ['anappo2', 'anappo'],
    who: parted(10),
    besides: /CONNECTING $/,
    // The other has made his application before.
    prepare: async ([, other]) => void other?.send('CREATE APPLICATION test'),
    here: (line, index) => (index === 10 || index === 11 ? undefined : line),
  },
  {
    what: 'READ',
    sources: [2186],
    handles: ['anappo2', 'anappo'],
    who: parted(11),
    prepare: async ([, other]) => void other?.send('CREATE APPLICATION test'),
    here: (line, index) => (index === 11 || index === 12 ? undefined : line),
  },
  {
    what: 'DISCONNECT, and CONNECT again',
    sources: [2200, 2202],
    prepare: joined('test'),
    who: (_line, index) => (index === 3 ? 1 : 0),
    besides: /STREAMS anappo:2/,
  },
  {
    what: 'Jim and Joe; without the numbers of bytes, as in an early release',
    sources: [2223],
    handles: ['jim', 'joe'],
    extra: 0,
    who: (_line, index) => (JOE.has(index) ? 1 : 0),
    here: (line) => line.replace(/(SENDING joe:1|RECEIVED jim:1)$/, '$1=12'),
  },
];

/** The syntax of answers, of which the others are examples, and one that prints another property in its answer. */
const SYNTAX = [2946, 2950, 2953, 2957, 2967, 2969];

describe('the examples of applications, replayed', () => {
  it.each(EXAMPLES.map((example) => [example.sources[0], example.what, example] as const))(
    '%d: %s',
    async (_source, _what, example) => {
      const { sources, handles = ['anappo', 'anappo2'], prepare, extra = 2 } = example;
      await using w = await world({
        users: USERS.map((handle) => ({ handle })),
        sendingExtraBytes: extra,
      });
      const clients = handles.map((handle) => {
        const client = w.client(handle);
        HANDLE_OF.set(client, handle);
        return client;
      });
      await prepare?.(clients, w);
      await replayPrinted(w, clients, printedOn(...sources), example);
    },
  );

  it('include all that concern applications', () => {
    const replayed = new Set([...EXAMPLES.flatMap(({ sources }) => sources), ...SYNTAX]);
    expect(sourcesOf(/\bAPPLICATION\b/i).filter((source) => !replayed.has(source))).toEqual([]);
  });
});

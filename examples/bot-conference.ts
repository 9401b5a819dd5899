// A room that is entered with a code: `npm run example -- bot-conference`.
import { type Bot, bot, Exchange, type TestBotResult, testBot } from 'jackfield';
import { Room, type TestCaller } from 'jackfield/bot';

const CODE = { text: 'Please enter the code of your room, then the pound key.' };
const WRONG = { text: 'There is no such room.' };

/** @param codes those that open a room. */
export function conference(codes: readonly string[]): Bot {
  const rooms = new Map(codes.map((code) => [code, new Room({ maxCalls: 50 })]));
  return bot(
    async (call) => {
      for (let attempt = 0; attempt < 3; attempt++) {
        const { digits } = await call.gather({ prompt: CODE, min: 4, max: 8 });
        const room = rooms.get(digits);
        if (room) {
          await call.say([{ text: 'People in the room:' }, { number: room.calls.length }]);
          return await room.join(call);
        }
        await call.say(WRONG);
      }
    },
    { name: 'conference' },
  );
}

/** Three people in one room: each hears the two others. */
export async function run(): Promise<TestBotResult> {
  const lines = new Map([
    ['anna', { text: 'Anna speaking, good morning everybody.' }],
    ['ben', { text: 'This is Ben.' }],
    ['carl', { text: 'And Carl is here as well.' }],
  ]);
  const enter = async (person: TestCaller, speaksAtMs: number) => {
    await person.hears(CODE);
    await person.presses('4711#');
    await person.waits(speaksAtMs);
    const speaking = person.speaks(lines.get(person.handle) ?? { silence: 0 });
    for (const [name, line] of lines) if (name !== person.handle) await person.hears(line);
    await speaking;
    await person.waits(12_000);
  };
  return await testBot(conference(['4711']), (anna) => enter(anna, 9000), {
    exchange: Exchange,
    caller: 'anna',
    others: {
      ben: (ben) => ben.dials('the.bot').then(() => enter(ben, 11_000)),
      carl: (carl) => carl.dials('the.bot').then(() => enter(carl, 13_000)),
    },
  });
}

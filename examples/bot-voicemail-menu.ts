// Takes messages, and plays them back to their owner: `npm run example -- bot-voicemail-menu`.
import { type Bot, bot, Exchange, type TestBotResult, testBot } from 'jackfield';

const GREETING = { text: 'Please leave a message after the tone.' };
const THANKS = { text: 'Your message was taken.' };
const NONE_LEFT = { text: 'There are no more messages.' };
const MENU = { text: 'To hear it again, press 1. To delete it, press 2.' };

/** @param owner the handle that hears the messages instead of leaving one. */
export function voicemail(owner: string): Bot {
  const messages: { from: string; samples: Int16Array }[] = [];
  return bot(
    async (call) => {
      if (call.partner.handle !== owner) {
        await call.say(GREETING);
        const { samples } = await call.record({ maxMs: 120_000, silenceMs: 3000 });
        messages.push({ from: call.partner.handle, samples });
        return void call.say(THANKS);
      }
      await call.say([{ text: 'Messages:' }, { number: messages.length }]);
      for (let message = messages[0]; message; message = messages[0]) {
        const { digits } = await call.gather({ prompt: [message.samples, MENU], timeoutMs: 8000 });
        if (digits === '2') messages.shift();
        else if (digits !== '1') return;
      }
      await call.say(NONE_LEFT);
    },
    { name: 'voicemail' },
  );
}

/** Anna leaves a message; the owner hears it twice, and deletes it. */
export async function run(options: { readonly speech?: string } = {}): Promise<TestBotResult> {
  const { speech = 'assets/speech/reader-870.wav' } = options;
  const message = { file: speech };
  return await testBot(
    voicemail('the.owner'),
    async (anna) => {
      await anna.hears(GREETING);
      await anna.hears({ tone: 1000, ms: 400 });
      await anna.speaks(message);
      await anna.hears(THANKS);
      await anna.hasStatus('FINISHED');
    },
    {
      exchange: Exchange,
      caller: 'anna',
      others: {
        'the.owner': async (owner) => {
          await owner.waits(30_000);
          await owner.dials('the.bot');
          await owner.hears({ number: 1 });
          await owner.hears(message, { withinMs: 20_000 });
          await owner.presses('1');
          await owner.hears(message, { withinMs: 20_000 });
          await owner.hears(MENU);
          await owner.presses('2');
          await owner.hears(NONE_LEFT);
          await owner.hasStatus('FINISHED');
        },
      },
    },
  );
}

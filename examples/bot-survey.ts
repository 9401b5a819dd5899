// Calls people and asks two questions: `npm run example -- bot-survey`.
import { type Bot, bot, Exchange, msToSamples, Prompts, testBot } from 'jackfield';
import { detectAnswer, melodyEngine, type TranscriptLine, waitForBeep } from 'jackfield/bot';

const WELCOME = { text: 'We would like to ask you two questions about the mill.' };
const FLOUR = { text: 'How good is our flour? Give it 1 to 5.' };
const PRICE = { text: 'And its price? Give it 1 to 5.' };
const THANKS = { text: 'Thank you very much.' };
const SORRY_TO_MISS_YOU = { text: 'We have two questions for you. We will call again.' };

export interface Answers {
  readonly who: string;
  readonly flour: number;
  readonly price: number;
}

/** @param store takes the answers of one call, when there are all. */
export function survey(store: (answers: Answers) => void): Bot {
  return bot(
    async (call) => {
      const { answerer } = await detectAnswer(call);
      if (answerer === 'machine') {
        await waitForBeep(call);
        await call.say(SORRY_TO_MISS_YOU);
        return;
      }
      await call.say(WELCOME);
      const ask = async (prompt: typeof FLOUR): Promise<number> => {
        for (;;) {
          const { digits } = await call.gather({ prompt, timeoutMs: 6000 });
          if (/^[1-5]$/.test(digits)) return Number(digits);
        }
      };
      const flour = await ask(FLOUR);
      const price = await ask(PRICE);
      store({ who: call.partner.handle, flour, price });
      await call.say(THANKS);
    },
    // Nobody is asked for ever.
    { name: 'survey', maxCallMs: 120_000 },
  );
}

/** Somebody who says a word or two, presses 4, then a wrong key, then 2. */
export async function run(
  options: { readonly speech?: string } = {},
): Promise<{ readonly answers: readonly Answers[]; readonly transcript: readonly TranscriptLine[] }> {
  const { speech = 'assets/speech/reader-870.wav' } = options;
  const answers: Answers[] = [];
  const prompts = await Prompts.open({ engine: melodyEngine() });
  const hello = (await prompts.samples({ file: speech })).slice(0, msToSamples(1100));
  const { transcript } = await testBot(
    survey((each) => answers.push(each)),
    async (person) => {
      await person.answers();
      await person.speaks(hello);
      await person.hears(WELCOME);
      await person.hears(FLOUR);
      await person.presses('4');
      await person.hears(PRICE);
      await person.presses('9');
      await person.hears(PRICE);
      await person.presses('2', { by: 'tone' });
      await person.hears(THANKS);
    },
    { exchange: Exchange, direction: 'bot-calls', prompts },
  );
  return { answers, transcript };
}

// Answers messages, and sends the number of a ticket to whoever calls: `npm run example -- bot-help-desk`.
import { bot, chatBot, Exchange, testBot } from 'jackfield';
import type { TranscriptLine } from 'jackfield/bot';

/** Tickets by number: who has it, and what it is about. */
class Tickets {
  readonly #tickets: { readonly handle: string; readonly about: string }[] = [];

  /** Opens one. @returns its number */
  open(handle: string, about: string): number {
    return this.#tickets.push({ handle, about });
  }

  /** Those of one person, in words. */
  of(handle: string): string[] {
    return this.#tickets.flatMap((ticket, index) =>
      ticket.handle === handle ? [`${index + 1}: ${ticket.about}`] : [],
    );
  }
}

const BEEP = { tone: 800, ms: 200 } as const;

/** The desk in text: opens tickets and lists them. */
const inText = (tickets: Tickets) =>
  chatBot(
    async (chat) => {
      const what = await chat.ask('New or list?', {
        choices: ['new', 'list'],
        invalid: 'One of the two, please.',
      });
      if (what === 'list') await chat.say(tickets.of(chat.partner.handle).join('\n') || 'There is none.');
      if (what !== 'new') return;
      const about = await chat.ask('What is it about?', { timeoutMs: 600_000 });
      if (about === undefined) await chat.say('Write again when you know.');
      else await chat.say(`Your ticket is ${tickets.open(chat.partner.handle, about)}.`);
    },
    { name: 'desk', goodbye: 'Something went wrong here. Please write again.' },
  );

/** The desk on the phone: the number of the ticket comes as a message, so that nobody has to write it down. */
const onThePhone = (tickets: Tickets) =>
  bot(
    async (call) => {
      const number = tickets.open(call.partner.handle, 'a call');
      await call.sendMessage(call.partner.handle, `Your ticket is ${number}.`);
      await call.say(BEEP);
    },
    { name: 'desk phone' },
  );

/** Somebody writes, then somebody calls. */
export async function run(): Promise<{
  readonly tickets: readonly string[];
  readonly transcript: readonly TranscriptLine[];
}> {
  const tickets = new Tickets();
  const written = await testBot(
    inText(tickets),
    async (person) => {
      await person.writes('Hello?');
      await person.reads('New or list?');
      await person.writes('help');
      await person.reads('One of the two');
      await person.writes('NEW');
      await person.reads('What is it about?');
      await person.writes('The printer\nis on fire');
      await person.reads('Your ticket is 1.');
    },
    { exchange: Exchange },
  );
  const called = await testBot(
    onThePhone(tickets),
    async (caller) => {
      await caller.reads('Your ticket is 2.');
      await caller.hears(BEEP);
    },
    { exchange: Exchange },
  );
  return { tickets: tickets.of('caller'), transcript: [...written.transcript, ...called.transcript] };
}

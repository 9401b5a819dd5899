import { JackfieldError } from '../../base/errors.js';
import type { Clock } from '../../base/time/clock.js';
import { checkWait, type WaitOptions } from '../../base/wait.js';
import { commands } from '../../protocol/commands.js';
import type { CommandOptions, CommandSender } from '../client/command-sender.js';
import { Condition } from './condition.js';
import { RemoteObject, type RemoteObjectEvents } from './remote-object.js';

/** Events of an entry in the window; `C` is the type of a click. */
export interface WindowEntryEvents<C> extends RemoteObjectEvents {
  clicked: [click: C];
}

/** Largest number of clicks that wait for a reader; the oldest is dropped when there are more. */
const MOST_WAITING = 1000;

/** Unread clicks of one reader. */
interface Reader<C> {
  readonly waiting: C[];
}

/** An entry of this program in the endpoint's window: a menu item or an alert. It disappears with the program. */
export abstract class WindowEntry<
  O extends 'MENU_ITEM' | 'EVENT',
  C,
  E extends WindowEntryEvents<C> & Record<keyof E, unknown[]>,
> extends RemoteObject<O, E> {
  readonly #sender: CommandSender;
  readonly #condition: Condition;
  readonly #readers = new Set<Reader<C>>();
  #parameters: ReadonlyMap<string, string> = new Map();
  #isOpen = false;
  #lost: Error | undefined;

  /** @internal */
  constructor(object: O, id: string, sender: CommandSender, clock: Clock) {
    super(object, id as never, sender);
    this.#sender = sender;
    this.#condition = new Condition(clock);
  }

  /** True after it was closed, and before it is made. */
  override get over(): boolean {
    return !this.#isOpen;
  }

  /** True when it can be dropped without missing anything. */
  override get idle(): boolean {
    return this.over;
  }

  /**
   * Yields clicks from now on, until the entry is closed. Each reader gets all of them. At most the newest 1000 unread
   * ones are kept.
   *
   * @throws ERR_ABORTED, ERR_TIMEOUT for each wait; ERR_CLOSED when the client is closed.
   */
  clicks(options: WaitOptions = {}): AsyncGenerator<C, void, void> {
    checkWait(options);
    const reader: Reader<C> = { waiting: [] };
    this.#readers.add(reader);
    return this.#read(reader, options);
  }

  /**
   * Removes it from the window. Does nothing when it is gone.
   *
   * @throws ERR_INVALID_ARG, and then it stays; ERR_API, ERR_TIMEOUT, ERR_ABORTED, ERR_CLOSED.
   */
  async close(options?: CommandOptions): Promise<void> {
    checkWait(options);
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#condition.changed();
    await this.#sender.command(commands.delete(this.object as 'EVENT', this.id as string), options);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Makes it. @param parameters Parameters of CREATE, as on the wire. @internal */
  async create(parameters: ReadonlyMap<string, string>, options?: CommandOptions): Promise<this> {
    const words = Array.from(parameters, ([name, value]) => `${name} ${value}`);
    await this.#sender.command(
      { kind: 'create', object: this.object, argument: [this.id, ...words].join(' ') },
      options,
    );
    this.#parameters = parameters;
    this.#lost = undefined;
    this.#isOpen = true;
    return this;
  }

  /** Records a changed parameter, for the time after an outage of the endpoint. */
  protected keep(parameter: string, value: string): void {
    this.#parameters = new Map([...this.#parameters, [parameter, value]]);
  }

  /** Makes it again, unchanged, after an outage of the endpoint, in which it was lost. @internal */
  async revive(): Promise<void> {
    await this.create(this.#parameters);
  }

  /** @internal */
  override take(property: string, value: string, heardAt: number, sentAfter: number | undefined): boolean {
    // Each click counts, even though the value is the same.
    if (property === 'CLICKED') this.#clicked(value);
    return super.take(property, value, heardAt, sentAfter);
  }

  /** @internal */
  override lose(error: Error): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#lost = error;
    this.#condition.changed();
  }

  /** Reads the details of a click; undefined for a value that is not a click. */
  protected abstract clickOf(value: string): C | undefined;

  #clicked(value: string): void {
    const click = this.clickOf(value);
    if (click === undefined) return;
    for (const { waiting } of this.#readers) if (waiting.push(click) > MOST_WAITING) waiting.shift();
    this.#condition.changed();
    (this as unknown as RemoteObject<O, WindowEntryEvents<C>>).emit('clicked', click);
  }

  async *#read(reader: Reader<C>, options: WaitOptions): AsyncGenerator<C, void, void> {
    try {
      for (;;) {
        const isThere = () => reader.waiting.length > 0 || !this.#isOpen;
        await this.#condition.until(`a click on ${this.id}`, isThere, options);
        const [click] = reader.waiting.splice(0, 1);
        if (click !== undefined) yield click;
        else if (this.#lost) throw this.#lost;
        else return;
      }
    } finally {
      this.#readers.delete(reader);
    }
  }
}

/** Quotes a text of CREATE. @throws ERR_INVALID_ARG for one with quotation marks: the wire cannot carry it */
export function quotedText(name: string, text: string): string {
  if (!text.includes('"')) return `"${text}"`;
  throw new JackfieldError(
    'ERR_INVALID_ARG',
    `${name} must be free of quotation marks; got ${JSON.stringify(text)}.`,
  );
}

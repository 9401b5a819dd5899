/** A window or tab that is open: a word of OPEN, or `CALL`, with what it was opened for. */
export interface ScreenWindow {
  readonly what: string;
  /** The argument as behind the word of OPEN: a handle, a page; empty for most. */
  readonly argument: string;
  /** Text that its field of input holds, not sent yet. Default: none. */
  readonly text?: string;
}

/** Tabs of the main window, of which one is seen. `CALL` is the tab of the calls that go on. */
const TABS: ReadonlySet<string> = new Set(['CONTACTS', 'DIALPAD', 'CALLHISTORY', 'LIVETAB', 'CALL']);

/** Most windows besides the main one; the oldest is closed first. */
const MOST_WINDOWS = 50;

/** A question that a window asks. */
export interface DeskQuestion {
  readonly id: number;
  /** A program wants silent mode (reference, "SET SILENT_MODE"). */
  readonly kind: 'silent-mode';
  /** The program's name for itself; empty where it has said none. */
  readonly program: string;
}

/** A question that waits for its answer. */
interface OpenQuestion extends DeskQuestion {
  readonly answered: (yes: boolean) => void;
}

/** Most questions that wait; a further one is answered with no. */
const MOST_QUESTIONS = 50;

const FIRST_TAB: ScreenWindow = { what: 'CONTACTS', argument: '' };

/**
 * The windows of one user's Skype: the tabs of the main window, and the others in the order in which they lie. It knows
 * what is in front, since keys go there.
 */
export class Screen {
  /** Tabs that were seen, the newest last. */
  readonly #tabs: ScreenWindow[] = [FIRST_TAB];
  readonly #windows: ScreenWindow[] = [];
  #mainInFront = true;
  #dialled = '';
  #changed: () => void = () => undefined;
  readonly #questions: OpenQuestion[] = [];
  #lastQuestion = 0;
  #isAnybodyThere: () => boolean = () => false;

  /** Has `listener` hear of every change. @param isAnybodyThere True while somebody answers questions. */
  watch(listener: () => void, isAnybodyThere: () => boolean): void {
    this.#changed = listener;
    this.#isAnybodyThere = isAnybodyThere;
  }

  /** Questions that wait for their answers, oldest first. */
  get questions(): readonly DeskQuestion[] {
    return this.#questions.map(({ id, kind, program }) => ({ id, kind, program }));
  }

  /** Asks whether a program may have silent mode. @returns undefined where no person is there to ask. */
  ask(program: string): Promise<boolean> | undefined {
    if (!this.#isAnybodyThere()) return undefined;
    if (this.#questions.length >= MOST_QUESTIONS) return Promise.resolve(false);
    return new Promise((resolve) => {
      this.#questions.push({ id: ++this.#lastQuestion, kind: 'silent-mode', program, answered: resolve });
      this.changed();
    });
  }

  /** Answers a question. @returns false where there is none of this number. */
  answer(id: number, yes: boolean): boolean {
    const at = this.#questions.findIndex((question) => question.id === id);
    const [question] = at < 0 ? [] : this.#questions.splice(at, 1);
    question?.answered(yes);
    this.changed();
    return question !== undefined;
  }

  /** Tells that something has changed that the screen shows. */
  changed(): void {
    this.#changed();
  }

  /** The tab of the main window that is seen, then the other windows, the one in front last among these. */
  get windows(): readonly ScreenWindow[] {
    return [this.#tab, ...this.#windows];
  }

  /** The window or tab that has the focus. */
  get front(): ScreenWindow {
    return (this.#mainInFront ? undefined : this.#windows.at(-1)) ?? this.#tab;
  }

  /** Text of the dial pad's field. */
  get dialled(): string {
    return this.#dialled;
  }

  set dialled(text: string) {
    this.#dialled = text;
    this.changed();
  }

  /** Opens a window, or brings it to the front. @returns the one that was closed to make room. */
  open(window: ScreenWindow): ScreenWindow | undefined {
    const { what, argument } = window;
    const isTab = TABS.has(what);
    const list = isTab ? this.#tabs : this.#windows;
    remove(list, what, argument);
    list.push(window);
    const gone = !isTab && list.length > MOST_WINDOWS ? list.shift() : undefined;
    this.#mainInFront = isTab;
    this.changed();
    return gone;
  }

  /**
   * Closes a window: what was seen before it comes to the front.
   *
   * @param argument Default: whatever it was opened for.
   * @returns those that were open.
   */
  close(what: string, argument?: string): readonly ScreenWindow[] {
    const closed = remove(TABS.has(what) ? this.#tabs : this.#windows, what, argument);
    if (closed.length > 0) this.changed();
    return closed;
  }

  /** Brings the main window to the front. */
  showMain(): void {
    this.#mainInFront = true;
    this.changed();
  }

  get #tab(): ScreenWindow {
    return this.#tabs.at(-1) ?? FIRST_TAB;
  }
}

function remove(list: ScreenWindow[], what: string, argument: string | undefined): ScreenWindow[] {
  const isMeant = (each: ScreenWindow) =>
    each.what === what && (argument === undefined || each.argument === argument);
  const removed = list.filter(isMeant);
  const kept = list.filter((each) => !isMeant(each));
  list.splice(0, list.length, ...kept);
  return removed;
}

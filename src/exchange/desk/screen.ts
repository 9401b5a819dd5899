/** An open window or tab: a word of OPEN, or `CALL`, and its argument. */
export interface ScreenWindow {
  readonly what: string;
  /** Argument as in OPEN: a handle, a page; empty for most windows. */
  readonly argument: string;
  /** Text in its input field, not sent yet. Default: none. */
  readonly text?: string;
}

/** Tabs of the main window. One of them is visible. `CALL` is the tab of the calls in progress. */
const TABS: ReadonlySet<string> = new Set(['CONTACTS', 'DIALPAD', 'CALLHISTORY', 'LIVETAB', 'CALL']);

/** Most windows besides the main one; the oldest is closed first. */
const MOST_WINDOWS = 50;

/** A question that a window asks. */
export interface DeskQuestion {
  readonly id: number;
  /** A program wants silent mode (reference, "SET SILENT_MODE"). */
  readonly kind: 'silent-mode';
  /** Name that the program gave itself; empty if it gave none. */
  readonly program: string;
}

/** A question that waits for its answer. */
interface OpenQuestion extends DeskQuestion {
  readonly answered: (yes: boolean) => void;
}

/** Most waiting questions. Further ones are answered with no. */
const MOST_QUESTIONS = 50;

const FIRST_TAB: ScreenWindow = { what: 'CONTACTS', argument: '' };

/**
 * The windows of one user's Skype: the tabs of the main window, and the other windows from back to front. It knows
 * which one is in front, since keys are sent there.
 */
export class Screen {
  /** Tabs that were opened, newest last. */
  readonly #tabs: ScreenWindow[] = [FIRST_TAB];
  readonly #windows: ScreenWindow[] = [];
  #mainInFront = true;
  #dialled = '';
  #changed: () => void = () => undefined;
  readonly #questions: OpenQuestion[] = [];
  #lastQuestion = 0;
  #isAnybodyThere: () => boolean = () => false;

  /** Calls `listener` on every change. @param isAnybodyThere Gives true while somebody answers questions. */
  watch(listener: () => void, isAnybodyThere: () => boolean): void {
    this.#changed = listener;
    this.#isAnybodyThere = isAnybodyThere;
  }

  /** Questions that wait for their answers, oldest first. */
  get questions(): readonly DeskQuestion[] {
    return this.#questions.map(({ id, kind, program }) => ({ id, kind, program }));
  }

  /** Asks if a program may have silent mode. @returns undefined when nobody answers questions. */
  ask(program: string): Promise<boolean> | undefined {
    if (!this.#isAnybodyThere()) return undefined;
    if (this.#questions.length >= MOST_QUESTIONS) return Promise.resolve(false);
    return new Promise((resolve) => {
      this.#questions.push({ id: ++this.#lastQuestion, kind: 'silent-mode', program, answered: resolve });
      this.changed();
    });
  }

  /** Answers a question. @returns false when there is none of this number. */
  answer(id: number, yes: boolean): boolean {
    const at = this.#questions.findIndex((question) => question.id === id);
    const [question] = at < 0 ? [] : this.#questions.splice(at, 1);
    question?.answered(yes);
    this.changed();
    return question !== undefined;
  }

  /** Reports a change of the screen. */
  changed(): void {
    this.#changed();
  }

  /** The visible tab of the main window, then the other windows, the front one last. */
  get windows(): readonly ScreenWindow[] {
    return [this.#tab, ...this.#windows];
  }

  /** The window or tab that has the focus. */
  get front(): ScreenWindow {
    return (this.#mainInFront ? undefined : this.#windows.at(-1)) ?? this.#tab;
  }

  /** Number entered on the dial pad. */
  get dialled(): string {
    return this.#dialled;
  }

  set dialled(text: string) {
    this.#dialled = text;
    this.changed();
  }

  /** Opens a window, or brings it to the front. @returns the window that was closed to make room. */
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
   * Closes a window. The one behind it comes to the front.
   *
   * @param argument Argument that it was opened with. Default: any.
   * @returns the windows that were closed.
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

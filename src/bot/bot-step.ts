/** A step of a conversation that begins or ends: something that is said, asked, or recorded as a message. */
export interface BotStep {
  readonly action: 'prompt' | 'gather' | 'message';
  readonly what: 'begun' | 'ended';
  /** Of one that ended: as its report has it, or `failed`. */
  readonly outcome?: string;
}

/** Tells of the beginning and the end of a step, however it ends. */
export async function inStep<T extends { readonly outcome?: string; readonly ended?: string }>(
  tell: ((step: BotStep) => void) | undefined,
  action: BotStep['action'],
  work: () => Promise<T>,
): Promise<T> {
  tell?.({ action, what: 'begun' });
  let outcome = 'failed';
  try {
    const report = await work();
    outcome = report.outcome ?? report.ended ?? 'done';
    return report;
  } finally {
    tell?.({ action, what: 'ended', outcome });
  }
}

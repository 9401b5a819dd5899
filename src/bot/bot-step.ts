/** Beginning or end of a step of a conversation: a prompt, a gathering or a message recording. */
export interface BotStep {
  readonly action: 'prompt' | 'gather' | 'message';
  readonly what: 'begun' | 'ended';
  /** Outcome of a step that ended: that of its report, or `failed`. */
  readonly outcome?: string;
}

/** Runs a step, and reports its beginning and its end, also when it fails. */
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

import { z } from 'zod';
import {
  flag as aFlag,
  path as aPath,
  checkArgument,
  checkOptions,
  date,
  oneOf,
  type Rules,
  whole,
  words,
} from '../../base/check.js';
import { JackfieldError } from '../../base/errors.js';
import { isAlive } from '../../base/system/process-alive.js';
import type { Database } from '../../files/database.js';
import { flagColumn, json } from '../../files/row.js';
import { likeOf, whereOf } from '../../recording/archive/query.js';
import {
  CAMPAIGN_OUTCOMES,
  type CampaignCall,
  type CampaignResult,
  type CampaignStore,
} from './campaign-call.js';
import { openCampaigns } from './campaign-file.js';

/** A call of a campaign in the history. */
export interface CampaignEntry extends CampaignResult {
  readonly campaign: string;
}

/** Conditions of {@link CampaignLog.search}. All given conditions have to hold. */
export interface CampaignQuery {
  readonly campaign?: string;
  /** Part of the target; upper and lower case are the same. */
  readonly target?: string;
  readonly outcome?: CampaignResult['outcome'];
  /** Calls placed at or after this time. */
  readonly since?: Date;
  /** Calls placed before this time. */
  readonly until?: Date;
  /** Part of the name or value of a variable, or of an error. */
  readonly text?: string;
  /** Most calls that are returned; -1 for all. Default 1000. */
  readonly limit?: number;
}

const QUERY: Rules<CampaignQuery> = {
  campaign: words,
  target: words,
  outcome: oneOf(...CAMPAIGN_OUTCOMES),
  since: date,
  until: date,
  text: words,
  limit: whole(-1, Number.MAX_SAFE_INTEGER, 'calls'),
};

/** A campaign in figures. */
export interface CampaignSummary {
  readonly campaign: string;
  readonly targets: number;
  readonly calls: number;
  /** Number of targets by the outcome of their last call. */
  readonly outcomes: Readonly<Record<string, number>>;
  readonly firstAtMs: number;
  readonly lastAtMs: number;
}

/**
 * The last command for a campaign: to run, or to stop. It holds until the next one, or until the campaign has ended.
 */
export type CampaignWill = 'run' | 'stop';

const WILL_ROW = z.object({ will: z.enum(['run', 'stop']) });

const ROW = z.object({
  campaign: z.string(),
  target: z.string(),
  attempt: z.int(),
  placed_at: z.iso.datetime(),
  duration_ms: z.number(),
  outcome: z.string().transform((outcome) => outcome as CampaignResult['outcome']),
  status: z.string(),
  error: z.string().nullable(),
  retry: flagColumn,
  retry_after_ms: z.number().nullable(),
  variables: json(z.record(z.string(), z.string())),
});

const ALL = 'SELECT * FROM campaign_calls';

const TOTALS_ROW = z.object({
  campaign: z.string(),
  targets: z.int(),
  calls: z.int(),
  first: z.string(),
  last: z.string(),
});

const OUTCOME_ROW = z.object({ campaign: z.string(), outcome: z.string(), count: z.int() });

const RUNNER_ROW = z.object({ pid: z.int() });

const OPEN: Rules<{ existing?: boolean }> = { existing: aFlag };

/** Calls of campaigns, kept in `campaigns.sqlite` of a folder. */
export class CampaignLog implements Disposable {
  readonly #db: Database;

  private constructor(db: Database) {
    this.#db = db;
  }

  /**
   * Opens the history in `folder`, or begins one. Calls that earlier versions kept in the catalogue are imported.
   *
   * @param options.existing True to create nothing: a missing history has no calls. Default false.
   * @throws ERR_UNSUPPORTED without `libsql`; ERR_FILE, also for a damaged catalogue that may contain calls.
   */
  static open(folder: string, options: { readonly existing?: boolean } = {}): CampaignLog {
    checkArgument('folder', folder, aPath);
    checkOptions(options, OPEN);
    return new CampaignLog(openCampaigns(folder, options.existing ?? false));
  }

  /**
   * Returns the store of one campaign. A call is written durably before it is placed. A call that was in progress when
   * the process was killed becomes `interrupted`, and its target is not called again for it.
   */
  store(campaign: string): CampaignStore {
    checkArgument('campaign', campaign, words);
    return {
      resume: () => this.#resume(campaign),
      begin: (call) => this.#begin(campaign, call),
      finish: (result) => this.#finish(campaign, result),
    };
  }

  /** Returns the last command for a campaign; undefined when there is none. It is kept on disk. */
  will(campaign: string): CampaignWill | undefined {
    checkArgument('campaign', campaign, words);
    return this.#db.get(WILL_ROW, 'SELECT will FROM campaign_wills WHERE campaign = ?', campaign)?.will;
  }

  /** Sets the command for a campaign; undefined removes it. @throws ERR_FILE. */
  setWill(campaign: string, will: CampaignWill | undefined): void {
    checkArgument('campaign', campaign, words);
    if (will !== undefined) checkArgument('will', will, oneOf('run', 'stop'));
    const [sql, ...values] =
      will === undefined
        ? ['DELETE FROM campaign_wills WHERE campaign = ?', campaign]
        : ['INSERT OR REPLACE INTO campaign_wills (campaign, will) VALUES (?, ?)', campaign, will];
    this.#db.write(() => this.#db.run(sql as string, ...values), true);
  }

  /** Returns the calls that match, oldest first, without {@link damaged} rows. */
  search(query: CampaignQuery = {}): CampaignEntry[] {
    checkOptions(query, QUERY);
    const { campaign, target, outcome, since, until, text, limit = 1000 } = query;
    const { where, values } = whereOf([
      ['campaign = ?', campaign],
      ["target LIKE ? ESCAPE '\\'", target && likeOf(target)],
      ['outcome = ?', outcome],
      ['placed_at >= ?', since?.toISOString()],
      ['placed_at < ?', until?.toISOString()],
      [
        "variables || coalesce(error, '') LIKE ? ESCAPE '\\'",
        text && likeOf(JSON.stringify(text).slice(1, -1)),
      ],
    ]);
    const sql = `SELECT * FROM campaign_calls WHERE ${where} ORDER BY placed_at, key LIMIT ?`;
    return this.#db.checked(ROW, sql, ...values, limit).rows.map(entryOf);
  }

  /** Describes the rows of the history that are not valid. @throws ERR_FILE */
  damaged(): string[] {
    return this.#db.checked(ROW, ALL).faults.map(({ message }) => message);
  }

  /** Returns all campaigns in figures, in the order in which they began. */
  summaries(): CampaignSummary[] {
    const { rows: totals } = this.#db.checked(
      TOTALS_ROW,
      `SELECT campaign, count(DISTINCT target) AS targets,
        sum(outcome NOT IN ('unsaid', 'do-not-call')) AS calls, min(placed_at) AS first,
        max(placed_at) AS last FROM campaign_calls GROUP BY campaign ORDER BY first`,
    );
    const { rows: outcomes } = this.#db.checked(
      OUTCOME_ROW,
      `SELECT campaign, outcome, count(*) AS count FROM campaign_calls AS call WHERE attempt =
        (SELECT max(attempt) FROM campaign_calls WHERE campaign = call.campaign AND target = call.target)
        GROUP BY campaign, outcome ORDER BY outcome`,
    );
    return totals.map(({ campaign, targets, calls, first, last }) => ({
      ...{ campaign, targets, calls },
      outcomes: Object.fromEntries(
        outcomes.filter((each) => each.campaign === campaign).map(({ outcome, count }) => [outcome, count]),
      ),
      firstAtMs: Date.parse(first),
      lastAtMs: Date.parse(last),
    }));
  }

  close(): void {
    this.#db.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #resume(campaign: string): readonly CampaignResult[] {
    return this.#db.write(() => {
      const sql = "SELECT DISTINCT pid FROM campaign_calls WHERE campaign = ? AND outcome = 'calling'";
      const runner = this.#db
        .all(RUNNER_ROW, sql, campaign)
        .find(({ pid }) => pid !== process.pid && isAlive(pid));
      if (runner) {
        const text = `The campaign ${campaign} is already run by process ${runner.pid}: wait for that process, or end it.`;
        throw new JackfieldError('ERR_INVALID_STATE', text);
      }
      const end =
        "UPDATE campaign_calls SET outcome = 'interrupted' WHERE campaign = ? AND outcome = 'calling'";
      this.#db.run(end, campaign);
      // Fails when a row cannot be read, since its target must not be called again.
      this.#db.all(ROW, ALL);
      return this.search({ campaign, limit: -1 });
    }, true);
  }

  #begin(campaign: string, { target, attempt, placedAtMs }: CampaignCall): void {
    const sql = `INSERT INTO campaign_calls (campaign, target, attempt, placed_at, outcome, pid)
      VALUES (?, ?, ?, ?, 'calling', ?) ON CONFLICT DO UPDATE SET placed_at = excluded.placed_at,
      outcome = 'calling', pid = excluded.pid WHERE outcome = 'unsaid'`;
    const values = [campaign, target, attempt, new Date(placedAtMs).toISOString(), process.pid];
    if (this.#db.write(() => this.#db.run(sql, ...values), true) === 1) return;
    const text = `Call ${attempt} to ${target} was already placed: another process may be running ${campaign}.`;
    throw new JackfieldError('ERR_INVALID_STATE', text);
  }

  #finish(campaign: string, result: CampaignResult): void {
    const { target, attempt, durationMs, outcome, status, error, retry, retryAfterMs, variables } = result;
    const sql = `UPDATE campaign_calls SET duration_ms = ?, outcome = ?, status = ?, error = ?, retry = ?,
      retry_after_ms = ?, variables = ? WHERE campaign = ? AND target = ? AND attempt = ?`;
    const ending = [durationMs, outcome, status, error ?? null];
    const values = [...ending, retry ? 1 : 0, retryAfterMs ?? null, JSON.stringify(variables)];
    this.#db.write(() => this.#db.run(sql, ...values, campaign, target, attempt), true);
  }
}

function entryOf(row: z.output<typeof ROW>): CampaignEntry {
  const { campaign, target, attempt, outcome, status, error } = row;
  return {
    ...{ campaign, target, attempt, outcome, status },
    placedAtMs: Date.parse(row.placed_at),
    durationMs: row.duration_ms,
    ...(error !== null && { error }),
    retry: row.retry,
    ...(row.retry_after_ms !== null && { retryAfterMs: row.retry_after_ms }),
    variables: row.variables,
  };
}

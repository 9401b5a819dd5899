import { PcmServer } from '../../pcm.js';
import { type ArchiveProgress, archiveVoicemails, VoicemailArchive } from '../../voicemail.js';
import { attachTo } from '../endpoint-options.js';
import { faultText } from '../failure.js';
import { Report } from '../report.js';
import { stopSignal } from '../shutdown.js';
import { warnDamagedRows } from './voicemail-archive.js';
import { engineOf, type OnlineOptions } from './voicemail-options.js';
import { barFor, messageLine } from './voicemail-report.js';

interface Options extends OnlineOptions {
  readonly out: string;
  readonly concurrency: number;
  readonly attempts: number;
  readonly via?: string;
  readonly deleteOriginals?: boolean;
  readonly encrypt?: readonly string[];
  readonly tag?: readonly string[];
  readonly hold?: string;
}

export async function archiveAll(engine: readonly string[], options: Options): Promise<void> {
  const report = new Report(options.json);
  const { concurrency, attempts, encrypt, via, tag = [], hold, deleteOriginals = false } = options;
  const transcriber = engineOf(engine);
  await using attached = await attachTo(options, { name: 'jackfield voicemail' });
  const { client } = attached;
  const signal = stopSignal({ hasCalls: true });
  await using server = new PcmServer();
  await using archive = await VoicemailArchive.open(options.out, encrypt ? { encryptTo: encrypt } : {});
  warnDamagedRows(archive);
  const bar = barFor('Archiving', options.json);
  const onProgress = (progress: ArchiveProgress) => {
    bar.onProgress({ position: progress.done, sampleCount: progress.total });
    tell(report, progress);
  };
  try {
    const result = await archiveVoicemails(client, archive, {
      ...{ concurrency, attempts, deleteOriginals, tags: tag, signal, onProgress },
      route: via === undefined ? { server } : { folder: via },
      ...(transcriber && { transcriber }),
      ...(hold !== undefined && { hold }),
    });
    bar.stop();
    const {
      listed,
      stored,
      duplicates,
      incomplete,
      known,
      damaged,
      failed,
      untranscribed,
      originalsDeleted,
    } = result;
    report.line(
      result,
      `${listed} listed: ${stored} stored (${duplicates} of them duplicates), ${known} known, ` +
        `${incomplete.length} incomplete, ${failed.length} failed, ${originalsDeleted} originals deleted` +
        `${untranscribed > 0 ? `, ${untranscribed} without a transcript` : ''}` +
        `${damaged > 0 ? `, ${damaged} skipped (their rows are damaged)` : ''}.`,
    );
    for (const { id, state, failure, detail } of [...incomplete, ...failed])
      report.text(
        `Voicemail ${id} ${state === 'stored' ? 'is incomplete' : 'failed'}: ${failure}: ${detail}`,
      );
    if (failed.length + incomplete.length + untranscribed > 0) process.exitCode = 2;
  } finally {
    bar.stop();
  }
}

function tell(report: Report, { done, total, outcome, message, untranscribed }: ArchiveProgress): void {
  if (outcome === 'known' || outcome === 'gone') return;
  const why = untranscribed && { untranscribed: faultText(untranscribed) };
  report.progress(
    { done, total, outcome, message, ...why },
    `${message ? `${outcome}  ${messageLine(message)}` : outcome}${why ? `  no transcript: ${why.untranscribed}` : ''}`,
  );
}

import { checkArgument, checkOptions, instance, line, listOf, type Rules, rule } from '../../base/check.js';
import { escapeXml } from '../../base/xml.js';
import { clockTime } from '../../voice/draw/time-axis.js';
import type { AnalysisReport } from '../analysis-report.js';
import { REPORT } from '../words/with-words.js';
import { callPicture, type SpokenText } from './call-picture.js';
import { REPORT_STYLE } from './report-style.js';
import { eventTable, figureTables, shownFigure, transcriptTable } from './report-tables.js';

/** Options of {@link htmlReport}. */
export interface HtmlReportOptions {
  /** Heading. Default `Call`. */
  readonly title?: string;
  /** Names of the legs. Default `local` and `remote`. */
  readonly names?: readonly string[];
  /** Largest magnitude in each column of the picture, one array for each leg, 0 to 1. Default: no wave is drawn. */
  readonly envelopes?: readonly Float32Array[];
  /** Transcript. Default: that of the report. */
  readonly said?: readonly SpokenText[];
}

const RULES: Rules<HtmlReportOptions> = {
  title: line(1, 1000),
  names: listOf(line(1, 1000)),
  envelopes: listOf(instance(Float32Array)),
  said: listOf(
    rule('{ leg, text, from, to }', (value) => {
      const { leg, text, from, to } = Object(value);
      return typeof text === 'string' && [leg, from, to].every((each) => typeof each === 'number');
    }),
  ),
};

/**
 * Makes a self-contained HTML page. It has a picture of both legs on one time axis, with their speech, overlaps, named
 * events and words, and tables of the events, the transcript and all figures. The page has no script and loads nothing.
 * It is light or dark as the reader's system is. The picture of a long call is wider than the page and scrolls.
 *
 * @throws ERR_INVALID_ARG
 */
export function htmlReport(report: AnalysisReport, options: HtmlReportOptions = {}): string {
  checkArgument('report', report, REPORT);
  checkOptions(options, RULES);
  const { title = 'Call', names = ['local', 'remote'], envelopes = [], said = report.said ?? [] } = options;
  const heading = escapeXml(title);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width"><title>${heading}</title><style>${REPORT_STYLE}</style></head>
<body><h1>${heading}</h1>
<p class="lead">${clockTime(Math.round(report.durationMs / 1000), 1)} long, ${report.legs.length === 2 ? 'two sides' : 'one side'}</p>
${damages(report)}
<div class="picture"><div class="names">${laneNames(report, names, said.length > 0)}</div><div class="roll">
${callPicture(report, { names, envelopes, said })}
</div></div>
${KEY}
${facts(report)}
${eventTable(report, names)}
${transcriptTable(report, names, said)}
${figureTables(report, names)}
</body></html>
`;
}

const KEY = `<p class="key"><i class="k0"></i>speech<i class="k1"></i>both speak<i class="k2"></i>music<i class="k3"></i>tone or key<i class="k4"></i>dead air
&emsp;▲ interruption &emsp;△ failed barge-in &emsp;● backchannel &emsp;◇ dual start</p>`;

/** Makes a line for each damaged file. */
function damages({ damaged = [] }: AnalysisReport): string {
  return damaged.map(({ message }) => `<p class="lead">${escapeXml(message)}</p>`).join('');
}

/** Makes the names beside the lanes, each with its share of the speech. */
function laneNames(report: AnalysisReport, names: readonly string[], hasWords: boolean): string {
  return report.legs
    .map(({ talkRatio, speechMs }, leg) => {
      const part = typeof talkRatio === 'number' ? `, ${shownFigure(talkRatio, 'talkRatio')}` : '';
      const name = escapeXml(names[leg] ?? `leg ${leg}`);
      const height = hasWords ? 112 : 94;
      return `<p class="n${leg}" style="height:${height}px" title="${name}">${name}<span>${shownFigure(speechMs, 'speechMs')}${part}</span></p>`;
    })
    .join('');
}

/** Makes the row of the main figures. */
function facts({ talk, legs }: AnalysisReport): string {
  const median = (value: object | undefined) =>
    value && 'median' in value ? shownFigure(value.median, 'Ms') : shownFigure(value ?? null, 'Ms');
  const all = [
    ['nobody speaks', shownFigure(talk.silenceRatio, 'Ratio')],
    ['dead air', shownFigure(talk.deadAirMs, 'Ms')],
    ...(legs.length === 2
      ? [
          ['both speak', shownFigure(talk.overlapMs, 'Ms')],
          ['interruptions', shownFigure(talk.interruptions, '')],
          ['between speakers, median', median(talk.transferOffsetsMs as object)],
        ]
      : []),
  ];
  return `<div class="facts">${all.map(([name, value]) => `<div><b>${value}</b><span>${name}</span></div>`).join('')}</div>`;
}

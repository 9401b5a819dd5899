import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { hasTool } from '../../voice/fixtures.js';

const ALERTS = 'docs/prometheus-alerts.yaml';
const UP = { series: 'jackfield_endpoint_up{endpoint="desk"}', values: '1x60' };

/** For each alert what makes it fire by the minute that is given, with the labels that it has then. */
const FIRES: Readonly<
  Record<
    string,
    { readonly series: string; readonly values: string; readonly labels?: object; readonly more?: object }
  >
> = {
  JackfieldAway: { series: 'up{job="jackfield"}', values: '0x60', labels: { job: 'jackfield' } },
  JackfieldEndpointAway: { series: UP.series, values: '0x60', labels: { endpoint: 'desk' } },
  JackfieldEndpointUnsteady: {
    ...{
      series: 'jackfield_endpoint_losses_total{endpoint="desk"}',
      values: '0+1x60',
      labels: { endpoint: 'desk' },
    },
  },
  JackfieldDiskFull: {
    ...{
      series: 'jackfield_recordings_total{what="disk-full"}',
      values: '0x20 1x40',
      labels: { what: 'disk-full' },
    },
  },
  JackfieldRecordingsIncomplete: { series: 'jackfield_recordings_incomplete_total', values: '0x20 1x40' },
  JackfieldRecordingsUndelivered: {
    ...{ series: 'jackfield_recordings_total{what="undelivered"}', values: '0x20 1x40' },
    labels: { what: 'undelivered' },
  },
  JackfieldBotsFail: {
    ...{ series: 'jackfield_bot_calls_total{instance="a",bot="menu",outcome="failed"}', values: '0+1x60' },
    labels: { instance: 'a', bot: 'menu' },
    more: { series: 'jackfield_bot_calls_total{instance="a",bot="menu",outcome="done"}', values: '0+9x60' },
  },
  JackfieldFailures: {
    ...{ series: 'jackfield_failures_total{instance="a",code="ERR_PORT"}', values: '0+1x60' },
    labels: { instance: 'a', code: 'ERR_PORT' },
  },
  JackfieldReaderBehind: {
    ...{ series: 'jackfield_feed_dropped{reader="log"}', values: '0x20 5x40', labels: { reader: 'log' } },
  },
  JackfieldSlow: { series: 'jackfield_nodejs_eventloop_lag_p99_seconds', values: '0.3x60' },
};
/** A minute at which each of them has fired. */
const AT = '30m';

const { groups } = parse(await readFile(ALERTS, 'utf8')) as {
  groups: readonly {
    rules: readonly { alert: string; labels: object; annotations: Record<string, string> }[];
  }[];
};
const alerts = groups.flatMap(({ rules }) => rules);

it('each alert is tested', () => {
  expect(alerts.map(({ alert }) => alert).toSorted()).toEqual(Object.keys(FIRES).toSorted());
});

it.skipIf(!hasTool('promtool'))(
  'each alert fires for what it is about, and none where all is well (needs promtool)',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'jackfield-alerts-'));
    const filled = (text: string, labels: object) =>
      text.replaceAll(/\{\{ \$labels\.(\w+) \}\}/g, (_, name: string) => String(Reflect.get(labels, name)));
    const firing = alerts.map(({ alert, labels: own, annotations }) => {
      const { series, values, labels = {}, more } = FIRES[alert] ?? { series: '', values: '' };
      const exp_annotations = Object.fromEntries(
        Object.entries(annotations).map(([name, text]) => [name, filled(text, labels)]),
      );
      return {
        interval: '1m',
        input_series: [{ series, values }, ...(series === UP.series ? [] : [UP]), ...(more ? [more] : [])],
        alert_rule_test: [
          {
            eval_time: AT,
            alertname: alert,
            exp_alerts: [{ exp_labels: { ...own, ...labels }, exp_annotations }],
          },
        ],
      };
    });
    const steady = Object.values(FIRES).flatMap(({ series, more }) => [
      series,
      ...(more ? [String(Reflect.get(more, 'series'))] : []),
    ]);
    const well = {
      interval: '1m',
      input_series: [...new Set(steady)].map((series) => ({
        ...{ series, values: /^up|endpoint_up/.test(series) ? '1x60' : '0x60' },
      })),
      alert_rule_test: alerts.map(({ alert }) => ({ eval_time: AT, alertname: alert, exp_alerts: [] })),
    };
    const file = join(folder, 'test.yaml');
    const rule_files = [resolve(ALERTS)];
    await writeFile(file, stringify({ rule_files, evaluation_interval: '1m', tests: [...firing, well] }));
    const { stdout } = await promisify(execFile)('promtool', ['test', 'rules', file]).catch(
      (error: { stdout: string; stderr: string }) => ({ stdout: error.stdout + error.stderr }),
    );
    expect(stdout).toMatch(/SUCCESS/);
    await rm(folder, { recursive: true });
  },
);

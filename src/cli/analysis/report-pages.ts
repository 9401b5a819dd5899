import { basename, join } from 'node:path';
import { type AnalysisReport, htmlReport } from '../../analysis.js';
import { printable } from '../../base/printable.js';
import { writePrivate } from '../../files/private-file.js';
import { nameKey, safeName } from '../../files/safe-name.js';
import { makeFolder } from '../../files/whole-file.js';
import { intoFile, type OutputOptions } from '../outputs.js';

/** A call for a page. */
export interface ReportedCall {
  /** Its file, or the files of its legs. */
  readonly input: readonly string[];
  readonly report: AnalysisReport;
  readonly envelopes: readonly Float32Array[];
}

/** Writes the pages of one command to a folder. Files of the same name get separate pages. */
export class ReportPages {
  readonly #folder: string;
  readonly #options: OutputOptions;
  readonly #taken = new Set<string>();

  private constructor(folder: string, options: OutputOptions) {
    this.#folder = folder;
    this.#options = options;
  }

  /** Creates the folder. @throws ERR_FILE */
  static async into(folder: string, options: OutputOptions): Promise<ReportPages> {
    await makeFolder(folder);
    return new ReportPages(folder, options);
  }

  /** Writes `NAME.html`, or `NAME-2.html` if this command has written that name already. @throws ERR_FILE */
  async write({ input, report, envelopes }: ReportedCall): Promise<void> {
    const [file = 'call'] = input;
    const { name, count } = this.#nameOf(basename(file));
    const names = input.length === 2 ? { names: input.map((path) => heading(basename(path))) } : {};
    const title = heading(count === 1 ? basename(file) : `${basename(file)} (${count})`);
    const page = htmlReport(report, { title, envelopes, ...names });
    await intoFile(join(this.#folder, `${name}.html`), this.#options, (part) => writePrivate(part, page));
  }

  #nameOf(file: string): { readonly name: string; readonly count: number } {
    const safe = safeName(file);
    for (let count = 1; ; count++) {
      const name = count === 1 ? safe : `${safe}-${count}`;
      const key = nameKey(name);
      if (this.#taken.has(key)) continue;
      this.#taken.add(key);
      return { name, count };
    }
  }
}

/** Shortens a file name to one line for a heading. */
function heading(name: string): string {
  return printable(name).slice(0, 1000);
}

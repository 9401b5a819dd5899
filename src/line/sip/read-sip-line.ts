import { path as aPath, checkArgument, object } from '../../base/check.js';
import { entryOf } from '../../base/entry-of.js';
import { JackfieldError, messageOf } from '../../base/errors.js';
import { printable } from '../../base/printable.js';
import { issuesText } from '../../base/request-error.js';
import { readText } from '../../files/key-files.js';
import { parseYaml } from '../../files/parse-yaml.js';
import { type SipLineOptions, sipLineSchema } from './sip-line-options.js';

/** Environment variable in a value: `${NAME}`. */
const VARIABLE = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

/**
 * Reads the options of a line from a YAML or JSON file. `${NAME}` in a value stands for an environment variable, so
 * that passwords need not be in the file.
 *
 * @param environment Default: the environment of the process.
 * @throws ERR_FILE when the file cannot be read; ERR_SYNTAX when it is not YAML, or names a variable that is not set;
 * ERR_INVALID_ARG, which names each field that is wrong.
 */
export async function readSipLine(
  path: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<SipLineOptions> {
  checkArgument('path', path, aPath);
  checkArgument('environment', environment, object);
  const { document, lines } = parseYaml(await readText(path));
  const [wrong] = document.errors;
  if (wrong) {
    const { line, col } = lines.linePos(wrong.pos[0]);
    const text = `${printable(path)}:${line}:${col} is not YAML: ${printable(wrong.message)}`;
    throw new JackfieldError('ERR_SYNTAX', text);
  }
  let given: unknown;
  try {
    given = withVariables(document.toJS({ maxAliasCount: 100 }), environment);
  } catch (error) {
    if (error instanceof JackfieldError) throw error;
    throw new JackfieldError('ERR_SYNTAX', `${printable(path)} is not YAML: ${messageOf(error)}`, {
      cause: error,
    });
  }
  const read = sipLineSchema.safeParse(given);
  if (read.success) return given as SipLineOptions;
  throw new JackfieldError(
    'ERR_INVALID_ARG',
    `${printable(path)} does not describe a SIP line: ${issuesText(read.error.issues)}.`,
  );
}

function withVariables(value: unknown, environment: Readonly<Record<string, string | undefined>>): unknown {
  if (typeof value === 'string') {
    return value.replace(VARIABLE, (_, name: string) => {
      const found = entryOf(environment, name);
      if (found === undefined) {
        throw new JackfieldError(
          'ERR_SYNTAX',
          `The environment has no variable ${name}: set it, or write the value.`,
        );
      }
      return found;
    });
  }
  if (Array.isArray(value)) return value.map((each) => withVariables(each, environment));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, withVariables(each, environment)]),
  );
}

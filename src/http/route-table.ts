import { HttpRefusal } from './http-refusal.js';

/** A method and a path. A part of the path in braces matches any value, as in `/calls/{call}`. */
export interface Route {
  readonly method: string;
  readonly path: string;
}

/** A route, and the values of its parts in braces. */
export interface FoundRoute<R extends Route> {
  readonly route: R;
  readonly parameters: Readonly<Record<string, string>>;
}

interface Compiled<R> {
  readonly route: R;
  readonly steps: readonly string[];
}

/** Routes of a server, found by method and path. */
export class RouteTable<R extends Route> {
  readonly #compiled: readonly Compiled<R>[];
  readonly #accepts: (parameter: string, value: string) => boolean;

  /** @param accepts true for a value that a part in braces may have. Default: any value. */
  constructor(routes: readonly R[], accepts: (parameter: string, value: string) => boolean = () => true) {
    this.#compiled = routes.map((route) => ({ route, steps: route.path.split('/') }));
    this.#accepts = accepts;
  }

  /** Paths of all routes, without duplicates. */
  get paths(): string[] {
    return [...new Set(this.#compiled.map(({ route }) => route.path))];
  }

  /** True when the path has a route, for any method. */
  has(path: string): boolean {
    const given = stepsOf(path);
    return this.#compiled.some(({ steps }) => this.#isAt(steps, given));
  }

  /**
   * Finds the route of a request. Literal parts of a path are preferred to parts in braces.
   *
   * @param path as received, percent-encoded.
   * @throws HttpRefusal 404, 405, and 400 for a path that is not valid.
   */
  find(method: string, path: string): FoundRoute<R> {
    const given = stepsOf(path);
    const here = this.#compiled.filter(({ steps }) => this.#isAt(steps, given));
    const written = (each: Compiled<R>) => each.steps.filter((step) => !isParameter(step)).length;
    const [found] = here
      .filter(({ route }) => route.method === method)
      .sort((a, b) => written(b) - written(a));
    if (found) return { route: found.route, parameters: parametersOf(found.steps, given) };
    if (here.length === 0) {
      const expected = `one of ${this.paths.join(', ')}`;
      throw new HttpRefusal(404, 'ERR_UNSUPPORTED', 'This path does not exist.', expected);
    }
    const allow = [...new Set(here.map(({ route }) => route.method))].join(', ');
    throw new HttpRefusal(405, 'ERR_UNSUPPORTED', `This path does not support ${method}.`, allow, { allow });
  }

  #isAt(steps: readonly string[], given: readonly string[]): boolean {
    return (
      steps.length === given.length &&
      steps.every((step, index) => {
        const value = given[index] ?? '';
        return isParameter(step) ? this.#accepts(step.slice(1, -1), value) : step === value;
      })
    );
  }
}

function isParameter(step: string): boolean {
  return step.startsWith('{');
}

function parametersOf(steps: readonly string[], given: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    steps.flatMap((step, index) => (isParameter(step) ? [[step.slice(1, -1), given[index] ?? '']] : [])),
  );
}

/**
 * Decodes the parts of a path. It refuses parts that could name another path: encoded slashes, `..`, control
 * characters.
 */
function stepsOf(path: string): string[] {
  const steps = path.split('/').map((step) => {
    try {
      return decodeURIComponent(step);
    } catch {
      return '/';
    }
  });
  const wrong = steps.some((step) => step === '.' || step === '..' || /[/\\\p{Cc}]/u.test(step));
  if (!wrong) return steps;
  const expected = 'a path without "..", encoded slashes and control characters';
  throw new HttpRefusal(400, 'ERR_SYNTAX', 'The path is not valid.', expected);
}

import { type Conditions, MACHINE, NOBODY, type ServiceConfig } from './service-config.js';

/** A fault of a configuration with the path of its field. */
export interface ConfigFault {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Checks that all names in use are defined, which the schema cannot. */
export function danglingNames(config: ServiceConfig): readonly ConfigFault[] {
  const endpoints = Object.keys(config.endpoints);
  const calendars = Object.keys(config.calendars ?? {});
  const answers = [...Object.keys(config.bots ?? {}), NOBODY, ...(config.answeringMachine ? [MACHINE] : [])];
  const reserved = Object.keys(config.bots ?? {})
    .filter((bot) => bot === MACHINE || bot === NOBODY)
    .map((bot) => ({ path: ['bots', bot], message: `a bot cannot have the name ${bot}` }));
  const seen = new Set<string>();
  const ofRules = (config.rules ?? []).flatMap((rule, index) => {
    const { answer, name } = rule;
    const twice = seen.has(name)
      ? [{ path: ['rules', index, 'name'], message: `two rules have the name ${name}` }]
      : [];
    seen.add(name);
    return [
      ...noSuch(['rules', index, 'answer'], answer, answers),
      ...namesOf(['rules', index], rule, endpoints, calendars),
      ...twice,
    ];
  });
  const ofGreetings = (config.answeringMachine?.greetings ?? []).flatMap((greeting, index) =>
    namesOf(['answeringMachine', 'greetings', index], greeting, endpoints, calendars),
  );
  const ofCampaigns = Object.entries(config.campaigns ?? {}).flatMap(([campaign, { endpoint }]) => {
    const path = ['campaigns', campaign, 'endpoint'];
    if (endpoint !== undefined) return noSuch(path, endpoint, endpoints);
    return endpoints.length === 1 ? [] : [{ path, message: `Expected one of ${endpoints.join(', ')}` }];
  });
  const unserved =
    config.api && !config.http
      ? [{ path: ['api'], message: 'Expected the field "http" as well: its port serves the API' }]
      : [];
  return [...unserved, ...reserved, ...ofRules, ...ofGreetings, ...ofCampaigns];
}

/** Faults of names in conditions. */
function namesOf(
  path: readonly (string | number)[],
  given: Conditions,
  endpoints: readonly string[],
  calendars: readonly string[],
): ConfigFault[] {
  const at = (field: keyof Conditions & string, known: readonly string[]) =>
    ((given[field] ?? []) as readonly string[]).flatMap((each, place) =>
      noSuch([...path, field, place], each, known),
    );
  return [...at('endpoints', endpoints), ...at('days', calendars), ...at('notDays', calendars)];
}

function noSuch(path: readonly (string | number)[], given: string, known: readonly string[]): ConfigFault[] {
  if (known.includes(given)) return [];
  const shown = known.length > 0 ? `one of ${known.join(', ')}` : 'none, because none is defined';
  return [{ path, message: `Expected ${shown}; got "${given}"` }];
}

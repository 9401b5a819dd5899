import type { z } from 'zod';
import {
  bodyOf,
  described,
  type Json,
  jsonAnswer,
  REFUSALS,
  refusalSchemas,
  schemaOf,
} from '../../http/openapi-parts.js';
import { ACCOUNT_SERVICES, type AccountServiceSpec } from '../../protocol/account/account-services.js';
import type { AccountRoute } from '../account-routes/account-route.js';
import { ACCOUNT_ROUTES } from '../account-routes/account-routes.js';

const MEDIA = {
  json: 'application/json',
  form: 'application/x-www-form-urlencoded',
  bytes: 'image/*',
} as const;

/**
 * Makes the OpenAPI 3.1 document of the account services from the table of requests. Written to
 * docs/account-openapi.json.
 */
export function makeAccountOpenApi(): Json {
  const paths = new Map<string, Json>();
  for (const route of ACCOUNT_ROUTES) {
    const path = pathOf(route);
    paths.set(path, { ...paths.get(path), [route.method.toLowerCase()]: operationOf(route) });
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Jackfield account services',
      version: '1',
      description: 'The HTTP services of an account on an exchange.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    security: [{ skypetoken: [] }],
    paths: Object.fromEntries(paths),
    components: {
      securitySchemes: { skypetoken: { type: 'apiKey', in: 'header', name: 'X-Skypetoken' } },
      schemas: refusalSchemas(),
    },
  };
}

/** Lists the requests as table rows: the service, the request at the bare root, and a sentence. */
export function listAccountRequests(): { service: string; request: string; does: string }[] {
  return ACCOUNT_ROUTES.map((route) => ({
    service: route.service,
    request: `${route.method} ${pathOf(route)}`,
    does: route.does,
  }));
}

function pathOf({ service, path }: AccountRoute): string {
  const { roots }: AccountServiceSpec = ACCOUNT_SERVICES[service];
  return `${roots[0] ?? ''}${path}`;
}

function operationOf({
  method,
  path,
  service,
  does,
  query,
  body,
  form = 'json',
  gives,
  status,
}: AccountRoute): Json {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const fields = Object.entries((query as z.ZodObject | undefined)?.shape ?? {}) as [string, z.ZodType][];
  const inQuery = fields.map(([name, schema]) => ({
    name,
    in: 'query',
    required: !schema.isOptional(),
    ...described(schema),
  }));
  const parameters = [...inPath, ...inQuery];
  const done = gives ? jsonAnswer('Done.', schemaOf(gives)) : { description: 'Done.' };
  return {
    operationId: `${service}-${method.toLowerCase()}${path.replace(/[^a-z]+/gi, '-').replace(/-$/, '')}`,
    summary: does,
    tags: [service],
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: bodyOf(body, MEDIA[form === 'any' ? 'json' : form]) }),
    ...(form === 'bytes' && { requestBody: { required: true, content: { [MEDIA.bytes]: {} } } }),
    responses: { [status ?? (gives ? 200 : 204)]: done, ...REFUSALS },
  };
}

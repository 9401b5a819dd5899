import { z } from 'zod';
import {
  bare,
  bodyOf,
  described,
  type Json,
  jsonAnswer,
  REFUSALS,
  refusalSchemas,
  schemaOf,
} from '../../http/openapi-parts.js';
import { controlCommands } from '../control/control-commands.js';
import { feedJsonSchema } from '../feed/feed-event.js';

/** Prefix of the REST API's paths. The version changes with incompatible changes. */
export const API_PATH = '/v1';

/** The REST API in OpenAPI 3.1, generated from the table of commands; stored as docs/openapi.json. */
export function openApiDocument(): Json {
  const paths = new Map<string, Json>();
  for (const { name, does, at, takes, gives } of controlCommands()) {
    const [method = '', path = ''] = at.toLowerCase().split(' ');
    const { call, ...rest } = takes.shape;
    const operation = {
      operationId: name,
      summary: does,
      ...(call && { parameters: [{ name: 'call', in: 'path', required: true, ...described(call) }] }),
      ...(Object.keys(rest).length > 0 && { requestBody: bodyOf(z.strictObject(rest)) }),
      responses: {
        ...(name === 'tail' ? EVENTS : { 200: jsonAnswer('Done.', schemaOf(gives)) }),
        ...REFUSALS,
      },
    };
    paths.set(path, { ...paths.get(path), [method]: operation });
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Jackfield service',
      version: '1',
      description:
        'Lets programs in any language control the calls of a running service and follow its events.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: API_PATH }],
    security: [{ token: [] }],
    paths: Object.fromEntries(paths),
    webhooks: { event: { post: WEBHOOK } },
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: { Event: bare(feedJsonSchema() as Json), ...refusalSchemas() },
    },
  };
}

const EVENT = { $ref: '#/components/schemas/Event' };
const EVENTS = {
  101: { description: 'A WebSocket, for a client that asks for one: one event per text message.' },
  200: {
    description: 'One event per line or per message, until the client disconnects.',
    content: {
      'application/x-ndjson': { schema: EVENT },
      'text/event-stream': {
        schema: { type: 'string', description: 'The type as `event`, the JSON as `data`.' },
      },
    },
  },
};
const WEBHOOK = {
  operationId: 'webhook',
  summary: 'An event, sent to each webhook of the configuration that subscribes to its type.',
  security: [],
  parameters: [
    {
      name: 'Jackfield-Signature',
      in: 'header',
      required: true,
      description: 't=SECONDS,v1=HEX: HMAC-SHA256 with the secret over the time, a dot and the body.',
      schema: { type: 'string' },
    },
  ],
  requestBody: {
    required: true,
    content: {
      'application/json': {
        schema: {
          type: 'object',
          properties: {
            id: { type: 'string', description: 'Id of the event, the same at each attempt.' },
            type: { type: 'string' },
            at: { type: 'string', format: 'date-time' },
            data: EVENT,
          },
          required: ['id', 'type', 'at', 'data'],
        },
      },
    },
  },
  responses: {
    '2XX': { description: 'The event was accepted. After any other answer it is sent again later.' },
  },
};

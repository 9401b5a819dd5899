// Writes the JSON Schemas of the service into docs: of its event feed, for programs that read it, and of its
// configuration and the recorder's, for editors; and the OpenAPI document of its REST API.
import { writeFileSync } from 'node:fs';
import { z } from 'zod';
import { sipLineJsonSchema } from '../dist/line.js';
import { recordConfigSchema } from '../dist/recording.js';
import { feedJsonSchema, openApiDocument, serviceConfigJsonSchema } from '../dist/service.js';

const SCHEMAS = {
  'event-feed.schema': feedJsonSchema(),
  'service-config.schema': serviceConfigJsonSchema(),
  'recorder-config.schema': z.toJSONSchema(recordConfigSchema),
  'sip-line.schema': sipLineJsonSchema(),
  openapi: openApiDocument(),
};

for (const [name, schema] of Object.entries(SCHEMAS)) {
  writeFileSync(new URL(`../docs/${name}.json`, import.meta.url), `${JSON.stringify(schema, null, 2)}\n`);
}

// Writes the JSON Schemas of the service into docs: of its event feed, for programs that read it, and of its
// configuration, for editors.
import { writeFileSync } from 'node:fs';
import { feedJsonSchema, serviceConfigJsonSchema } from '../dist/service.js';

const SCHEMAS = { 'event-feed': feedJsonSchema(), 'service-config': serviceConfigJsonSchema() };

for (const [name, schema] of Object.entries(SCHEMAS)) {
  writeFileSync(
    new URL(`../docs/${name}.schema.json`, import.meta.url),
    `${JSON.stringify(schema, null, 2)}\n`,
  );
}

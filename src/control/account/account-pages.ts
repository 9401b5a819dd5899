import { entryOf } from '../../base/entry-of.js';
import { asFields, asList, type Fields, textIn } from './account-fields.js';
import type { AccountHttp } from './account-http.js';

/** A list that a service gives page by page. */
export interface PagedPath {
  /** Path below the base address of the messaging service. */
  readonly path: string;
  /** Name of the list in an answer. */
  readonly name: 'conversations' | 'messages';
  readonly signal?: AbortSignal | undefined;
}

/** Yields a list page by page to its end, the newest first. */
export async function* pages(
  http: AccountHttp,
  { path, name, signal }: PagedPath,
): AsyncGenerator<Fields, void, undefined> {
  for (let next = path; next !== ''; ) {
    const { json } = await http.ask({ service: 'messaging', method: 'GET', path: next, signal });
    const answer = asFields(json, 'a page');
    const objects = asList(entryOf(answer, name), name);
    for (const object of objects) yield asFields(object, name);
    const { _metadata: metadata } = answer;
    next =
      objects.length > 0 && metadata !== undefined ? textIn(asFields(metadata, 'a page'), 'syncState') : '';
  }
}

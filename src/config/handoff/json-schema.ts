import { jsonSchema } from '../image-updater/json-schema.ts';
import { handoffFile } from './definition.ts';

/** A JSON schema of handoff.yaml, for editors. Draft 7, which the language servers for YAML read. */
export function handoffJsonSchema(): object {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Which pipelines may hand off what (handoff.yaml)',
    ...jsonSchema(handoffFile),
  };
}

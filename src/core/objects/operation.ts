import { isUntyped, mappingAt, textAt, textsAt, type Untyped } from '../untyped.ts';

/** Whether an Application's operation was asked for, is running, or is about to be tried again. */
export function isUnderWay(application: Untyped): boolean {
  const phase = textAt(mappingAt(mappingAt(application, 'status'), 'operationState'), 'phase');
  return isUntyped(application['operation']) || phase === 'Running' || phase === 'Terminating';
}

/** What sources resolved to: `revisions` of several, or the one `revision`. */
export function revisionsIn(owner: Untyped): readonly string[] {
  const several = textsAt(owner, 'revisions');
  const one = textAt(owner, 'revision');
  return several.length > 0 ? several : one ? [one] : [];
}

import type { TargetKind } from '../core/target.ts';
import { argocdSource } from './argocd-source.ts';
import { helmValues } from './helm-values.ts';
import { kustomization } from './kustomization.ts';

/** The places where versions can be written. A new kind is one file and one line here. */
export const targetKinds: readonly TargetKind[] = [kustomization, helmValues, argocdSource];

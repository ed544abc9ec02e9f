import type { Application } from './applications/application.ts';
import type { Policy } from './deciding/policy.ts';
import type { Template } from './go-template/template.ts';
import type { PullRequestSetting } from './pull-requests/pull-request.ts';
import type { ImageName } from './reference.ts';

/** Where an Application asks its versions to be written. Paths are as written; core/target-path.ts resolves them. */
export interface WriteBack {
  /** `argocd`: to the Application itself; its target is `application` then, and the rest is absent. */
  readonly method: 'git' | 'argocd';
  /** `git:secret:ns/name` as "ns/name"; undefined for repocreds. */
  readonly secret?: string;
  /** `git-repository`; undefined: the source's own repoURL. */
  readonly repoURL?: string;
  /** `git-branch` before the colon; undefined: the source's targetRevision. */
  readonly branch?: string;
  /** `git-branch` behind the colon. */
  readonly writeBranch?: string;
  /** The same as a template, filled in when the changes of an Application are known. */
  readonly writeBranchTemplate?: Template;
  readonly target: TargetSetting;
  /** Proposed instead of pushed; then there is no write branch of the user's own but the request's head. */
  readonly pullRequest?: PullRequestSetting;
}

/** `write-back-target`, or the Application itself, which the method `argocd` means. */
export type TargetSetting = FileSetting | { readonly kind: 'application' };

/** `write-back-target`: a folder for kustomization, a file for the others; undefined path is the default. */
export type FileSetting =
  | { readonly kind: 'kustomization'; readonly path?: string }
  | { readonly kind: 'helmvalues'; readonly path?: string }
  | { readonly kind: 'argocd-source' };

/** The names under which a target holds an image: Helm keys or parameters, and the name in Kustomize's base. */
export interface TargetKeys {
  readonly helmName?: string;
  readonly helmTag?: string;
  readonly helmSpec?: string;
  readonly kustomizeName?: string;
  /** Variables of a config management plugin; any of them makes the image the plugin's. */
  readonly pluginName?: string;
  readonly pluginTag?: string;
  readonly pluginSpec?: string;
}

/** Whether an image is written to a plugin's variables. */
export function isPluginImage({ pluginName, pluginTag, pluginSpec }: TargetKeys): boolean {
  return pluginName !== undefined || pluginTag !== undefined || pluginSpec !== undefined;
}

/** Names an ImageUpdater. */
export interface UpdaterKey {
  readonly namespace: string;
  readonly name: string;
}

/** Which rule configures an image, and which others match its Application too; for people. */
export interface PolicyOrigin {
  /** "ImageUpdater argocd/shop spec.applicationRefs[0] "shop-*" (score 5)", "the Application's annotations". */
  readonly rule: string;
  /** The ImageUpdater that the rule stands in; none for annotations. */
  readonly updater?: UpdaterKey;
  readonly passedOver: readonly { readonly rule: string; readonly reason: string }[];
}

/** One image of one Application, under one policy. Identity: application and alias; never the image name alone. */
export interface TrackedImage {
  readonly application: Application;
  readonly alias: string;
  readonly image: ImageName;
  /** The one of several sources that is meant, by its name or its index from 0. */
  readonly source?: string;
  readonly pullSecret?: string;
  /** Only pipelines move it: what a registry has is no reason to. */
  readonly handoffOnly?: true;
  readonly policy: Policy;
  readonly keys: TargetKeys;
  readonly writeBack: WriteBack;
  readonly policyOrigin?: PolicyOrigin;
}

// A process that publishes a branch of ours: `node owned-writer.ts STATE_DIR REPO_URL VERSION`.
import { openLabGit } from './git-lab.ts';

const [stateDir = '', repoURL = '', version = ''] = process.argv.slice(2);
await using git = openLabGit(stateDir);
const message = `Update\n\nTiphys-Change: argocd/shop shop ghcr.io/acme/shop 1.0.0 ${version} shop.yaml\n`;
const drafts = [{ message, files: new Map([['shop.yaml', Buffer.from(`tag: ${version}\n`)]]) }];
const branch = { repoURL, branch: 'main', writeBranch: 'tiphys/shop', project: 'default' };
const result = await git.publish(branch, async () => drafts, AbortSignal.timeout(600_000));
process.stdout.write(JSON.stringify(result));

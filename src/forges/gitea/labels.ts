import { textAt } from '../../core/untyped.ts';
import { optionally } from '../remarks.ts';
import type { GiteaApi } from './api.ts';

const NEW_LABEL_COLOR = '#ededed';

/** Adds labels, which Gitea is told by id; makes those that are missing. */
export async function addLabels(
  api: GiteaApi,
  id: string,
  names: readonly string[],
  remarks: string[],
  signal: AbortSignal,
): Promise<void> {
  if (names.length === 0) return;
  const known = await knownLabels(api, signal);
  for (const name of names.filter((one) => !known.has(one))) {
    await optionally(remarks, `the label ${name}`, async () => {
      const body = { name, color: NEW_LABEL_COLOR };
      const request = { to: 'make a label', method: 'POST', url: `${api.url}/labels`, body } as const;
      known.set(name, Number((await api.client.want(request, signal))['id']));
    });
  }
  const labels = names.flatMap((name) => known.get(name) ?? []);
  if (labels.length === 0) return;
  const url = `${api.url}/issues/${id}/labels`;
  await api.client.wantList({ to: 'set labels', method: 'POST', url, body: { labels } }, signal);
}

/** Ids by name: those of the organisation, where the owner is one that can be read, and the repository's own. */
async function knownLabels(api: GiteaApi, signal: AbortSignal): Promise<Map<string, number>> {
  const known = new Map<string, number>();
  const learn = async (url: string) => {
    for await (const page of api.pages({ to: 'list labels', url }, signal)) {
      for (const json of page) known.set(textAt(json, 'name') ?? '', Number(json['id']));
    }
  };
  await optionally([], "the organisation's labels", () => learn(api.organisationLabels));
  await learn(`${api.url}/labels`);
  return known;
}

import type { Work } from '../cli/work.ts';
import { leaseNames } from '../controller/leases/lease-names.ts';
import { grants, type RoleGrant } from '../core/rights.ts';
import { WELL_KNOWN } from './cluster.ts';

export async function listRights(...[options]: Parameters<Work['listRights']>): Promise<readonly RoleGrant[]> {
  const leases = options.leaderElection ? leaseNames(options.shards) : [];
  return grants({ ...options, leases, wellKnown: WELL_KNOWN }, options);
}

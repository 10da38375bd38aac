/**
 * The smallest and the largest of some ids. Ids start with their time, so `between` these lets PostgreSQL skip the
 * partitions of other days, which `= any(…)` alone does not.
 *
 * @param ids at least one
 */
export function idBounds(ids: string[]): [lowest: string, highest: string] {
  let lowest = ids[0] as string;
  let highest = lowest;
  for (const id of ids) {
    if (id < lowest) lowest = id;
    if (id > highest) highest = id;
  }
  return [lowest, highest];
}

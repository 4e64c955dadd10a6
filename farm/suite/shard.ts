export interface Shard {
  readonly index: number;
  readonly total: number;
}

/** Reads "2/4". Throws one sentence when it is something else. */
export function parseShard(text: string): Shard {
  const match = /^(\d{1,4})\/(\d{1,4})$/.exec(text);
  const shard = { index: Number(match?.[1]), total: Number(match?.[2]) };
  if (match === null || shard.index < 1 || shard.index > shard.total) {
    throw new RangeError(`--shard ${text} is none: say which of how many, such as 1/4`);
  }
  return shard;
}

/** Every total-th file from the index-th on: all shards together have each file exactly once. */
export function filesOfShard(files: readonly string[], { index, total }: Shard): string[] {
  return files.toSorted().filter((_, position) => position % total === index - 1);
}

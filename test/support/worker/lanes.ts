/** Runs jobs a few at a time, each as soon as a lane is free. */
export const inLanes = async <T>(
  items: readonly T[],
  run: (item: T, index: number) => Promise<void>,
  lanes: number,
): Promise<void> => {
  const queue = items.entries();
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      for (const [index, item] of queue) await run(item, index);
    }),
  );
};

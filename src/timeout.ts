/** What a promise gives, or `late` if that takes longer. The timer does not outlive it: a runtime has room for only so many. */
export const withTimeout = async <Value, Late>(
  promise: Promise<Value>,
  milliseconds: number,
  late: Late,
): Promise<Value | Late> => {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const passed = new Promise<Late>((resolve) => {
    timer = setTimeout(() => resolve(late), milliseconds);
  });
  try {
    return await Promise.race([promise, passed]);
  } finally {
    if (timer !== undefined) clearTimeout(timer);
  }
};

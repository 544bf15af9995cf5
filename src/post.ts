/** Why a request was not taken: no answer in time or at all, or its HTTP status. */
export type PostFailure = "timeout" | "network" | `http_${number}`;

/**
 * Posts JSON to an address that the owner has set.
 *
 * @param deadline milliseconds
 * @returns the answer's text if its status is 2xx
 */
export const post = async (
  url: string,
  body: string,
  deadline: number,
  headers: Record<string, string> = {},
): Promise<{ text: string } | { failure: PostFailure }> => {
  const signal = AbortSignal.timeout(deadline);
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...headers },
      body,
      // Another address is not the one that the owner has set.
      redirect: "manual",
      signal,
    });
    const text = await response.text();
    return response.ok ? { text } : { failure: `http_${response.status}` };
  } catch {
    return { failure: signal.aborted ? "timeout" : "network" };
  }
};

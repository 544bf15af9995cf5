const encoder = new TextEncoder();

/** Whether a request has the token as its bearer token. The time that this takes says nothing of it. */
export const hasBearer = async (headers: Headers, token: string): Promise<boolean> => {
  const [given, expected] = await Promise.all(
    [headers.get("Authorization") ?? "", `Bearer ${token}`].map((text) =>
      crypto.subtle.digest("SHA-256", encoder.encode(text)),
    ),
  );
  return given !== undefined && expected !== undefined && crypto.subtle.timingSafeEqual(given, expected);
};

import type { Change } from "../database/change.ts";
import { isObject } from "../json.ts";
import { post, type PostFailure } from "../post.ts";
import { withTimeout } from "../timeout.ts";
import { signed } from "./sign.ts";

/** Names the object of a change. */
export type Named = { table: string; id: string };

/** What an app answers: which changes it has not taken. Without an answer it has taken them all. */
export type Answer = { failed?: readonly Named[] } | null | undefined | void;

/** A Worker that is bound as `APP`, as its method is called. */
export type App = { changed(changes: Change[]): Promise<Answer> };

/**
 * Why the app has not taken changes: it did not answer in time or at all, its answer has another form, it has no method
 * `changed`, it threw, it named the change as failed, or it answered with an HTTP status.
 */
export type Refusal = PostFailure | "answer" | "missing" | "threw" | "failed";

/** Tells an app of changes. Gives those that it has not taken, or why it has taken none. */
export type CallApp = (changes: Change[]) => Promise<readonly Named[] | Refusal>;

/** Milliseconds. A delivery's `waitUntil` has 30 s, and another call for the same change comes after a minute. */
export const appDeadline = 15_000;

export const callBinding =
  (app: App, deadline = appDeadline): CallApp =>
  async (changes) => {
    try {
      const answer = await withTimeout(app.changed(changes), deadline, "timeout" as const);
      return answer === "timeout" ? answer : failedOf(answer);
    } catch (error) {
      // Of the error only this: it may hold what the app was working on.
      return error instanceof TypeError && error.message.includes("does not implement") ? "missing" : "threw";
    }
  };

export const callUrl =
  (url: string, secret: Uint8Array<ArrayBuffer>, deadline = appDeadline): CallApp =>
  async (changes) => {
    const body = JSON.stringify({ changes });
    const headers = await signed(secret, `msg_${crypto.randomUUID()}`, Math.floor(Date.now() / 1000), body);
    const answer = await post(url, body, deadline, headers);
    return "failure" in answer ? answer.failure : failedOf(answerOf(answer.text));
  };

/** Many a server answers with "OK", or with nothing. */
const answerOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

const failedOf = (answer: unknown): readonly Named[] | Refusal => {
  if (!isObject(answer) || answer.failed === undefined || answer.failed === null) return [];
  const { failed } = answer;
  return Array.isArray(failed) && failed.every(isNamed) ? failed : "answer";
};

const isNamed = (value: unknown): value is Named =>
  isObject(value) && typeof value.table === "string" && typeof value.id === "string";

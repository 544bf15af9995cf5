import { inject } from "vitest";

/** Of many cases that are alike, `npm test` has every so many-th and `npm run test:all` the others. */
export const partOf = <Case>(cases: readonly Case[], every: number): Case[] =>
  cases.filter((_, index) => (index % every === 0) !== inject("isRest"));

/** What can go wrong between the Worker and Postgres. */
export type Fault =
  /** A proxy answers, not Postgres, and quotes the request. */
  | "server-error"
  /** The answer is 200 with a page of HTML. */
  | "html"
  /** Postgres shuts down before the statement. */
  | "shutdown-before"
  /** The statement is committed and the connection breaks before the answer. */
  | "answer-lost"
  /** The statement is committed and a proxy answers instead of Postgres. */
  | "answer-replaced"
  /** The statement is committed and the answer ends in the middle. */
  | "answer-cut-off"
  /** For 60 s nothing is executed or answered. */
  | "hang"
  /** The statement is committed, and the second half of the answer takes 60 s. */
  | "hang-in-answer";

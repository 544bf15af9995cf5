/** What can go wrong between the Worker and Postgres. */
export type Fault =
  /** An answer of a proxy, not of Postgres, that quotes the request. */
  | "server-error"
  /** An answer of 200 that is a page of HTML. */
  | "html"
  /** Postgres shuts down before the statement. */
  | "shutdown-before"
  /** The statement is committed and the connection breaks before the answer. */
  | "answer-lost"
  /** The statement is committed and a proxy answers in place of Postgres. */
  | "answer-replaced"
  /** The statement is committed and the answer ends in the middle. */
  | "answer-cut-off"
  /** Nothing is done and nothing is answered for 60 s. */
  | "hang"
  /** The statement is committed, and the second half of the answer takes 60 s. */
  | "hang-in-answer";

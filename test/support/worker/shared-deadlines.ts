/**
 * To workerd all tests of a file are one request, and a request may have 10,000 timers: so deadlines of the same moment are
 * one here. Outside tests a request has a few.
 */
const newDeadline = AbortSignal.timeout.bind(AbortSignal);
const span = 100;
const deadlines = new Map<number, AbortSignal>();

AbortSignal.timeout = (milliseconds) => {
  const moment = Math.ceil((Date.now() + milliseconds) / span) * span;
  const known = deadlines.get(moment);
  if (known !== undefined) return known;
  for (const [passed, { aborted }] of deadlines) if (aborted) deadlines.delete(passed);
  const deadline = newDeadline(moment - Date.now());
  deadlines.set(moment, deadline);
  return deadline;
};

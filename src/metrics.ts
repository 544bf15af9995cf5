/** The part of a dataset of Workers Analytics Engine that the Worker uses. */
export type Metrics = { writeDataPoint(point: { indexes: string[]; blobs: string[]; doubles: number[] }): void };

/** What became of a delivery. Nothing of it is personal. */
export type Measured = {
  type: string | undefined;
  /** The outcome, or the error. */
  outcome: string;
  /** How long the request or the batch took, in milliseconds. */
  ms: number;
  /** The time of the event, in milliseconds since 1970. */
  occurredAt: number | undefined;
  /** What was answered; 0 in the queue, where nobody waits for an answer. */
  status: number;
};

/**
 * Writes a data point: blobs are the type and the outcome, doubles are the milliseconds, the lag behind the event in
 * milliseconds (-1 if it has no time), and the status. A dataset that fails is no concern of the delivery.
 *
 * Source: https://developers.cloudflare.com/analytics/analytics-engine/limits/ (an index has at most 96 bytes)
 */
export const measure = (
  metrics: Metrics | undefined,
  { type = "", outcome, ms, occurredAt, status }: Measured,
): void => {
  if (metrics === undefined) return;
  try {
    const lag = occurredAt === undefined ? -1 : Date.now() - occurredAt;
    metrics.writeDataPoint({ indexes: [type.slice(0, 96)], blobs: [type, outcome], doubles: [ms, lag, status] });
  } catch {
    // Data points are for charts. The log has every delivery.
  }
};

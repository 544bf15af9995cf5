/**
 * How a receiver of Standard Webhooks must answer known requests: the cases of the test suites of Svix's and
 * Standard Webhooks' libraries (JavaScript, Go, Python, Ruby, Rust, PHP, Java, Kotlin, C#), of the server's
 * worker, of the documentation of both, and derived ones for what those do not cover.
 */
export type Vector = {
  name: string;
  /** As in the library's suite: some do not have `whsec_`. */
  secret: string;
  id: string;
  /** The header's text, or seconds from the receiver's clock. */
  timestamp: string | number;
  body: string | Uint8Array<ArrayBuffer>;
  /** The header's text. `VALID` in it becomes a signature by Svix's package, `VALID@now` one for the clock's time. */
  signature: string;
  /** Seconds since 1970 at the receiver (default: the timestamp). */
  clock?: number;
  toleranceSeconds?: number;
  family?: "webhook";
  headerNames?: Record<"id" | "timestamp" | "signature", string>;
  without?: "id" | "timestamp" | "signature";
  expected: "accept" | "reject";
};

const now = 1_700_000_000;
const example = {
  secret: "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
  id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
  body: '{"test": 2432232314}',
};
const prefixed = { ...example, secret: `whsec_${example.secret}` };
const exampleSignature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
const rust = {
  secret: "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
  id: "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
  body: '{"email":"test@example.com","username":"test_user"}',
};
const rustWrong = "v1,tFtCZ5RDCPxzWQRWXWPgrCgE2frDBe9gjpbWQxnVfsQ= v1,Mm7xgUVICxZfQ3bgf0h0Dof65L/IFx+PnZvnDWPCX6Q=";
const rustWrongToo = "v1,9DfC1c3eeOrXB6w/5dIDydLNQaEyww5KalE5jLBZucE=";
const asymmetric = "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==";
const wrong = "Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=";
const docs = {
  secret: "whsec_plJ3nmyCDGBKInavdOK15jsl",
  id: "msg_loFOjxBNrRLzqYUf",
  body: '{"a":1}',
  clock: 1_731_705_121,
};
const docsSignature = "v1,oLTNfG1x+HbZ6ajai4AKSqdDr4HZoKqpidVY3kC8nnQ=";
const fixed = { timestamp: "1614265330" };
const relative = { timestamp: 0, signature: "VALID", clock: now };
const bytes = (base64: string) => Uint8Array.fromBase64(base64);
const letters = (count: number) => "a".repeat(count);

export const vectors: Vector[] = [
  // Signatures that were made elsewhere.
  { name: "signs as the suites do", ...prefixed, ...fixed, signature: exampleSignature, expected: "accept" },
  {
    name: "signs as the suites do, secret without prefix",
    ...example,
    ...fixed,
    signature: exampleSignature,
    expected: "accept",
  },
  {
    name: "signs as Rust does",
    ...rust,
    timestamp: "1649367553",
    signature: "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
    expected: "accept",
  },
  {
    name: "signs as the documentation does",
    ...docs,
    body: '{"event_type":"ping","data":{"success":true}}',
    timestamp: "1731705121",
    signature: "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=",
    expected: "accept",
  },
  {
    name: "the documentation's list of signatures",
    ...prefixed,
    ...fixed,
    signature: `${exampleSignature} v1,bm9ldHUjKzFob2VudXRob2VodWUzMjRvdWVvdW9ldQo= v2,MzJsNDk4MzI0K2VvdSMjMTEjQEBAQDEyMzMzMzEyMwo=`,
    expected: "accept",
  },
  {
    name: "a body of 1 MiB",
    ...prefixed,
    ...fixed,
    body: letters(1_048_576),
    signature: "v1,txpEUxqWZJ5nteTnymUVa+7C4NHpBeXJ6CsBAW0c3/A=",
    expected: "accept",
  },
  {
    name: "a body of 256 KiB",
    ...prefixed,
    ...fixed,
    body: letters(262_144),
    signature: "v1,Mw4Pe2WgApuT7NSqnSq0PQPV9gbLdggCl9B865x5Xh0=",
    expected: "accept",
  },
  {
    name: "a body of 256 KiB less a byte",
    ...prefixed,
    ...fixed,
    body: letters(262_143),
    signature: "v1,NTItnqyWMoFhk2Bbe5V/BMdcFRWgcSQaTgqLHX7FC7c=",
    expected: "accept",
  },
  { name: "an asymmetric signature alone", ...prefixed, ...fixed, signature: asymmetric, expected: "reject" },
  {
    name: "an asymmetric signature beside a valid one",
    ...prefixed,
    ...fixed,
    signature: `${asymmetric} ${exampleSignature}`,
    expected: "accept",
  },

  // Signed when the case runs.
  { name: "a valid signature", ...example, ...relative, expected: "accept" },
  { name: "a valid signature, unbranded headers", ...example, ...relative, family: "webhook", expected: "accept" },
  { name: "a valid signature, secret with prefix", ...prefixed, ...relative, expected: "accept" },
  {
    name: "header names in mixed case",
    ...example,
    ...relative,
    headerNames: { id: "Webhook-Id", timestamp: "WEBHOOK-TIMESTAMP", signature: "webhook-SIGNATURE" },
    expected: "accept",
  },
  { name: "no id", ...example, ...relative, without: "id", expected: "reject" },
  { name: "no timestamp", ...example, ...relative, without: "timestamp", expected: "reject" },
  { name: "no signature", ...example, ...relative, without: "signature", expected: "reject" },
  {
    name: "a word for a timestamp",
    ...example,
    ...relative,
    timestamp: "hello",
    signature: exampleSignature,
    expected: "reject",
  },
  {
    name: "another word for a timestamp",
    ...example,
    ...relative,
    timestamp: "teadwd",
    signature: exampleSignature,
    expected: "reject",
  },
  { name: "301 s old", ...example, ...relative, timestamp: -301, expected: "reject" },
  { name: "301 s early", ...example, ...relative, timestamp: 301, expected: "reject" },
  {
    name: "a timestamp changed by a second",
    ...example,
    ...relative,
    timestamp: 1,
    signature: "VALID@now",
    expected: "reject",
  },
  {
    name: "a timestamp changed by 600 s, tolerance 900",
    ...example,
    ...relative,
    timestamp: -600,
    signature: "VALID@now",
    toleranceSeconds: 900,
    expected: "reject",
  },
  {
    name: "a timestamp of 2000",
    ...example,
    ...relative,
    timestamp: "946684800",
    signature: "VALID@now",
    expected: "reject",
  },
  { name: "a negative timestamp", ...example, ...relative, timestamp: "-1", expected: "reject" },
  {
    name: "a negative timestamp, tolerance across the epoch",
    ...example,
    ...relative,
    timestamp: "-1234",
    toleranceSeconds: 10_000_000_000,
    expected: "reject",
  },
  {
    name: "600 s old, tolerance 900",
    ...example,
    ...relative,
    timestamp: -600,
    toleranceSeconds: 900,
    expected: "accept",
  },
  {
    name: "600 s early, tolerance 900",
    ...example,
    ...relative,
    timestamp: 600,
    toleranceSeconds: 900,
    expected: "accept",
  },
  {
    name: "120 s old, tolerance 60",
    ...example,
    ...relative,
    timestamp: -120,
    toleranceSeconds: 60,
    expected: "reject",
  },
  {
    name: "120 s early, tolerance 60",
    ...example,
    ...relative,
    timestamp: 120,
    toleranceSeconds: 60,
    expected: "reject",
  },
  {
    name: "a signature that is too short",
    ...example,
    ...relative,
    signature: "v1,dawfeoifkpqwoekfpqoekf",
    expected: "reject",
  },
  {
    name: "a signature changed in its last bits",
    ...example,
    ...relative,
    signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OA=",
    expected: "reject",
  },
  {
    name: "a signature with another end",
    ...example,
    ...relative,
    signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLawdd",
    expected: "reject",
  },
  { name: "a signature of something else", ...example, ...relative, signature: `v1,${wrong}`, expected: "reject" },
  {
    name: "a signature of another version",
    ...example,
    ...relative,
    signature: "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    expected: "reject",
  },
  {
    name: "a signature that is no base64",
    ...example,
    ...relative,
    signature: "v1,invalid_signature",
    expected: "reject",
  },
  {
    name: "a signature without a version",
    ...example,
    ...relative,
    signature: "invalid_signature",
    expected: "reject",
  },
  { name: "a signature in capitals", ...example, ...relative, signature: "BAD_SIG_NATURE", expected: "reject" },
  {
    name: "the first eight characters of the signature",
    ...example,
    ...relative,
    signature: "VALID[0:8]",
    expected: "reject",
  },
  {
    name: "an empty signature of the right version (CVE-2024-21491)",
    ...example,
    ...relative,
    signature: "v1,",
    expected: "reject",
  },
  {
    name: "Rust's wrong signature",
    ...rust,
    ...relative,
    signature: "v1,R3PTzyfHASBKHH98a7yexTwaJ4yNIcGhFQc1yuN+BPU=",
    expected: "reject",
  },
  {
    name: "Rust's list with a valid one",
    ...rust,
    ...relative,
    signature: `${rustWrong} VALID ${rustWrongToo}`,
    expected: "accept",
  },
  {
    name: "Rust's list without a valid one",
    ...rust,
    ...relative,
    signature: `${rustWrong} ${rustWrongToo}`,
    expected: "reject",
  },
  {
    name: "a list with a valid one in the middle",
    ...example,
    ...relative,
    signature: `v1,${wrong} v2,${wrong} VALID v1,${wrong}`,
    expected: "accept",
  },
  {
    name: "a list with a valid one at the end",
    ...example,
    ...relative,
    signature: `v1,${wrong} VALID`,
    expected: "accept",
  },
  { name: "an empty body", ...example, ...relative, body: "", expected: "accept" },
  { name: "a secret of 32 characters, padding or not", ...example, ...relative, expected: "accept" },
  {
    name: "a secret of 31 characters without its padding",
    ...example,
    ...relative,
    secret: "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS",
    expected: "accept",
  },
  {
    name: "a secret of 34 characters without its padding",
    ...example,
    ...relative,
    secret: "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwBr",
    expected: "accept",
  },

  // Derived: forms of the headers, bytes of the body, keys.
  {
    name: "a timestamp with letters after it",
    ...docs,
    timestamp: "1731705121abc",
    signature: docsSignature,
    expected: "reject",
  },
  {
    name: "a timestamp with a fraction",
    ...docs,
    timestamp: "1731705121.9",
    signature: docsSignature,
    expected: "reject",
  },
  { name: "a timestamp with a sign", ...docs, timestamp: " +1731705121", signature: docsSignature, expected: "reject" },
  {
    name: "a timestamp with zeros before it",
    ...docs,
    timestamp: "0001731705121",
    signature: docsSignature,
    expected: "reject",
  },
  {
    name: "a timestamp that is sent twice",
    ...docs,
    timestamp: "1731705121, 1731705121",
    signature: docsSignature,
    expected: "reject",
  },
  {
    name: "a timestamp in milliseconds",
    ...docs,
    timestamp: "1731705121000",
    signature: "v1,qJGAiXbRgLHLrTYyXE+fWRakdGfwSHoJwe2JA1d0UfI=",
    expected: "reject",
  },
  {
    name: "300 s old",
    ...docs,
    timestamp: "1731704821",
    signature: "v1,+HWbefpxRnIftgMq5OYZcVnP9rXlP2+fDzpHic5xSNw=",
    expected: "accept",
  },
  {
    name: "300 s early",
    ...docs,
    timestamp: "1731705421",
    signature: "v1,NEZiONB3/ZdCG519NlHxSE+ioMo9wye1mafHirKMdZk=",
    expected: "accept",
  },
  {
    name: "a signature without its padding",
    ...docs,
    timestamp: "1731705121",
    signature: docsSignature.slice(0, -1),
    expected: "reject",
  },
  {
    name: "a version in capitals",
    ...docs,
    timestamp: "1731705121",
    signature: docsSignature.replace("v1", "V1"),
    expected: "reject",
  },
  {
    name: "an id with a dot, which moves the boundary to the body",
    ...docs,
    id: "m.1731705121",
    body: "{}",
    timestamp: "1731705121",
    signature: "v1,C5g4cVsANllQcOJqShzsmdUA2edMc/Blhj9VrbM5SKA=",
    expected: "reject",
  },
  {
    name: "a signature header that is sent twice",
    ...docs,
    timestamp: "1731705121",
    signature: `v1,AAAA, ${docsSignature}`,
    expected: "accept",
  },
  {
    name: "a byte order mark before the body",
    ...docs,
    body: bytes("77u/eyJhIjoxfQ=="),
    timestamp: "1731705121",
    signature: "v1,BcZ1lMhdWkexQlrWxqKfbcuxTJEhDq5NfimyV4Ox3NI=",
    expected: "reject",
  },
  {
    name: "a byte that is no UTF-8, signed as it is",
    ...docs,
    body: bytes("eyJhIjoi/yJ9"),
    timestamp: "1731705121",
    signature: "v1,UTbpLyUKgcDTl4TIkGrZ7AK5qtQMnR+vfIi/QEVYtP0=",
    expected: "reject",
  },
  {
    name: "a byte that is no UTF-8, signed as U+FFFD",
    ...docs,
    body: bytes("eyJhIjoi/yJ9"),
    timestamp: "1731705121",
    signature: "v1,0tj6836qpaV63ztNOdTheLpN7t8REm82Z7uTpUHQmI4=",
    expected: "reject",
  },
  {
    name: "a body that writing again would change",
    ...docs,
    body: '{"b":1.0,"a":"\\u00e9","n":12345678901234567890}',
    timestamp: "1731705121",
    signature: "v1,sDn067reVdAcB56ohfsNJxdeh/dT6xlMLQwTFDNPHpQ=",
    expected: "accept",
  },
  {
    name: "the same body, written again",
    ...docs,
    body: '{"b":1,"a":"é","n":12345678901234567000}',
    timestamp: "1731705121",
    signature: "v1,sDn067reVdAcB56ohfsNJxdeh/dT6xlMLQwTFDNPHpQ=",
    expected: "reject",
  },
  {
    name: "a forgery with the empty key",
    ...docs,
    timestamp: "1731705121",
    signature: "v1,iPPlxMEbSfBirWxQ5SYSGNKmscN24Wrpj484ms2i8DA=",
    expected: "reject",
  },
];

/** Secrets with which a receiver must not start. With the last one, an empty key would accept a forgery. */
export const refusedSecrets: string[] = ["", "whsec_", "whsec_"];

/**
 * The cases in which this Worker refuses a signature that the libraries accept, and why. It also refuses, as a
 * misconfiguration, every secret without `whsec_` or with less than 24 bytes, as in some of the cases here. Svix's own
 * secrets have both.
 */
export const stricter: Record<string, string> = {
  "a signature header that is sent twice": "no header of a delivery is sent twice",
};
